extension Account {
  /// `POST /v1/payment_methods`: the number, token or account chooses how its bank behaves.
  mutating func createPaymentMethod(_ call: Call) throws(StripeError) -> JSON {
    let id = try newPaymentMethod(as: call.parameters, from: call.caller)
    return try expanded(try paymentMethod(id), call)
  }

  /// A method as `POST /v1/payment_methods` or `payment_method_data` describes it.
  mutating func newPaymentMethod(
    as given: FormValue, within name: String? = nil, from caller: Caller = .server
  ) throws(StripeError) -> String {
    func full(_ key: String) -> String { name.map { "\($0)[\(key)]" } ?? key }
    guard let type = given.text("type") else { throw .missingParameter(full("type")) }
    guard ["card", "us_bank_account", "sepa_debit"].contains(type) else {
      throw .invalid(
        "The sandbox knows the payment method types card, us_bank_account and sepa_debit, not \(type).",
        param: full("type"))
    }
    guard let details = given[type] else { throw .missingParameter(full(type)) }
    let method = try testPaymentMethod(type: type, details, from: caller)
    let expiry = details.has("number") ? try typedExpiry(details) : nil
    let object = newPaymentMethod(method, billingDetails: billingDetails(given), expiry: expiry)
    let id = object["id"].text ?? ""
    paymentMethods.change(id) {
      $0["metadata"] = given.metadata()
      if let redisplay = given.text("allow_redisplay") { $0["allow_redisplay"] = .string(redisplay) }
    }
    return id
  }

  private func typedExpiry(_ details: FormValue) throws(StripeError) -> (month: Int, year: Int) {
    let month = details.integer("exp_month") ?? 0
    let year = details.integer("exp_year") ?? 0
    let fullYear = year < 100 ? 2000 + year : year
    try checkExpiry(month: month, year: fullYear)
    return (month, fullYear)
  }

  private func testPaymentMethod(
    type: String, _ details: FormValue, from caller: Caller
  ) throws(StripeError) -> TestPaymentMethod {
    switch type {
    case "us_bank_account":
      guard let account = details.text("account_number") else {
        throw .missingParameter("us_bank_account[account_number]")
      }
      return TestPaymentMethods.typedUSBankAccount(account)
    case "sepa_debit":
      return TestPaymentMethods.sepaDebit((details.text("iban") ?? "").filter { !$0.isWhitespace }.uppercased())
    default:
      if let token = details.text("token") {
        guard let method = TestPaymentMethods.token(token) else { throw .missing("token", token, param: "card[token]") }
        return method
      }
      guard details.has("number") else { throw .missingParameter("card[token]") }
      try checkMayHandleNumbers(caller)
      return try testCard(details.text("number") ?? "")
    }
  }

  /// A card as it is typed on a page.
  func testCard(_ number: String) throws(StripeError) -> TestPaymentMethod {
    guard let method = TestPaymentMethods.card(number: number) else {
      throw StripeError(
        status: 402, type: "card_error", code: "incorrect_number", message: "Your card number is incorrect.",
        param: "number", wasExecuted: true)
    }
    return method
  }

  func checkExpiry(month: Int, year: Int) throws(StripeError) {
    let today = civilDate(daysSince1970: now / 86_400)
    let isPast = (year, month) < (today.year, today.month)
    guard (1...12).contains(month) else { throw invalidExpiry("month") }
    guard !isPast, year < today.year + 50 else { throw invalidExpiry("year") }
  }

  private func invalidExpiry(_ part: String) -> StripeError {
    StripeError(
      status: 402, type: "card_error", code: "invalid_expiry_\(part)",
      message: "Your card's expiration \(part) is invalid.", param: "exp_\(part)", wasExecuted: true)
  }

  func billingDetails(_ parameters: FormValue) -> JSON {
    guard let given = parameters["billing_details"] else { return Account.noBillingDetails }
    var details = Account.noBillingDetails
    for key in ["email", "name", "phone", "tax_id"] { details[key] = given.json(key) }
    if let address = given["address"] { details["address"] = Account.address(address) }
    return details
  }

  static func address(_ given: FormValue) -> JSON {
    var address = noAddress
    for key in noAddress.members.keys { address[key] = given.json(key) }
    return address
  }

  func retrievePaymentMethod(_ call: Call) throws(StripeError) -> JSON {
    try expanded(try paymentMethod(call.arguments[0]), call)
  }

  mutating func updatePaymentMethod(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let object = try paymentMethod(id)
    let details = call.parameters.has("billing_details") ? billingDetails(call.parameters) : object["billing_details"]
    paymentMethods.change(id) {
      $0["metadata"] = call.parameters.metadata(over: $0["metadata"])
      $0["billing_details"] = details
      if let redisplay = call.parameters.text("allow_redisplay") { $0["allow_redisplay"] = .string(redisplay) }
      if let card = call.parameters["card"] {
        for key in ["exp_month", "exp_year"] { if let value = card.integer(key) { $0["card"][key] = .int(value) } }
      }
    }
    emit("payment_method.updated", paymentMethods[id])
    return try expanded(try paymentMethod(id), call)
  }

  func listPaymentMethods(_ call: Call) throws(StripeError) -> JSON {
    if let customer = call.parameters.text("customer") { _ = try liveCustomer(customer) }
    return try paymentMethodList(call, customer: call.parameters.text("customer"))
  }

  func listPaymentMethodsOfCustomer(_ call: Call) throws(StripeError) -> JSON {
    _ = try liveCustomer(call.arguments[0], param: "customer", status: 404)
    return try paymentMethodList(call, customer: call.arguments[0])
  }

  func retrievePaymentMethodOfCustomer(_ call: Call) throws(StripeError) -> JSON {
    let object = try paymentMethod(call.arguments[1])
    guard object["customer"].text == call.arguments[0] else {
      throw .missing("PaymentMethod", call.arguments[1], param: "payment_method", status: 404)
    }
    return try expanded(object, call)
  }

  private func paymentMethodList(_ call: Call, customer: String?) throws(StripeError) -> JSON {
    let filter = Filter(call, "type", "allow_redisplay", "customer_account")
    let list = try list(paymentMethods, call, kind: "PaymentMethod") {
      $0["customer"].text == customer && customer != nil && filter.includes($0)
    }
    return try expanded(list, call)
  }

  /// The method of a path's id; 404 otherwise.
  func paymentMethod(_ id: String) throws(StripeError) -> JSON {
    guard let object = paymentMethods[id] else {
      throw .missing("PaymentMethod", id, param: "payment_method", status: 404)
    }
    return object
  }

  /// The method a parameter names; a test id such as `pm_card_visa` makes a new one.
  mutating func paymentMethod(named id: String) throws(StripeError) -> JSON {
    if let object = paymentMethods[id] { return object }
    guard let test = TestPaymentMethods.named(id) else { throw .missing("PaymentMethod", id, param: "payment_method") }
    return newPaymentMethod(test)
  }
}
