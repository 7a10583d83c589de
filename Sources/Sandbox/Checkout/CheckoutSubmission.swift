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

/// What a customer says on the page beside how they pay.
package struct SandboxChoices: Sendable, Equatable {
  /// The tick at the terms of service, where the session asks for it.
  package var acceptsTerms = true
  /// The tick at "save for next time", where the session offers it.
  package var savesMethod = false
  /// The tick at news from the shop, where the session asks.
  package var wantsPromotions = false
  /// Two letters, of the card's address.
  package var country: String?
  package var postalCode: String?

  package init() {}
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
  mutating func submit(
    session id: String, _ entry: SandboxEntry, _ choices: SandboxChoices
  ) throws(StripeError) -> SandboxStep {
    let session = try session(id)
    let status = session["status"].text ?? ""
    guard status == "open" else { return .closed(status) }
    if let customer = session["customer"].text { _ = try liveCustomer(customer) }
    do {
      if case .bankAnswer(let confirmed) = entry {
        try answerBank(session, confirmed: confirmed)
      } else {
        guard takeConsent(session, choices) else {
          return .refused("You have to agree to the terms of service.")
        }
        let method = try method(of: entry, session, choices)
        sessionNotes[id]?.savesMethod = choices.savesMethod
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
      ? authenticationWords : error.message
  }

  static let authenticationWords = "Your bank could not confirm that this is you."

  /// Notes what the customer agreed to; false if they did not agree to what the session requires.
  private mutating func takeConsent(_ session: JSON, _ choices: SandboxChoices) -> Bool {
    let asked = session["consent_collection"]
    let requiresTerms = asked["terms_of_service"] == "required"
    guard !requiresTerms || choices.acceptsTerms else { return false }
    let asksPromotions = asked["promotions"] == "auto"
    guard requiresTerms || asksPromotions else { return true }
    sessions.change(session["id"].text ?? "") {
      $0["consent"] = [
        "promotions": asksPromotions ? (choices.wantsPromotions ? "opt_in" : "opt_out") : nil,
        "terms_of_service": requiresTerms ? "accepted" : nil,
      ]
    }
    return true
  }

  private mutating func method(
    of entry: SandboxEntry, _ session: JSON, _ choices: SandboxChoices
  ) throws(StripeError) -> String {
    switch entry {
    case .card(let number, let month, let year, let name, let email):
      let test = try testCard(number)
      let fullYear = year < 100 ? 2000 + year : year
      try checkExpiry(month: month, year: fullYear)
      var details = Account.noBillingDetails
      details["name"] = JSON(name)
      details["address"]["country"] = JSON(choices.country)
      details["address"]["postal_code"] = JSON(choices.postalCode)
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
        method: method, isOffSession: false, errorsOnRequiresAction: false, returnURL: nil, mandate: nil,
        bringsMandate: true))
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
    let isVerifying = awaitsMicrodeposits(intentID)
    if intent["status"] == "requires_action", !isVerifying { return .bankAsks }
    let method = paymentMethods[intent["payment_method"].text ?? ""] ?? .null
    addCustomerIfWanted(id, method: method)
    saveIfTicked(id, method: method)
    let isPayment = session["mode"] == "payment"
    sessions.change(id) {
      $0["status"] = "complete"
      $0["url"] = nil
      if isPayment {
        $0["payment_intent"] = .string(intentID)
        $0["payment_status"] = intent["status"] == "succeeded" ? "paid" : "unpaid"
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
    return .redirect(place(session["success_url"].text ?? session["return_url"].text ?? "", of: id))
  }

  /// The URL with the session's id in it; the braces may have been percent-encoded once.
  func place(_ url: String, of session: String) -> String {
    url.replacing("{CHECKOUT_SESSION_ID}", with: session).replacing("%7BCHECKOUT_SESSION_ID%7D", with: session)
  }

  /// A guest becomes a customer with `customer_creation=always`, and where the payment is to be saved for later.
  private mutating func addCustomerIfWanted(_ id: String, method: JSON) {
    guard let session = sessions[id], session["customer"].isNull else { return }
    let isSaved = sessionNotes[id]?.intentParameters.text("setup_future_usage") != nil
    guard session["customer_creation"] == "always" || (session["mode"] == "payment" && isSaved) else { return }
    let details = method["billing_details"]
    let email = details["email"].text ?? session["customer_email"].text
    let customer = newCustomer(email: email, name: details["name"].text)
    emit("customer.created", customers[customer])
    sessions.change(id) { $0["customer"] = .string(customer) }
    let methodID = method["id"].text ?? ""
    if let setup = session["setup_intent"].text {
      setupIntents.change(setup) { $0["customer"] = .string(customer) }
      // One that is not verified yet is attached when it is.
      if setupIntents[setup]?["status"] == "succeeded" { attach(methodID, to: customer) }
    } else if let intent = sessionNotes[id]?.hiddenIntent {
      paymentIntents.change(intent) { $0["customer"] = .string(customer) }
      if isSaved {
        paymentMethods.change(methodID) { $0["allow_redisplay"] = "limited" }
        attach(methodID, to: customer)
      }
    }
  }

  /// "Save for next time", ticked by the customer: it may be shown again.
  private mutating func saveIfTicked(_ id: String, method: JSON) {
    guard let session = sessions[id], sessionNotes[id]?.savesMethod == true, let customer = session["customer"].text,
      session["saved_payment_method_options"]["payment_method_save"] == "enabled", let methodID = method["id"].text
    else { return }
    methodNotes[methodID]?.isSpent = false
    paymentMethods.change(methodID) { $0["allow_redisplay"] = "always" }
    attach(methodID, to: customer)
  }
}
