/// What a session is beside what Stripe shows of it.
struct SessionNotes: Sendable {
  var lineItems: [JSON] = []
  var intentParameters = FormValue.empty
  /// The intent of a submit that did not pay yet; the session shows it only once it is complete.
  var hiddenIntent: String?
}

extension Account {
  mutating func createSession(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    try refuseMethodTypes(call)
    let mode = try checkedMode(given)
    let expiresAt = try checkedExpiry(given)
    let customer = given.text("customer")
    if let customer {
      _ = try liveCustomer(customer)
      if given.has("customer_email") {
        throw .invalid("You may only specify one of these parameters: customer, customer_email.", param: "customer")
      }
      if given.has("customer_creation") {
        throw .invalid("You may only specify one of these parameters: customer, customer_creation.", param: "customer")
      }
    } else if given.has("customer_update") {
      throw .invalid("`customer_update` can only be used with `customer`.", param: "customer_update")
    }
    let items = try mode == "payment" ? newLineItems(given) : []
    let id = newID("cs_test_\(mode == "setup" ? "c1" : "a1")", length: 58)
    sessions[id] = sessionObject(id, given, mode: mode, items: items, expiresAt: expiresAt)
    sessionNotes[id] = SessionNotes(lineItems: items, intentParameters: given["payment_intent_data"] ?? .empty)
    if mode == "setup" {
      let intent = newSetupIntent(customer: customer, setupParameters(given))
      sessions.change(id) { $0["setup_intent"] = .string(intent) }
    }
    appointments.add(at: expiresAt, .expireSession(id))
    return try expanded(sessions[id] ?? .null, call)
  }

  private func setupParameters(_ given: FormValue) -> FormValue {
    var parameters = given["setup_intent_data"]?.members ?? [:]
    for key in ["currency", "allowed_payment_method_types", "excluded_payment_method_types"] {
      parameters[key] = given[key]
    }
    return .map(parameters)
  }

  private func checkedMode(_ given: FormValue) throws(StripeError) -> String {
    guard let mode = given.text("mode") else { throw .missingParameter("mode") }
    guard mode != "subscription" else { throw .invalid("The sandbox has no subscriptions.", param: "mode") }
    let isHosted = (given.text("ui_mode") ?? "hosted_page") == "hosted_page"
    if isHosted, !given.has("success_url") { throw .missingParameter("success_url") }
    if !isHosted, let wrong = ["success_url", "cancel_url"].first(where: given.has) {
      throw .invalid("`\(wrong)` is not allowed with this `ui_mode`.", param: wrong)
    }
    if mode == "setup" {
      if given.has("line_items") { throw .invalid("`line_items` is not allowed in `setup` mode.", param: "line_items") }
      if given.has("payment_intent_data") {
        throw .invalid("You can not pass `payment_intent_data` in `setup` mode.", param: "payment_intent_data")
      }
      if !given.has("currency"), !given.has("allowed_payment_method_types") {
        throw .invalid(
          "`currency` is required in `setup` mode unless `allowed_payment_method_types` is given.",
          code: "parameter_missing", param: "currency")
      }
    } else if given.has("setup_intent_data") {
      throw .invalid("You can not pass `setup_intent_data` in `payment` mode.", param: "setup_intent_data")
    }
    return mode
  }

  /// 30 minutes to 24 hours from now.
  private func checkedExpiry(_ given: FormValue) throws(StripeError) -> Int {
    guard let expiry = given.integer("expires_at") else { return now + 86_400 }
    guard expiry >= now + 30 * 60 else {
      throw .invalid(
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param: "expires_at")
    }
    guard expiry <= now + 86_400 else {
      throw .invalid(
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param: "expires_at")
    }
    return expiry
  }

  func retrieveSession(_ call: Call) throws(StripeError) -> JSON {
    try expanded(try session(call.arguments[0]), call)
  }

  mutating func updateSession(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let session = try session(id)
    sessions.change(id) { $0["metadata"] = call.parameters.metadata(over: $0["metadata"]) }
    return try expanded(sessions[id] ?? session, call)
  }

  /// Only from `open`; anything else is a 400 that names the status.
  mutating func expireSession(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let session = try session(id)
    let status = session["status"].text ?? ""
    guard status == "open" else {
      throw .executed(
        "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `\(status)`.",
        code: nil)
    }
    expireIfOpen(session: id)
    return try expanded(sessions[id] ?? session, call)
  }

  mutating func expireIfOpen(session id: String) {
    guard let session = sessions[id], session["status"] == "open" else { return }
    sessions.change(id) {
      $0["status"] = "expired"
      $0["url"] = nil
    }
    if let intent = sessionNotes[id]?.hiddenIntent { cancel(intent: intent, reason: "expired") }
    if let intent = session["setup_intent"].text { cancel(setup: intent, reason: "abandoned") }
    emit("checkout.session.expired", sessions[id])
  }

  /// The end of a bank debit that a complete session waits for.
  mutating func settle(session id: String, paid: Bool) {
    if paid { sessions.change(id) { $0["payment_status"] = "paid" } }
    emit("checkout.session.async_payment_\(paid ? "succeeded" : "failed")", sessions[id])
  }

  func listSessions(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    let email = given["customer_details"]?.text("email")
    let list = try list(sessions, call, kind: "checkout.session") { session in
      ["customer", "payment_intent", "status"].allSatisfy { key in
        given.text(key) == nil || session[key].text == given.text(key)
      } && (email == nil || session["customer_details"]["email"].text == email)
    }
    return try expanded(list, call)
  }

  func session(_ id: String) throws(StripeError) -> JSON {
    guard let session = sessions[id] else { throw .missing("checkout.session", id, param: "session", status: 404) }
    return session
  }
}
