package import Domain

/// Why money goes back.
package enum RefundReason: String, Sendable {
  case duplicate
  case requestedByCustomer = "requested_by_customer"
}

extension StripeRequest {
  /// - Parameter amount: In the intent's currency; `nil` is all that is left of it.
  package static func createRefund(
    of intent: PaymentIntentID, amount: Int64?, reason: RefundReason, metadata: [(String, String)],
    idempotencyKey: String
  ) -> StripeRequest {
    var body = FormBody()
    body.add("payment_intent", intent.text)
    if let amount { body.add("amount", amount) }
    body.add("reason", reason.rawValue)
    body.add("metadata", map: metadata)
    return .post("/v1/refunds", body, idempotencyKey: idempotencyKey)
  }

  /// All refunds of a payment, newest first.
  package static func listRefunds(of intent: PaymentIntentID, startingAfter: String?) -> StripeRequest {
    var query = FormBody.query
    query.add("payment_intent", intent.text)
    query.addPage(startingAfter: startingAfter)
    return .get("/v1/refunds", query)
  }

  /// All refunds of the account since then, newest first, 100 a page.
  package static func listRefunds(createdSince: Timestamp, startingAfter: String?) -> StripeRequest {
    var query = FormBody.query
    query.addPage(createdSince: createdSince, startingAfter: startingAfter)
    return .get("/v1/refunds", query)
  }
}
