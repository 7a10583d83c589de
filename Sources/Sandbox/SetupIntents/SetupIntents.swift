extension Account {
  mutating func createSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    try refuseMethodTypes(call)
    try refuseInlineMethods(given)
    let customer = given.text("customer")
    if let customer { _ = try liveCustomer(customer) }
    var method: String?
    if let named = given.text("payment_method") {
      let object = try paymentMethod(named: named)
      method = object["id"].text
      if let owner = object["customer"].text, owner != customer {
        throw .invalid(
          "The payment method supplied (\(method ?? "")) belongs to a different Customer.", param: "payment_method")
      }
    }
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
      "payment_method_options": [
        "card": ["mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"]
      ],
      "payment_method_types": .array(types.map(JSON.string)), "single_use_mandate": nil,
      "status": "requires_payment_method", "usage": .string(given.text("usage") ?? "off_session"),
    ]
    emit("setup_intent.created", setupIntents[id])
    return id
  }

  mutating func confirmSetupIntent(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let intent = try setupIntent(id)
    try refuseInlineMethods(call.parameters)
    try requireOpen(intent, "confirm")
    if isOfCheckout(setup: id) { throw setupBelongsToCheckout(intent, "confirm") }
    var method = intent["payment_method"].text
    if let named = call.parameters.text("payment_method") { method = try paymentMethod(named: named)["id"].text }
    guard let method else { throw .missingParameter("payment_method") }
    try confirm(setup: id, method: method, bringsMandate: call.parameters.has("mandate_data"), authenticated: false)
    return try expanded(setupIntents[id] ?? intent, call)
  }

  /// Saves the method, or throws the 402 of a refusal.
  ///
  /// A card that wants authentication at setup leaves the intent in `requires_action`.
  mutating func confirm(
    setup id: String, method: String, bringsMandate: Bool, authenticated: Bool
  ) throws(StripeError) {
    guard let notes = methodNotes[method], let intent = setupIntents[id] else {
      throw .missing("PaymentMethod", method, param: "payment_method")
    }
    guard !notes.isSpent else { throw .spentPaymentMethod }
    setupIntents.change(id) {
      $0["payment_method"] = .string(method)
      $0["last_setup_error"] = nil
      $0["next_action"] = nil
    }
    switch notes.behavior {
    case .declines(let decline): throw refuse(setup: id, method: method, decline)
    case .authenticates where !authenticated:
      setupIntents.change(id) {
        $0["status"] = "requires_action"
        $0["next_action"] = [
          "type": "use_stripe_sdk",
          "use_stripe_sdk": [
            "type": "three_d_secure_redirect", "stripe_js": .string("\(pageBase)/c/authenticate/\(id)"),
          ],
        ]
      }
      emit("setup_intent.requires_action", setupIntents[id])
      return
    case .debits where !bringsMandate && notes.mandate == nil:
      throw .executed("A bank debit needs mandate_data.", code: nil, param: "mandate_data")
    case .debits, .succeeds, .declinesCharges, .authenticates: break
    }
    var mandate: String?
    if case .debits = notes.behavior { mandate = notes.mandate ?? newMandate(for: method) }
    methodNotes[method]?.mandate = mandate
    methodNotes[method]?.isReadyOffSession = intent["usage"] == "off_session"
    if let customer = intent["customer"].text { attach(method, to: customer) }
    setupIntents.change(id) {
      $0["status"] = "succeeded"
      $0["mandate"] = JSON(mandate)
    }
    emit("setup_intent.succeeded", setupIntents[id])
  }

  mutating func authenticate(setup id: String, confirmed: Bool) throws(StripeError) {
    guard let intent = setupIntents[id], intent["status"] == "requires_action",
      let method = intent["payment_method"].text
    else { throw .executed("This SetupIntent waits for no authentication.", code: "setup_intent_unexpected_state") }
    guard confirmed else {
      throw refuse(
        setup: id, method: method,
        SandboxDecline(
          bankCode: "setup_intent_authentication_failure", network: nil,
          message: "The latest attempt to set up the payment method has failed because authentication failed."))
    }
    try confirm(setup: id, method: method, bringsMandate: true, authenticated: true)
  }

  private mutating func refuse(setup id: String, method: String, _ decline: SandboxDecline) -> StripeError {
    var more = decline.members
    more["payment_method"] = paymentMethods[method]
    var error = StripeError(
      status: 402, type: "card_error", code: decline.code, message: decline.message, more: more, wasExecuted: true)
    let lastError = error.body(requestLog: "")["error"].without("request_log_url")
    setupIntents.change(id) {
      $0["status"] = "requires_payment_method"
      $0["payment_method"] = nil
      $0["next_action"] = nil
      $0["last_setup_error"] = lastError
    }
    emit("setup_intent.setup_failed", setupIntents[id])
    error.more["setup_intent"] = setupIntents[id]
    return error
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
    let customer = call.parameters.text("customer")
    let method = call.parameters.text("payment_method")
    let list = try list(setupIntents, call, kind: "setup_intent") {
      (customer == nil || $0["customer"].text == customer) && (method == nil || $0["payment_method"].text == method)
    }
    return try expanded(list, call)
  }

  private func setupIntent(_ id: String) throws(StripeError) -> JSON {
    guard let intent = setupIntents[id] else { throw .missing("setupintent", id, param: "intent", status: 404) }
    return intent
  }
}
