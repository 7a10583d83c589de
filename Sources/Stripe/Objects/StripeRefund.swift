package import Domain

/// Money on its way back.
package struct StripeRefund: Decodable, Sendable, Hashable {
  package enum Status: String, OpenEnum, CaseIterable {
    case pending, succeeded, failed, canceled
    case requiresAction = "requires_action"
    case unknown
  }

  package let id: String
  package let amount: Int64
  package let currency: String
  package let status: Status?
  package let reason: String?
  package let created: Int64
  package let paymentIntent: Expandable<PaymentIntentName>?
  package let charge: Expandable<ChargeName>?
  package let metadata: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case id, amount, currency, status, reason, created
    case paymentIntent = "payment_intent"
    case charge, metadata
  }

  package var money: Money? { Money(stripe: amount, currency) }
}
