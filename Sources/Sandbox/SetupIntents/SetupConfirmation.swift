/// Asking the bank whether a method may be saved, and what its answer does to a SetupIntent.
extension Account {
  /// Saves the method, or throws the 402 of a refusal.
  ///
  /// A card that wants authentication at setup, and a bank account that nobody has verified, leave the intent in
  /// `requires_action`.
  mutating func confirm(
    setup id: String, method: String, bringsMandate: Bool, authenticated: Bool
  ) throws(StripeError) {
    guard let notes = methodNotes[method], let intent = setupIntents[id] else {
      throw .missing("PaymentMethod", method, param: "payment_method")
    }
    guard !notes.isSpent else { throw .spentPaymentMethod }
    if let customer = intent["customer"].text { _ = try liveCustomer(customer) }
    if case .debits = notes.behavior, !bringsMandate, notes.mandate == nil {
      throw .executed("A bank debit needs mandate_data.", code: nil, param: "mandate_data")
    }
    let attempt = authenticated ? intent["latest_attempt"].text : newSetupAttempt(of: intent, method: method)
    setupIntents.change(id) {
      $0["payment_method"] = .string(method)
      $0["latest_attempt"] = JSON(attempt)
      $0["last_setup_error"] = nil
      $0["next_action"] = nil
    }
    switch notes.behavior {
    case .declines(let decline): throw refuse(setup: id, method: method, decline)
    case .authenticates where !authenticated: challenge(setup: id)
    case .debits where notes.awaitsMicrodeposits: awaitMicrodeposits(setup: id)
    case .debits, .succeeds, .declinesCharges, .authenticates: succeed(setup: id, method: method)
    }
  }

  private mutating func challenge(setup id: String) {
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
  }

  private mutating func succeed(setup id: String, method: String) {
    guard let intent = setupIntents[id], let notes = methodNotes[method] else { return }
    var mandate: String?
    if case .debits = notes.behavior { mandate = notes.mandate ?? newMandate(for: method) }
    methodNotes[method]?.mandate = mandate
    methodNotes[method]?.isReadyOffSession = intent["usage"] == "off_session"
    if let customer = intent["customer"].text { attach(method, to: customer) }
    setupIntents.change(id) {
      $0["status"] = "succeeded"
      $0["mandate"] = JSON(mandate)
    }
    conclude(attemptOf: id, "succeeded")
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

  mutating func refuse(setup id: String, method: String, _ decline: SandboxDecline) -> StripeError {
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
    conclude(attemptOf: id, "failed", error: lastError)
    emit("setup_intent.setup_failed", setupIntents[id])
    error.more["setup_intent"] = setupIntents[id]
    return error
  }
}

/// SetupAttempts: one for each confirmation, shown as the intent's `latest_attempt`.
extension Account {
  private mutating func newSetupAttempt(of intent: JSON, method: String) -> String {
    let id = newID("setatt_1", length: 23)
    let type = paymentMethods[method]?["type"].text ?? "card"
    setupAttempts[id] = [
      "id": .string(id), "object": "setup_attempt", "application": nil, "created": .int(now),
      "customer": intent["customer"], "customer_account": nil, "flow_directions": nil, "livemode": false,
      "on_behalf_of": nil, "payment_method": .string(method),
      "payment_method_details": .object(["type": .string(type), type: attemptDetails(method, type)]),
      "setup_error": nil, "setup_intent": intent["id"], "status": "requires_action", "usage": intent["usage"],
    ]
    return id
  }

  private func attemptDetails(_ method: String, _ type: String) -> JSON {
    guard type == "card", let card = paymentMethods[method]?["card"] else { return [:] }
    var details: JSON = ["network": card["brand"], "three_d_secure": nil, "wallet": nil]
    for key in ["brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4"] {
      details[key] = card[key]
    }
    return details
  }

  private mutating func conclude(attemptOf intent: String, _ status: String, error: JSON = nil) {
    guard let attempt = setupIntents[intent]?["latest_attempt"].text else { return }
    setupAttempts.change(attempt) {
      $0["status"] = .string(status)
      $0["setup_error"] = error
    }
  }
}
