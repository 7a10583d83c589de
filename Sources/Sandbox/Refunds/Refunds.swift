extension Account {
  /// `POST /v1/refunds` by `payment_intent` or `charge`; the whole rest when no amount is given.
  mutating func createRefund(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    let charge = try refundableCharge(given)
    let amount = try refundableAmount(of: charge, given)
    for key in ["refund_application_fee", "reverse_transfer"] where given.flag(key) == true {
      throw .executed("\(key) is for charges of connected accounts; this charge has none.", code: nil, param: key)
    }
    let refund = newRefund(of: charge, amount: amount, given)
    emit("refund.created", refunds[refund])
    if refunds[refund]?["status"] == "succeeded" { pay(refund: refund) }
    plan(refund: refund)
    return try expanded(refunds[refund] ?? .null, call)
  }

  /// The charge that is meant, if money can go back on it.
  private func refundableCharge(_ given: FormValue) throws(StripeError) -> JSON {
    let charge = try namedCharge(given)
    let id = charge["id"].text ?? ""
    let intent = charge["payment_intent"].text ?? ""
    guard charge["status"] == "succeeded" else { throw noSuccessfulCharge(intent) }
    guard unrefunded(charge) > 0 else {
      throw .executed("Charge \(id) has already been refunded.", code: "charge_already_refunded")
    }
    guard charge["captured"].isTrue else {
      throw .executed(
        "This uncaptured Charge was created by a PaymentIntent (\(intent)). You must cancel the PaymentIntent to reverse"
          + " the authorization instead of refunding the Charge directly. For more information, see"
          + " https://stripe.com/docs/payments/place-a-hold-on-a-payment-method", code: nil)
    }
    let blocks = disputes.newestFirst.contains {
      $0["charge"].text == id && !$0["is_charge_refundable"].isTrue
    }
    guard !blocks else {
      throw .executed("Charge \(id) has been charged back; cannot issue a refund.", code: "charge_disputed")
    }
    return charge
  }

  private func namedCharge(_ given: FormValue) throws(StripeError) -> JSON {
    guard given.has("charge") || given.has("payment_intent") else {
      throw .invalid("One of the following params should be provided for this request: payment_intent or charge.")
    }
    if given.has("origin") {
      throw .invalid("The sandbox has no cash balances to refund from.", param: "origin")
    }
    if let id = given.text("charge") {
      guard let charge = charges[id] else { throw .missing("charge", id, param: "id", status: 404) }
      guard let intent = given.text("payment_intent"), intent != charge["payment_intent"].text else { return charge }
      throw .invalid("The charge \(id) is not one of the PaymentIntent \(intent).", param: "payment_intent")
    }
    let id = given.text("payment_intent") ?? ""
    guard let intent = paymentIntents[id] else { throw .missing("payment_intent", id, param: "payment_intent") }
    guard let charge = intent["latest_charge"].text.flatMap({ charges[$0] }) else { throw noSuccessfulCharge(id) }
    return charge
  }

  private func noSuccessfulCharge(_ intent: String) -> StripeError {
    .executed("This PaymentIntent (\(intent)) does not have a successful charge to refund.", code: nil)
  }

  private func refundableAmount(of charge: JSON, _ given: FormValue) throws(StripeError) -> Int {
    let rest = unrefunded(charge)
    let amount = given.integer("amount") ?? rest
    guard amount >= 1 else {
      throw .invalid(
        "This value must be greater than or equal to 1.", code: "parameter_invalid_integer", param: "amount")
    }
    let currency = charge["currency"].text ?? ""
    guard amount <= rest else {
      throw .executed(
        "Refund amount (\(Amounts.display(amount, currency))) is greater than unrefunded amount on charge"
          + " (\(Amounts.display(rest, currency)))", code: nil, param: "amount")
    }
    if let given = given.text("currency"), given.lowercased() != currency {
      throw .invalid("The charge is in \(currency).", param: "currency")
    }
    return amount
  }

  /// What no refund has taken yet; a refund that is still pending has.
  private func unrefunded(_ charge: JSON) -> Int {
    let pending = refunds.newestFirst.reduce(0) { sum, refund in
      refund["charge"] == charge["id"] && refund["status"] == "pending" ? sum + (refund["amount"].integer ?? 0) : sum
    }
    return (charge["amount"].integer ?? 0) - (charge["amount_refunded"].integer ?? 0) - pending
  }

  private mutating func newRefund(of charge: JSON, amount: Int, _ given: FormValue) -> String {
    let id = newID("re_3", length: 23)
    let type = charge["payment_method_details"]["type"].text ?? "card"
    let isPending = type != "card" || methodNotes[charge["payment_method"].text ?? ""]?.trait == .refundPends
    var refund: JSON = [
      "id": .string(id), "object": "refund", "amount": .int(amount), "balance_transaction": nil, "charge": charge["id"],
      "created": .int(now), "currency": charge["currency"], "customer": charge["customer"], "customer_account": nil,
      "destination_details": type == "card"
        ? [
          "card": ["reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"],
          "type": "card",
        ] : .object(["type": .string(type), type: [:]]), "metadata": given.metadata(),
      "payment_intent": charge["payment_intent"], "payment_method": charge["payment_method"],
      "reason": given.json("reason"), "receipt_number": nil, "source_transfer_reversal": nil,
      "status": isPending ? "pending" : "succeeded", "transfer_reversal": nil,
    ]
    // Left out where nothing is pending: Stripe's document does not let it be null.
    if isPending { refund["pending_reason"] = "processing" }
    refunds[id] = refund
    return id
  }

  func retrieveRefund(_ call: Call) throws(StripeError) -> JSON {
    guard let refund = refunds[call.arguments[0]] else {
      throw .missing("refund", call.arguments[0], param: "id", status: 404)
    }
    return try expanded(refund, call)
  }

  func listRefunds(_ call: Call) throws(StripeError) -> JSON {
    let filter = Filter(call, "charge", "payment_intent")
    return try expanded(try list(refunds, call, kind: "refund", where: filter.includes), call)
  }

  /// The newest ten, as an expanded charge shows them.
  func refundList(of charge: String) -> JSON {
    let all = refunds.newestFirst.filter { $0["charge"].text == charge }
    return [
      "object": "list", "data": .array(Array(all.prefix(10))), "has_more": .bool(all.count > 10),
      "total_count": .int(all.count), "url": .string("/v1/charges/\(charge)/refunds"),
    ]
  }
}
