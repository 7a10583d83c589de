package import Domain

/// What Stripe shows of a completed setup session, read and checked by the engine.
package struct SavedSetup: Sendable {
  package var number: Int
  package var session: CheckoutSessionID
  package var customer: Customer
  package var method: PaymentMethod
  /// When the customer completed it, in Stripe's time; of two choices the later one counts.
  package var completedAt: Timestamp
  package var consent: SetupConsent
  /// The agreement of a setup with a job, as it would be new; `nil` without a job, or if its terms are not known.
  package var make: Agreement?
  /// As the completed session names it: its events are about it.
  package var setupIntent: SetupIntentID?

  package init(
    number: Int, session: CheckoutSessionID, customer: Customer, method: PaymentMethod, completedAt: Timestamp,
    consent: SetupConsent, make: Agreement?, setupIntent: SetupIntentID? = nil
  ) {
    self.number = number
    self.session = session
    self.customer = customer
    self.method = method
    self.completedAt = completedAt
    self.consent = consent
    self.make = make
    self.setupIntent = setupIntent
  }
}

/// What the customer ticked on Stripe's page, where it asked (`consent_collection`).
package struct SetupConsent: Sendable, Hashable {
  package var termsOfService: String?
  package var promotions: String?

  package init(termsOfService: String?, promotions: String?) {
    self.termsOfService = termsOfService
    self.promotions = promotions
  }
}

/// A setup that saved nothing: the bank did not verify what was entered, or it cannot be charged off session.
package struct LostSetup: Sendable {
  package var number: Int
  package var session: CheckoutSessionID
  package var customer: Customer?
  package var method: PaymentMethod?
  /// For the history and for `status`.
  package var reason: String
  /// The agreement that then waits for another method, as it would be new; `nil`: none is made.
  package var make: Agreement?
  /// Where the customer is invited to save another; `nil`: no mail.
  package var invitationURL: String?
  /// When the customer completed it, in Stripe's time; `nil`: now.
  package var completedAt: Timestamp?
  package var consent: SetupConsent

  package init(
    number: Int, session: CheckoutSessionID, customer: Customer?, method: PaymentMethod?, reason: String,
    make: Agreement?, invitationURL: String?, completedAt: Timestamp? = nil,
    consent: SetupConsent = SetupConsent(termsOfService: nil, promotions: nil)
  ) {
    self.number = number
    self.session = session
    self.customer = customer
    self.method = method
    self.reason = reason
    self.make = make
    self.invitationURL = invitationURL
    self.completedAt = completedAt
    self.consent = consent
  }
}
