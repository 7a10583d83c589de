/// Why an attempt failed, in Stripe's words. Absent members are `nil`; any combination occurs.
package struct Decline: Sendable, Hashable {
  package var code: String?
  package var declineCode: String?
  package var adviceCode: String?
  /// The Charge's `outcome.type` is `blocked` (Radar), where it was expanded.
  package var isBlocked: Bool
  /// `true` for bank debits, which allow two retries only.
  package var isBankDebit: Bool

  package init(
    code: String?, declineCode: String?, adviceCode: String?, isBlocked: Bool = false, isBankDebit: Bool = false
  ) {
    self.code = code
    self.declineCode = declineCode
    self.adviceCode = adviceCode
    self.isBlocked = isBlocked
    self.isBankDebit = isBankDebit
  }
}

/// What helps against a failure; see the table "What a failure leads to" in `docs/LIFECYCLE.md`.
package enum Remedy: String, Sendable, CaseIterable, Codable {
  /// Off-session retries by policy; the link at once.
  case wait
  /// Retried only after the payment method changed; the link at once.
  case newDetails = "new_details"
  /// The bank wants the customer; no off-session retry with this card.
  case authenticate
  /// Stolen, lost, fraud, revoked. Whether a link is sent depends on ``StopKind``.
  case stop
  /// Our request was wrong. The charge is held; the customer hears nothing.
  case ourFault = "our_fault"
}

/// The two kinds of `stop`.
package enum StopKind: String, Sendable, Codable {
  /// Stolen, lost, picked up, restricted: a link that takes another method only, in generic words.
  case otherMethodOnly = "other_method_only"
  /// Fraud, or the customer withdrew consent: uncollectible at once, agreement paused, no link, no mail.
  case final
}

/// A decline, judged.
package struct Verdict: Sendable, Hashable {
  package var remedy: Remedy
  /// Present exactly if `remedy` is `.stop`.
  package var stop: StopKind?
  /// A reason that is safe to show to the customer.
  package var safeReason: SafeReason
  /// Off-session attempts in all that this kind of failure allows, where it is fewer than the policy's.
  package var attemptCap: Int?
  /// The decline table lacks the code that says most: worth counting, so that the table can learn it.
  package var isUnknown: Bool

  package init(
    remedy: Remedy, stop: StopKind? = nil, safeReason: SafeReason, attemptCap: Int? = nil, isUnknown: Bool = false
  ) {
    self.remedy = remedy
    self.stop = stop
    self.safeReason = safeReason
    self.attemptCap = attemptCap
    self.isUnknown = isUnknown
  }
}

/// What the customer may be told: never fraud, loss or theft, never a guess.
package enum SafeReason: String, Sendable, CaseIterable, Codable {
  /// "was declined"
  case declined
  /// "was declined by your bank"
  case declinedByBank = "declined_by_bank"
  /// "has expired"
  case expired
  /// "the details no longer match"
  case detailsWrong = "details_wrong"
  /// "your bank wants you to confirm this payment"
  case confirmationNeeded = "confirmation_needed"
  /// "can no longer be used"
  case methodUnavailable = "method_unavailable"
  /// "could not be verified"
  case notVerified = "not_verified"
}
