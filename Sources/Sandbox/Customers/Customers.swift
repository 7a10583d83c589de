extension Account {
  mutating func createCustomer(_ call: Call) throws(StripeError) -> JSON {
    let id = newCustomer(email: call.parameters.text("email"), name: call.parameters.text("name"))
    do throws(StripeError) {
      try fillCustomer(id, call)
      if let method = call.parameters.text("payment_method") {
        let object = try paymentMethod(named: method)
        if case .declines(let decline) = methodNotes[object["id"].text ?? ""]?.behavior {
          throw StripeError(
            status: 402, type: "card_error", code: decline.code, message: decline.message, param: "",
            more: decline.members, wasExecuted: true)
        }
        attach(object["id"].text ?? method, to: id)
      }
    } catch {
      customers[id] = nil
      throw error
    }
    emit("customer.created", customers[id])
    return try expanded(customers[id] ?? .null, call)
  }

  mutating func newCustomer(email: String?, name: String?) -> String {
    let id = newID("cus_", length: 14)
    customers[id] = [
      "id": .string(id), "object": "customer", "address": nil, "balance": 0, "created": .int(now), "currency": nil,
      "customer_account": nil, "default_source": nil, "delinquent": false, "description": nil, "discount": nil,
      "email": JSON(email), "invoice_prefix": .string(Identifiers.characters(of: id, length: 8).uppercased()),
      "invoice_settings": [
        "custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil,
      ],
      "livemode": false, "metadata": [:], "name": JSON(name), "next_invoice_sequence": 1, "phone": nil,
      "preferred_locales": [], "shipping": nil, "tax_exempt": "none", "test_clock": nil,
    ]
    return id
  }

  mutating func updateCustomer(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let before = try liveCustomer(id, param: "id", status: 404)
    do throws(StripeError) { try fillCustomer(id, call) } catch {
      customers[id] = before
      throw error
    }
    emit("customer.updated", customers[id], previous: before.changed(in: customers[id] ?? before))
    return try expanded(customers[id] ?? before, call)
  }

  private mutating func fillCustomer(_ id: String, _ call: Call) throws(StripeError) {
    let given = call.parameters
    if let method = given["invoice_settings"]?.text("default_payment_method") {
      guard paymentMethods[method]?["customer"].text == id else {
        throw .invalid(
          "The customer does not have a payment method with the ID \(method). The payment method must be attached to"
            + " the customer.", code: "resource_missing", param: "invoice_settings[default_payment_method]")
      }
    }
    customers.change(id) {
      for key in ["email", "name", "description", "phone"] where given.has(key) { $0[key] = given.json(key) }
      if let locales = given.strings("preferred_locales") { $0["preferred_locales"] = .array(locales.map(JSON.string)) }
      if let address = given["address"] { $0["address"] = address.text == "" ? nil : Account.address(address) }
      if let settings = given["invoice_settings"], settings.has("default_payment_method") {
        $0["invoice_settings"]["default_payment_method"] = settings.json("default_payment_method")
      }
      $0["metadata"] = given.metadata(over: $0["metadata"])
    }
  }

  func retrieveCustomer(_ call: Call) throws(StripeError) -> JSON {
    guard let customer = customers[call.arguments[0]] else {
      throw .missing("customer", call.arguments[0], param: "id", status: 404)
    }
    return try expanded(customer, call)
  }

  /// Leaves `{id, object, deleted}`; its methods are detached, and what named it no longer finds it.
  mutating func deleteCustomer(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let before = try liveCustomer(id, param: "id", status: 404)
    for method in paymentMethods.newestFirst where method["customer"].text == id { detach(method["id"].text ?? "") }
    let deleted: JSON = ["id": .string(id), "object": "customer", "deleted": true]
    customers[id] = deleted
    emit("customer.deleted", before)
    return deleted
  }

  func listCustomers(_ call: Call) throws(StripeError) -> JSON {
    let filter = Filter(call, "email", "test_clock")
    let list = try list(customers, call, kind: "customer") { !$0["deleted"].isTrue && filter.includes($0) }
    return try expanded(list, call)
  }

  /// A customer who is there and not deleted.
  func liveCustomer(_ id: String, param: String = "customer", status: Int = 400) throws(StripeError) -> JSON {
    guard let customer = customers[id], !customer["deleted"].isTrue else {
      throw .missing("customer", id, param: param, status: status)
    }
    return customer
  }
}

extension JSON {
  /// The members of this object whose value is another in the newer one: an event's `previous_attributes`.
  func changed(in newer: JSON) -> JSON {
    .object(members.filter { newer[$0.key] != $0.value })
  }
}
