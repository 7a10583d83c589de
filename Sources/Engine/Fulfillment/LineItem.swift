import Stripe

/// One line item of a Checkout Session, as the ledger keeps it and the merchant's system gets it.
struct LineItem: Codable {
  let id: String
  let description: String?
  let quantity: Int64?
  let amountTotal: Int64
  let currency: String

  enum CodingKeys: String, CodingKey { case id, description, quantity, amountTotal = "amount_total", currency }

  init(_ item: StripeLineItem) {
    id = item.id
    description = item.description
    quantity = item.quantity
    amountTotal = item.amountTotal
    currency = item.currency
  }
}
