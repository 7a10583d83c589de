package import Domain

/// An attempt that Stripe shows and the ledger has forgotten.
package struct AdoptedAttempt: Sendable {
  package let charge: ChargeID
  package let number: Int
  package let intent: PaymentIntentID
  package let outcome: Outcome
  /// When Stripe made the intent.
  package let madeAt: Timestamp

  /// What an intent came to, as far as the ledger must know.
  package enum Outcome: Sendable, Hashable {
    case succeeded(Money)
    case processing
    /// It could still collect.
    case open
    case canceled
    /// Made by a request that was refused, and never confirmed: it collects nothing by itself.
    case drafted
  }

  package init(charge: ChargeID, number: Int, intent: PaymentIntentID, outcome: Outcome, madeAt: Timestamp) {
    self.charge = charge
    self.number = number
    self.intent = intent
    self.outcome = outcome
    self.madeAt = madeAt
  }
}

/// A checkout that Stripe shows and the ledger has forgotten.
package struct AdoptedCheckout: Sendable {
  package let charge: ChargeID
  package let number: Int
  package let session: CheckoutSessionID
  package let isExpired: Bool
  package let madeAt: Timestamp
  package let expiresAt: Timestamp

  package init(
    charge: ChargeID, number: Int, session: CheckoutSessionID, isExpired: Bool, madeAt: Timestamp, expiresAt: Timestamp
  ) {
    self.charge = charge
    self.number = number
    self.session = session
    self.isExpired = isExpired
    self.madeAt = madeAt
    self.expiresAt = expiresAt
  }
}
