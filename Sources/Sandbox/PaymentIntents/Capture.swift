/// `POST /v1/payment_intents/:id/capture`: takes all or a part of what was authorized, once.
extension Account {
  mutating func capturePaymentIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try paymentIntent(id)
    guard intent["status"] == "requires_capture", let charge = intent["latest_charge"].text else {
      let status = intent["status"].text ?? ""
      throw .executed(
        "This PaymentIntent could not be captured because it has a status of \(status). Only a PaymentIntent with one of"
          + " the following statuses may be captured: requires_capture.",
        code: "payment_intent_unexpected_state", more: ["payment_intent": intent])
    }
    let most = intent["amount_capturable"].integer ?? 0
    let amount = call.parameters.integer("amount_to_capture") ?? most
    guard amount >= 1 else {
      throw .invalid(
        "This value must be greater than or equal to 1.", code: "parameter_invalid_integer", param: "amount_to_capture")
    }
    guard amount <= most else {
      throw .executed(
        "The PaymentIntent could not be captured because the requested capture amount is greater than the amount you can"
          + " capture for this charge.", code: "amount_too_large", param: "amount_to_capture",
        more: ["payment_intent": intent])
    }
    capture(charge: charge, amount: amount)
    paymentIntents.change(id) {
      $0["status"] = "succeeded"
      $0["amount_capturable"] = 0
      $0["amount_received"] = .int(amount)
      $0["metadata"] = call.parameters.metadata(over: $0["metadata"])
    }
    emit("charge.captured", charges[charge])
    emit("payment_intent.succeeded", paymentIntents[id])
    return try expanded(paymentIntents[id] ?? intent, call)
  }

  /// An authorization that is let go: the bank hears of it, and Stripe shows it as a refund of the whole.
  mutating func release(charge id: String) {
    charges.change(id) {
      $0["amount_refunded"] = $0["amount"]
      $0["refunded"] = true
    }
    emit("charge.refunded", charges[id])
  }
}
