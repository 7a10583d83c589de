/// What a session is beside what Stripe shows of it.
struct SessionNotes: Sendable, Codable {
  var lineItems: [JSON] = []
  var intentParameters = FormValue.empty
  /// The intent of a submit that did not pay yet; the session shows it only once it is complete.
  var hiddenIntent: String?
  /// What it was made with, for the copy that its recovery URL makes.
  var parameters = FormValue.empty
  /// The customer has ticked "save for next time".
  var savesMethod = false
}

extension Account {
  mutating func createSession(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    try refuseMethodTypes(call)
    let mode = try checkedMode(given)
    try checkPlaces(given)
    try checkCustomer(given, mode: mode)
    let expiresAt = try checkedExpiry(given)
    let customer = given.text("customer")
    let id = try newSession(given, mode: mode, customer: customer, expiresAt: expiresAt)
    return try expanded(sessions[id] ?? .null, call)
  }

  mutating func newSession(
    _ given: FormValue, mode: String, customer: String?, expiresAt: Int
  ) throws(StripeError) -> String {
    let items = try mode == "payment" ? newLineItems(given) : []
    let id = newID("cs_test_\(mode == "setup" ? "c1" : "a1")", length: 58)
    sessions[id] = sessionObject(id, given, mode: mode, items: items, expiresAt: expiresAt)
    sessionNotes[id] = SessionNotes(
      lineItems: items, intentParameters: given["payment_intent_data"] ?? .empty, parameters: given)
    if mode == "setup" {
      let intent = newSetupIntent(customer: customer, setupParameters(given))
      sessions.change(id) { $0["setup_intent"] = .string(intent) }
    }
    appointments.add(at: expiresAt, .expireSession(id))
    return id
  }

  private func setupParameters(_ given: FormValue) -> FormValue {
    var parameters = given["setup_intent_data"]?.members ?? [:]
    for key in ["currency", "allowed_payment_method_types", "excluded_payment_method_types"] {
      parameters[key] = given[key]
    }
    return .map(parameters)
  }

  func retrieveSession(_ call: Call) throws(StripeError) -> JSON {
    try expanded(try session(call.arguments[0]), call)
  }

  mutating func updateSession(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let session = try session(id)
    if let other = ["collected_information", "line_items", "payment_intent_data", "shipping_options"].first(
      where: call.parameters.has)
    {
      throw .invalid("The sandbox changes the metadata of a session only, not \(other).", param: other)
    }
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
    offerRecovery(ofExpired: id)
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
    let filter = Filter(
      call, "customer", "customer_account", "payment_intent", "payment_link", "status", "subscription")
    let list = try list(sessions, call, kind: "checkout.session") { session in
      filter.includes(session) && (email == nil || session["customer_details"]["email"].text == email)
    }
    return try expanded(list, call)
  }

  func session(_ id: String) throws(StripeError) -> JSON {
    guard let session = sessions[id] else { throw .missing("checkout.session", id, param: "session", status: 404) }
    return session
  }
}
