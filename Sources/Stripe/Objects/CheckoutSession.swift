package import Domain

/// Stripe's Checkout Session, as much as we use.
package struct CheckoutSession: StripeIdentified {
  package typealias IDName = StripeObject.CheckoutSession

  package enum Status: String, OpenEnum, CaseIterable { case open, complete, expired, unknown }
  package enum Mode: String, OpenEnum, CaseIterable { case payment, setup, subscription, unknown }
  package enum PaymentStatus: String, OpenEnum, CaseIterable {
    case paid, unpaid
    case noPaymentRequired = "no_payment_required"
    case unknown
  }

  package struct CustomerDetails: Decodable, Sendable, Hashable {
    package let email: String?
    package let name: String?
  }

  package let id: CheckoutSessionID
  package let mode: Mode
  package let status: Status?
  /// `complete` and `unpaid`: a method that takes days is still under way.
  package let paymentStatus: PaymentStatus
  /// Present only while the session is open.
  package let url: String?
  package let clientSecret: String?
  package let clientReferenceId: String?
  package let customer: Expandable<StripeCustomer>?
  package let customerDetails: CustomerDetails?
  package let amountTotal: Int64?
  package let currency: String?
  package let created: Int64
  /// Seconds, in Stripe's time.
  package let expiresAt: Int64
  /// `nil` until the customer submits.
  package let paymentIntent: Expandable<PaymentIntent>?
  package let setupIntent: Expandable<SetupIntent>?
  package let metadata: [String: String]?

  package var total: Money? { Money(stripe: amountTotal, currency) }
}

/// Stripe's SetupIntent, as much as we use.
package struct SetupIntent: StripeIdentified {
  package typealias IDName = StripeObject.SetupIntent

  package enum Status: String, OpenEnum, CaseIterable {
    case requiresPaymentMethod = "requires_payment_method"
    case requiresConfirmation = "requires_confirmation"
    case requiresAction = "requires_action"
    case processing, succeeded, canceled
    case unknown
  }

  package let id: SetupIntentID
  package let status: Status
  package let customer: Expandable<StripeCustomer>?
  package let paymentMethod: Expandable<StripePaymentMethod>?
  /// For later charges; bank debits need it.
  package let mandate: Expandable<MandateName>?
  package let lastSetupError: PaymentError?
  package let metadata: [String: String]?
}

/// A Mandate of which only the id matters.
package struct MandateName: StripeIdentified {
  package typealias IDName = MandateName
  package let id: Identifier<MandateName>
}

/// One line of what was bought.
package struct StripeLineItem: Decodable, Sendable, Hashable {
  package let id: String
  package let description: String?
  package let quantity: Int64?
  package let amountTotal: Int64
  package let currency: String
}
