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

  /// What the customer ticked, where `consent_collection` asked.
  package struct Consent: Decodable, Sendable, Hashable {
    package let termsOfService: String?
    package let promotions: String?

    private enum CodingKeys: String, CodingKey {
      case termsOfService = "terms_of_service"
      case promotions
    }
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
  package let consent: Consent?
  package let metadata: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case id, mode, status
    case paymentStatus = "payment_status"
    case url
    case clientSecret = "client_secret"
    case clientReferenceId = "client_reference_id"
    case customer
    case customerDetails = "customer_details"
    case amountTotal = "amount_total"
    case currency, created
    case expiresAt = "expires_at"
    case paymentIntent = "payment_intent"
    case setupIntent = "setup_intent"
    case consent, metadata
  }

  package var total: Money? { Money(stripe: amountTotal, currency) }
}

/// One line of what was bought.
package struct StripeLineItem: Decodable, Sendable, Hashable {
  package let id: String
  package let description: String?
  package let quantity: Int64?
  package let amountTotal: Int64
  package let currency: String

  private enum CodingKeys: String, CodingKey {
    case id, description, quantity
    case amountTotal = "amount_total"
    case currency
  }
}
