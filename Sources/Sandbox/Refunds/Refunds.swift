extension Account {
  /// `POST /v1/refunds` by `payment_intent` or `charge`; the whole rest when no amount is given.
  mutating func createRefund(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    guard given.has("charge") || given.has("payment_intent") else {
      throw .invalid("One of the following params should be provided for this request: payment_intent or charge.")
    }
    let charge = try refundableCharge(given)
    let id = charge["id"].text ?? ""
    let rest = (charge["amount"].integer ?? 0) - (charge["amount_refunded"].integer ?? 0)
    guard rest > 0 else {
      throw .executed("Charge \(id) has already been refunded.", code: "charge_already_refunded")
    }
    let amount = given.integer("amount") ?? rest
    guard amount >= 1 else {
      throw .invalid(
        "This value must be greater than or equal to 1.", code: "parameter_invalid_integer", param: "amount")
    }
    guard amount <= rest else {
      throw .executed(
        "Refund amount (\(amount)) is greater than unrefunded amount on charge (\(rest))", code: nil, param: "amount")
    }
    let refund = newRefund(of: charge, amount: amount, given)
    charges.change(id) {
      $0["amount_refunded"] = .int(($0["amount_refunded"].integer ?? 0) + amount)
      $0["refunded"] = .bool(amount == rest)
    }
    emit("refund.created", refunds[refund])
    emit("charge.refunded", charges[id], previous: ["amount_refunded": charge["amount_refunded"]])
    return try expanded(refunds[refund] ?? .null, call)
  }

  private func refundableCharge(_ given: FormValue) throws(StripeError) -> JSON {
    var id = given.text("charge")
    if let intent = given.text("payment_intent") {
      guard let object = paymentIntents[intent] else {
        throw .missing("payment_intent", intent, param: "payment_intent")
      }
      id = object["latest_charge"].text
      guard object["status"] == "succeeded" else {
        throw .executed("This PaymentIntent (\(intent)) does not have a successful charge to refund.", code: nil)
      }
    }
    guard let id, let charge = charges[id] else { throw .missing("charge", id ?? "", param: "charge") }
    guard charge["status"] == "succeeded" else { throw .executed("Charge \(id) is not paid.", code: nil) }
    return charge
  }

  private mutating func newRefund(of charge: JSON, amount: Int, _ given: FormValue) -> String {
    let id = newID("re_3", length: 23)
    let type = charge["payment_method_details"]["type"].text ?? "card"
    refunds[id] = [
      "id": .string(id), "object": "refund", "amount": .int(amount), "balance_transaction": nil, "charge": charge["id"],
      "created": .int(now), "currency": charge["currency"], "customer": charge["customer"], "customer_account": nil,
      "destination_details": type == "card"
        ? [
          "card": ["reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"],
          "type": "card",
        ] : .object(["type": .string(type), type: [:]]), "metadata": given.metadata(),
      "payment_intent": charge["payment_intent"], "payment_method": charge["payment_method"],
      "reason": given.json("reason"),
      "receipt_number": nil, "source_transfer_reversal": nil, "status": "succeeded", "transfer_reversal": nil,
    ]
    return id
  }

  func retrieveRefund(_ call: Call) throws(StripeError) -> JSON {
    guard let refund = refunds[call.arguments[0]] else {
      throw .missing("refund", call.arguments[0], param: "id", status: 404)
    }
    return try expanded(refund, call)
  }

  func listRefunds(_ call: Call) throws(StripeError) -> JSON {
    let charge = call.parameters.text("charge")
    let intent = call.parameters.text("payment_intent")
    let list = try list(refunds, call, kind: "refund") {
      (charge == nil || $0["charge"].text == charge) && (intent == nil || $0["payment_intent"].text == intent)
    }
    return try expanded(list, call)
  }

  func refundList(of charge: String) -> JSON {
    [
      "object": "list", "data": .array(refunds.newestFirst.filter { $0["charge"].text == charge }), "has_more": false,
      "url": .string("/v1/charges/\(charge)/refunds"),
    ]
  }
}
