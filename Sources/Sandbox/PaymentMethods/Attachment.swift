extension Account {
  /// `POST /v1/payment_methods/:id/attach`. A card that declines at its issuer cannot be attached: 402, `param` empty.
  mutating func attachPaymentMethod(_ call: Call) throws(StripeError) -> JSON {
    guard let customer = call.parameters.text("customer") else { throw .missingParameter("customer") }
    let given = call.arguments[0]
    if paymentMethods[given] == nil, TestPaymentMethods.named(given) == nil {
      throw .missing("PaymentMethod", given, param: "payment_method", status: 404)
    }
    _ = try liveCustomer(customer)
    let isNew = paymentMethods[given] == nil
    let object = try paymentMethod(named: given)
    let id = object["id"].text ?? given
    guard methodNotes[id]?.isSpent != true else { throw .spentPaymentMethod }
    if let owner = object["customer"].text, owner != customer {
      throw .executed("The payment method you provided has already been attached to a customer.", code: nil)
    }
    if case .declines(let decline) = methodNotes[id]?.behavior {
      if isNew { paymentMethods[id] = nil }
      throw StripeError(
        status: 402, type: "card_error", code: decline.code, message: decline.message, param: "",
        more: decline.members, wasExecuted: true)
    }
    attach(id, to: customer)
    return try expanded(try paymentMethod(id), call)
  }

  /// Detaching is for good: the method can never be attached or charged again.
  mutating func detachPaymentMethod(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let object = try paymentMethod(id)
    guard object["customer"].text != nil else {
      throw .executed(
        "The payment method you provided is not attached to a customer so detachment is impossible.", code: nil)
    }
    detach(id)
    return try expanded(try paymentMethod(id), call)
  }

  mutating func attach(_ id: String, to customer: String) {
    guard paymentMethods[id]?["customer"].text != customer else { return }
    paymentMethods.change(id) { $0["customer"] = .string(customer) }
    emit("payment_method.attached", paymentMethods[id])
  }

  mutating func detach(_ id: String) {
    guard let customer = paymentMethods[id]?["customer"].text else { return }
    paymentMethods.change(id) { $0["customer"] = nil }
    methodNotes[id]?.isSpent = true
    if customers[customer]?["invoice_settings"]["default_payment_method"].text == id {
      customers.change(customer) { $0["invoice_settings"]["default_payment_method"] = nil }
    }
    emit("payment_method.detached", paymentMethods[id], previous: ["customer": .string(customer)])
  }
}

extension StripeError {
  static let spentPaymentMethod = StripeError.executed(
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a"
      + " connected account without Customer attachment, or was detached from a Customer. It may not be used again."
      + " To use a PaymentMethod multiple times, you must attach it to a Customer first.", code: nil)
}

extension SandboxDecline {
  /// What it adds to an error object.
  var members: [String: JSON] {
    var members: [String: JSON] = [:]
    if let declineCode { members["decline_code"] = .string(declineCode) }
    if let adviceCode { members["advice_code"] = .string(adviceCode) }
    if let networkDeclineCode { members["network_decline_code"] = .string(networkDeclineCode) }
    return members
  }
}
