/// What a customer does on the hosted page.
package enum SandboxEntry: Sendable, Equatable {
  /// A test card; the name and email as typed, where the page asks for them.
  case card(number: String, month: Int, year: Int, name: String?, email: String?)
  /// One of the customer's saved methods.
  case saved(String)
  /// A test bank account: an `pm_usBankAccount_…` or `pm_sepaDebit_…` name.
  case bank(String)
  /// The answer to "Your bank asks".
  case bankAnswer(confirmed: Bool)
}

/// What the page does next.
package enum SandboxStep: Sendable, Equatable {
  /// Done: to the merchant's page, with the session's id put in.
  case redirect(String)
  /// The session stays open, and the page says why.
  case refused(String)
  case bankAsks
  /// There is nothing to do here any more: `complete` or `expired`.
  case closed(String)
}

extension Account {
  mutating func submit(session id: String, _ entry: SandboxEntry) throws(StripeError) -> SandboxStep {
    let session = try session(id)
    let status = session["status"].text ?? ""
    guard status == "open" else { return .closed(status) }
    do {
      if case .bankAnswer(let confirmed) = entry {
        try answerBank(session, confirmed: confirmed)
      } else {
        let method = try method(of: entry, session)
        try session["mode"] == "setup" ? setUp(session, method: method) : pay(session, method: method)
      }
    } catch {
      guard error.type == "card_error" else { throw error }
      return .refused(Self.wordsForCustomer(error))
    }
    return finish(session: id)
  }

  /// A card error's message may be shown; the one about authentication speaks to programmers.
  private static func wordsForCustomer(_ error: StripeError) -> String {
    error.code?.hasSuffix("authentication_failure") == true
      ? "Your bank could not confirm that this is you." : error.message
  }

  private mutating func method(of entry: SandboxEntry, _ session: JSON) throws(StripeError) -> String {
    switch entry {
    case .card(let number, let month, let year, let name, let email):
      let test = try testCard(number)
      let fullYear = year < 100 ? 2000 + year : year
      try checkExpiry(month: month, year: fullYear)
      var details = Account.noBillingDetails
      details["name"] = JSON(name)
      details["email"] =
        session["customer_details"]["email"].isNull ? JSON(email) : session["customer_details"]["email"]
      let object = newPaymentMethod(test, billingDetails: details, expiry: (month, fullYear))
      return object["id"].text ?? ""
    case .bank(let name): return try paymentMethod(named: name)["id"].text ?? ""
    case .saved(let id):
      guard let customer = session["customer"].text, paymentMethods[id]?["customer"].text == customer else {
        throw .missing("PaymentMethod", id, param: "payment_method")
      }
      return id
    case .bankAnswer: throw .invalid("The bank asked nothing.")
    }
  }

  private mutating func setUp(_ session: JSON, method: String) throws(StripeError) {
    guard let intent = session["setup_intent"].text else { return }
    try confirm(setup: intent, method: method, bringsMandate: true, authenticated: false)
  }

  private mutating func pay(_ session: JSON, method: String) throws(StripeError) {
    let id = session["id"].text ?? ""
    let intent = sessionNotes[id]?.hiddenIntent ?? newIntent(of: session, id)
    sessionNotes[id]?.hiddenIntent = intent
    try confirm(
      intent,
      Confirmation(
        method: method, isOffSession: false, errorsOnRequiresAction: false, returnURL: nil, bringsMandate: true))
  }

  private mutating func newIntent(of session: JSON, _ id: String) -> String {
    var parameters = sessionNotes[id]?.intentParameters.members ?? [:]
    let types = session["payment_method_types"].elements.compactMap(\.text).enumerated()
    parameters["allowed_payment_method_types"] = .map(
      Dictionary(uniqueKeysWithValues: types.map { (String($0), FormValue.text($1)) }))
    return newPaymentIntent(
      IntentDraft(
        amount: session["amount_total"].integer ?? 0, currency: session["currency"].text ?? "usd",
        customer: session["customer"].text, session: id, parameters: .map(parameters)))
  }

  private mutating func answerBank(_ session: JSON, confirmed: Bool) throws(StripeError) {
    if let setup = session["setup_intent"].text {
      try authenticate(setup: setup, confirmed: confirmed)
    } else if let intent = sessionNotes[session["id"].text ?? ""]?.hiddenIntent {
      try authenticate(intent: intent, confirmed: confirmed)
    }
  }

  /// After the bank has spoken: complete, or the page that asks for the bank's confirmation.
  private mutating func finish(session id: String) -> SandboxStep {
    guard let session = sessions[id] else { return .closed("expired") }
    let intentID = session["setup_intent"].text ?? sessionNotes[id]?.hiddenIntent ?? ""
    let intent = object(intentID) ?? .null
    if intent["status"] == "requires_action" { return .bankAsks }
    let method = paymentMethods[intent["payment_method"].text ?? ""] ?? .null
    addCustomerIfWanted(id, method: method)
    let isPayment = session["mode"] == "payment"
    sessions.change(id) {
      $0["status"] = "complete"
      $0["url"] = nil
      if isPayment {
        $0["payment_intent"] = .string(intentID)
        $0["payment_status"] = intent["status"] == "processing" ? "unpaid" : "paid"
      }
      let details = method["billing_details"]
      if $0["customer_details"].isNull {
        $0["customer_details"] = [
          "address": nil, "business_name": nil, "email": details["email"], "individual_name": nil,
          "name": details["name"], "phone": nil, "tax_exempt": "none", "tax_ids": nil,
        ]
      }
    }
    emit("checkout.session.completed", sessions[id])
    let url = session["success_url"].text ?? session["return_url"].text ?? ""
    return .redirect(url.replacing("{CHECKOUT_SESSION_ID}", with: id).replacing("%7BCHECKOUT_SESSION_ID%7D", with: id))
  }

  /// `customer_creation=always` makes a customer of a guest, and gives them the method.
  private mutating func addCustomerIfWanted(_ id: String, method: JSON) {
    guard let session = sessions[id], session["customer"].isNull, session["customer_creation"] == "always" else {
      return
    }
    let details = method["billing_details"]
    let email = details["email"].text ?? session["customer_email"].text
    let customer = newCustomer(email: email, name: details["name"].text)
    emit("customer.created", customers[customer])
    sessions.change(id) { $0["customer"] = .string(customer) }
    if let setup = session["setup_intent"].text {
      setupIntents.change(setup) { $0["customer"] = .string(customer) }
      attach(method["id"].text ?? "", to: customer)
    } else if let intent = sessionNotes[id]?.hiddenIntent {
      paymentIntents.change(intent) { $0["customer"] = .string(customer) }
      if paymentIntents[intent]?["setup_future_usage"].isNull == false { attach(method["id"].text ?? "", to: customer) }
    }
  }
}
