extension Account {
  /// `POST /v1/payment_intents`. With `confirm=true` a refusal is a 402 whose intent exists all the same.
  mutating func createPaymentIntent(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    try refuseMethodTypes(call)
    try refuseContradictions(given)
    let currency = try Amounts.currency(given.text("currency") ?? "")
    try Amounts.check(given.integer("amount") ?? 0, currency)
    let customer = given.text("customer")
    if let customer { _ = try liveCustomer(customer) }
    let confirms = given.flag("confirm") ?? false
    if !confirms,
      let wrong = ["off_session", "error_on_requires_action", "mandate", "return_url"].first(where: given.has)
    {
      throw .invalid("The parameter `\(wrong)` cannot be passed when confirm is not true.", param: wrong)
    }
    let method = try chosenMethod(given)
    if let object = method.flatMap({ paymentMethods[$0] }) { try checkOwner(of: object, customer: customer) }
    if confirms, method == nil { throw missingMethod(nil) }
    let draft = IntentDraft(
      amount: given.integer("amount") ?? 0, currency: currency, customer: customer, session: nil, parameters: given)
    let id = newPaymentIntent(draft)
    if let method {
      paymentIntents.change(id) {
        $0["payment_method"] = .string(method)
        $0["status"] = "requires_confirmation"
      }
      if confirms { try confirm(id, confirmation(method: method, given)) }
    }
    return try expanded(paymentIntents[id] ?? .null, call)
  }

  mutating func confirmPaymentIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try paymentIntent(id)
    let given = call.parameters
    try refuseMethodTypes(call)
    try refuseContradictions(given)
    try checkConfirmation(call, of: intent)
    try requireConfirmable(intent)
    if intentNotes[id]?.session != nil { throw belongsToCheckout(intent, "confirm") }
    guard let method = try chosenMethod(given) ?? intent["payment_method"].text else { throw missingMethod(intent) }
    if let usage = given.text("setup_future_usage") {
      paymentIntents.change(id) { $0["setup_future_usage"] = .string(usage) }
    }
    try confirm(id, confirmation(method: method, given))
    return try expanded(paymentIntents[id] ?? intent, call)
  }

  private func confirmation(method: String, _ given: FormValue) -> Confirmation {
    let offSession = given.text("off_session") ?? "false"
    // Stripe's script shows the bank's question by itself, whatever URL there is to come back to.
    let returnURL = given.flag("use_stripe_sdk") == true ? nil : given.text("return_url")
    return Confirmation(
      method: method, isOffSession: offSession != "false",
      errorsOnRequiresAction: given.flag("error_on_requires_action") ?? false, returnURL: returnURL,
      mandate: given.text("mandate"), bringsMandate: given.has("mandate_data"))
  }

  mutating func cancelPaymentIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try paymentIntent(id)
    let status = intent["status"].text ?? ""
    let cancelable = ["requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"]
    guard cancelable.contains(status) else {
      throw .executed(
        "You cannot cancel this PaymentIntent because it has a status of \(status). Only a PaymentIntent with one of the"
          + " following statuses may be canceled: \(cancelable.joined(separator: ", ")).",
        code: "payment_intent_unexpected_state", more: ["payment_intent": intent])
    }
    if intentNotes[id]?.session != nil, status != "requires_capture" { throw belongsToCheckout(intent, "cancel") }
    if status == "requires_capture", let charge = intent["latest_charge"].text { release(charge: charge) }
    cancel(intent: id, reason: call.parameters.text("cancellation_reason"))
    return try expanded(paymentIntents[id] ?? intent, call)
  }

  mutating func cancel(intent id: String, reason: String?) {
    paymentIntents.change(id) {
      $0["status"] = "canceled"
      $0["canceled_at"] = .int(now)
      $0["cancellation_reason"] = JSON(reason)
      $0["next_action"] = nil
      $0["amount_capturable"] = 0
    }
    emit("payment_intent.canceled", paymentIntents[id])
  }

  /// Any update clears `last_payment_error`.
  mutating func updatePaymentIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try paymentIntent(id)
    let given = call.parameters
    try refuseMethodTypes(call)
    try refuseContradictions(given)
    if ["amount", "currency", "customer", "payment_method", "payment_method_data"].contains(where: given.has) {
      try requireConfirmable(intent)
    }
    let currency = try given.text("currency").map(Amounts.currency) ?? intent["currency"].text ?? ""
    let amount = given.integer("amount") ?? intent["amount"].integer ?? 0
    if given.has("amount") || given.has("currency") { try Amounts.check(amount, currency) }
    if let customer = given.text("customer") { _ = try liveCustomer(customer) }
    let method = try chosenMethod(given).flatMap { paymentMethods[$0] }
    if let method { try checkOwner(of: method, customer: given.text("customer") ?? intent["customer"].text) }
    let shipping = given.has("shipping") ? shipping(given) : intent["shipping"]
    paymentIntents.change(id) {
      $0["shipping"] = shipping
      $0["amount"] = .int(amount)
      $0["currency"] = .string(currency)
      $0["last_payment_error"] = nil
      $0["metadata"] = given.metadata(over: $0["metadata"])
      for key in ["customer", "description", "receipt_email", "setup_future_usage", "statement_descriptor_suffix"]
      where given.has(key) { $0[key] = given.json(key) }
      if let method {
        $0["payment_method"] = method["id"]
        $0["status"] = "requires_confirmation"
        $0["next_action"] = nil
      }
    }
    if method != nil {
      intentNotes[id]?.pending = nil
      intentNotes[id]?.authenticated = nil
    }
    return try expanded(paymentIntents[id] ?? intent, call)
  }

  func retrievePaymentIntent(_ call: Call) throws(StripeError) -> JSON {
    try expanded(try paymentIntent(call.arguments[0]), call)
  }

  func listPaymentIntents(_ call: Call) throws(StripeError) -> JSON {
    let customer = call.parameters.text("customer")
    if let customer, customers[customer] == nil { throw .missing("customer", customer, param: "customer") }
    let filter = Filter(call, "customer", "customer_account")
    return try expanded(try list(paymentIntents, call, kind: "payment_intent", where: filter.includes), call)
  }

  func paymentIntent(_ id: String) throws(StripeError) -> JSON {
    guard let intent = paymentIntents[id] else { throw .missing("payment_intent", id, param: "intent", status: 404) }
    return intent
  }
}
