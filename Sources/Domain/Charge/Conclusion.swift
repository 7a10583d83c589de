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

  package init(
    outcome: Outcome, intent: PaymentIntentID?, intentState: IntentState?, networkDeclineCode: String?,
    networkAdviceCode: String?, requestID: String?, endsResending: Bool
  ) {
    self.outcome = outcome
    self.intent = intent
    self.intentState = intentState
    self.networkDeclineCode = networkDeclineCode
    self.networkAdviceCode = networkAdviceCode
    self.requestID = requestID
    self.endsResending = endsResending
  }
}

/// Whether a PaymentIntent can still collect.
package enum IntentState: String, Sendable, CaseIterable, Codable {
  case open
  /// We want it canceled, and have not seen it yet.
  case closing
  case canceled
  case succeeded
}

/// How far a payment-mode Checkout Session has come, as the ledger knows it.
package enum CheckoutState: String, Sendable, CaseIterable, Codable {
  /// Its request is committed; Stripe's answer is not.
  case opening
  case open
  /// We want it expired, and have not seen it yet.
  case closing
  case expired
  case complete
  /// Stripe refused to make it.
  case failed

  package var isLive: Bool {
    switch self {
    case .opening, .open, .closing: true
    case .expired, .complete, .failed: false
    }
  }
}

package enum CheckoutOpener: String, Sendable, CaseIterable, Codable { case engine, customer }
