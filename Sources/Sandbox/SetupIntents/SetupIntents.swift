extension Account {
  mutating func createSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    try refuseMethodTypes(call)
    try refuseContradictions(given)
    let customer = given.text("customer")
    if let customer { _ = try liveCustomer(customer) }
    let method = try chosenMethod(given)
    if let method { try checkOwner(ofSetupMethod: method, customer: customer) }
    let confirms = given.flag("confirm") ?? false
    if confirms, method == nil { throw .missingParameter("payment_method") }
    let id = newSetupIntent(customer: customer, given)
    if let method {
      setupIntents.change(id) {
        $0["payment_method"] = .string(method)
        $0["status"] = "requires_confirmation"
      }
      if confirms {
        try confirm(setup: id, method: method, bringsMandate: given.has("mandate_data"), authenticated: false)
      }
    }
    return try expanded(setupIntents[id] ?? .null, call)
  }

  mutating func newSetupIntent(customer: String?, _ given: FormValue) -> String {
    let id = newID("seti_1", length: 23)
    let types = methodTypes(currency: given.text("currency"), given)
    setupIntents[id] = [
      "id": .string(id), "object": "setup_intent", "allowed_payment_method_types": allowed(given), "application": nil,
      "automatic_payment_methods": automatic(given), "cancellation_reason": nil,
      "client_secret": .string("\(id)_secret_\(Identifiers.characters(of: id, length: 31))"), "created": .int(now),
      "customer": JSON(customer), "customer_account": nil, "description": given.json("description"),
      "excluded_payment_method_types": nil, "flow_directions": nil, "last_setup_error": nil, "latest_attempt": nil,
      "livemode": false, "mandate": nil, "metadata": given.metadata(), "next_action": nil, "on_behalf_of": nil,
      "payment_method": nil, "payment_method_configuration_details": nil,
      "payment_method_options": Self.methodOptions(
        types, card: ["mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"],
        bank: ["mandate_options": [:], "verification_method": "automatic"]),
      "payment_method_types": .array(types.map(JSON.string)), "single_use_mandate": nil,
      "status": "requires_payment_method", "usage": .string(given.text("usage") ?? "off_session"),
    ]
    emit("setup_intent.created", setupIntents[id])
    return id
  }

  mutating func confirmSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try setupIntent(id)
    try refuseContradictions(call.parameters)
    try requireOpen(intent, "confirm")
    if isOfCheckout(setup: id) { throw setupBelongsToCheckout(intent, "confirm") }
    guard let method = try chosenMethod(call.parameters) ?? intent["payment_method"].text else {
      throw .missingParameter("payment_method")
    }
    try checkOwner(ofSetupMethod: method, customer: intent["customer"].text)
    try confirm(setup: id, method: method, bringsMandate: call.parameters.has("mandate_data"), authenticated: false)
    return try expanded(setupIntents[id] ?? intent, call)
  }

  /// `POST /v1/setup_intents/:id`: what may still be changed before it has succeeded.
  mutating func updateSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try setupIntent(id)
    let given = call.parameters
    try refuseContradictions(given)
    if ["customer", "payment_method", "payment_method_data"].contains(where: given.has) {
      try requireOpen(intent, "update")
    }
    let customer = given.text("customer") ?? intent["customer"].text
    if let customer { _ = try liveCustomer(customer) }
    let method = try chosenMethod(given)
    if let method { try checkOwner(ofSetupMethod: method, customer: customer) }
    setupIntents.change(id) {
      $0["metadata"] = given.metadata(over: $0["metadata"])
      $0["customer"] = JSON(customer)
      if given.has("description") { $0["description"] = given.json("description") }
      if let method {
        $0["payment_method"] = .string(method)
        $0["status"] = "requires_confirmation"
        $0["next_action"] = nil
      }
    }
    return try expanded(setupIntents[id] ?? intent, call)
  }

  /// A method of somebody else is not set up for this customer.
  private func checkOwner(ofSetupMethod method: String, customer: String?) throws(StripeError) {
    guard let owner = paymentMethods[method]?["customer"].text, owner != customer else { return }
    throw .invalid(
      "The payment method supplied (\(method)) belongs to a different Customer. Please use it with the Customer it"
        + " belongs to.", param: "payment_method")
  }

  mutating func cancelSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try setupIntent(id)
    try requireOpen(intent, "cancel")
    if isOfCheckout(setup: id) { throw setupBelongsToCheckout(intent, "cancel") }
    cancel(setup: id, reason: call.parameters.text("cancellation_reason"))
    return try expanded(setupIntents[id] ?? intent, call)
  }

  mutating func cancel(setup id: String, reason: String?) {
    setupIntents.change(id) {
      $0["status"] = "canceled"
      $0["cancellation_reason"] = JSON(reason)
      $0["next_action"] = nil
    }
    emit("setup_intent.canceled", setupIntents[id])
  }

  private func requireOpen(_ intent: JSON, _ verb: String) throws(StripeError) {
    let status = intent["status"].text ?? ""
    guard ["requires_payment_method", "requires_confirmation", "requires_action"].contains(status) else {
      throw .executed(
        "You cannot \(verb) this SetupIntent because it has a status of \(status).",
        code: "setup_intent_unexpected_state", more: ["setup_intent": intent])
    }
  }

  private func isOfCheckout(setup id: String) -> Bool {
    sessions.newestFirst.contains { $0["setup_intent"].text == id }
  }

  private func setupBelongsToCheckout(_ intent: JSON, _ verb: String) -> StripeError {
    .executed(
      "You cannot \(verb) this SetupIntent because it was created by Checkout. Expire the Checkout Session instead.",
      code: nil, more: ["setup_intent": intent])
  }

  func retrieveSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    try expanded(try setupIntent(call.arguments[0]), call)
  }

  func listSetupIntents(_ call: Call) throws(StripeError) -> JSON {
    let filter = Filter(call, "customer", "customer_account", "payment_method")
    let toSelf = call.parameters.flag("attach_to_self")
    let list = try list(setupIntents, call, kind: "setup_intent") {
      filter.includes($0) && (toSelf == nil || $0["attach_to_self"].isTrue == toSelf)
    }
    return try expanded(list, call)
  }

  private func setupIntent(_ id: String) throws(StripeError) -> JSON {
    guard let intent = setupIntents[id] else { throw .missing("setupintent", id, param: "intent", status: 404) }
    return intent
  }
}
