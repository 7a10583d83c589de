/// What an attempt came to, with all that Stripe said about it, ready to be committed.
package struct Conclusion: Sendable, Hashable {
  package var outcome: Outcome
  /// Known from any answer that names one, also from a refusal: a refused create has still made an intent.
  package var intent: PaymentIntentID?
  package var intentState: IntentState?
  package var networkDeclineCode: String?
  package var networkAdviceCode: String?
  package var requestID: String?
  /// The answer was a replay that says nothing: sending the same again cannot say more (law 3).
  package var endsResending: Bool
  /// It never left, or was turned away with the key: Stripe has certainly not executed it.
  package var isUnexecuted: Bool

  package init(
    outcome: Outcome, intent: PaymentIntentID?, intentState: IntentState?, networkDeclineCode: String?,
    networkAdviceCode: String?, requestID: String?, endsResending: Bool, isUnexecuted: Bool
  ) {
    self.outcome = outcome
    self.intent = intent
    self.intentState = intentState
    self.networkDeclineCode = networkDeclineCode
    self.networkAdviceCode = networkAdviceCode
    self.requestID = requestID
    self.endsResending = endsResending
    self.isUnexecuted = isUnexecuted
  }
}
