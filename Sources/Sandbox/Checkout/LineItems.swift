extension Account {
  /// The items of a payment-mode session; each brings its inline price, all in one currency.
  mutating func newLineItems(_ given: FormValue) throws(StripeError) -> [JSON] {
    guard let list = given["line_items"]?.elements, !list.isEmpty else { throw .missingParameter("line_items") }
    guard list.count <= 100 else {
      throw .invalid("You can have at most 100 line items.", param: "line_items")
    }
    var items: [JSON] = []
    for (index, item) in list.enumerated() {
      items.append(try newLineItem(item, name: "line_items[\(index)]"))
    }
    let currency = items[0]["currency"].text ?? ""
    guard items.allSatisfy({ $0["currency"].text == currency }) else {
      throw .invalid("All line items must have the same currency.", param: "line_items")
    }
    let total = items.reduce(0) { $0 + ($1["amount_total"].integer ?? 0) }
    try Amounts.check(total, currency, param: "line_items")
    return items
  }

  private mutating func newLineItem(_ item: FormValue, name: String) throws(StripeError) -> JSON {
    if let price = item.text("price") { throw .missing("price", price, param: "\(name)[price]") }
    guard let data = item["price_data"] else { throw .missingParameter("\(name)[price_data]") }
    let currency = try Amounts.currency(data.text("currency") ?? "")
    guard let amount = data.integer("unit_amount") ?? data.integer("unit_amount_decimal") else {
      throw .missingParameter("\(name)[price_data][unit_amount]")
    }
    guard amount >= 0 else {
      throw .invalid(
        "This value must be greater than or equal to 0.", code: "parameter_invalid_integer",
        param: "\(name)[price_data][unit_amount]")
    }
    guard let product = data["product_data"]?.text("name") ?? data.text("product") else {
      throw .missingParameter("\(name)[price_data][product_data]")
    }
    let quantity = item.integer("quantity") ?? 1
    guard quantity >= 1 else {
      throw .invalid("Quantity must be at least 1.", code: "parameter_invalid_integer", param: "\(name)[quantity]")
    }
    let total = amount * quantity
    return [
      "id": .string(newID("li_1", length: 23)), "object": "item", "adjustable_quantity": nil, "amount_discount": 0,
      "amount_subtotal": .int(total), "amount_tax": 0, "amount_total": .int(total), "currency": .string(currency),
      "description": .string(product), "metadata": item.metadata(), "quantity": .int(quantity),
      "price": newPrice(amount: amount, currency: currency, productID: data.text("product")),
    ]
  }

  private mutating func newPrice(amount: Int, currency: String, productID: String?) -> JSON {
    [
      "id": .string(newID("price_1", length: 23)), "object": "price", "active": false, "billing_scheme": "per_unit",
      "created": .int(now), "currency": .string(currency), "custom_unit_amount": nil, "livemode": false,
      "lookup_key": nil, "metadata": [:], "nickname": nil, "product": .string(productID ?? newID("prod_", length: 14)),
      "recurring": nil, "tax_behavior": "unspecified", "tiers_mode": nil, "transform_quantity": nil, "type": "one_time",
      "unit_amount": .int(amount), "unit_amount_decimal": .string(String(amount)),
    ]
  }

  /// `GET …/line_items`, in the order they were given.
  func listLineItems(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    _ = try session(id)
    var table = Table()
    for item in (sessionNotes[id]?.lineItems ?? []).reversed() { table[item["id"].text ?? ""] = item }
    return try expanded(try list(table, call, kind: "item"), call)
  }

  func lineItemList(of session: String) -> JSON {
    let items = sessionNotes[session]?.lineItems ?? []
    return [
      "object": "list", "data": .array(Array(items.prefix(10))), "has_more": .bool(items.count > 10),
      "url": .string("/v1/checkout/sessions/\(session)/line_items"),
    ]
  }
}
