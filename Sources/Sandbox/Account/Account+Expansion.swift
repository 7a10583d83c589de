extension Account {
  private static let expandable: Set<String> = [
    "balance_transaction", "charge", "customer", "default_payment_method", "latest_attempt", "latest_charge", "mandate",
    "payment_intent", "payment_method", "refunds", "setup_intent", "line_items", "on_behalf_of", "review", "source",
    "failure_balance_transaction", "dispute",
  ]

  /// The object with the objects in it that `expand` names; `data.` reaches into a list.
  func expanded(_ object: JSON, _ call: Call) throws(StripeError) -> JSON {
    var result = object
    for path in call.parameters.strings("expand") ?? [] {
      let names = path.split(separator: ".").map(String.init)
      // What a list holds is no level of its own.
      guard names.count <= (names.first == "data" ? 5 : 4), !names.isEmpty else {
        throw .invalid(
          "You cannot expand more than 4 levels of a property. The property is '\(path)'.", param: "expand")
      }
      result = try expand(names[...], in: result, whole: path)
    }
    return result
  }

  private func expand(_ names: ArraySlice<String>, in object: JSON, whole: String) throws(StripeError) -> JSON {
    guard let name = names.first else { return object }
    if name == "data", object["object"] == "list" || object["object"] == "search_result" {
      var elements: [JSON] = []
      for element in object["data"].elements {
        elements.append(try expand(names.dropFirst(), in: element, whole: whole))
      }
      return object.merging(["data": .array(elements)])
    }
    let hidden = hidden(name, of: object)
    let isCharge = object["object"] == "charge"
    guard hidden != nil || object.members[name] != nil else { throw .cannotExpand(whole) }
    let value = object[name]
    guard hidden != nil || Account.expandable.contains(name) || !value.members.isEmpty,
      !(isCharge && name == "payment_method")
    else { throw .cannotExpand(whole) }
    let inner = hidden ?? value.text.flatMap { self.object($0) } ?? value
    if inner.isNull { return object }
    return object.merging([name: try expand(names.dropFirst(), in: inner, whole: whole)])
  }

  /// What an object has only where it is expanded.
  private func hidden(_ name: String, of object: JSON) -> JSON? {
    let id = object["id"].text ?? ""
    switch (object["object"].text, name) {
    case ("checkout.session", "line_items"): return lineItemList(of: id)
    case ("charge", "refunds"): return refundList(of: id)
    case ("customer", "tax") where !object["deleted"].isTrue:
      return ["automatic_tax": "unrecognized_location", "ip_address": nil, "location": nil, "provider": "stripe"]
    case ("customer", "invoice_credit_balance") where !object["deleted"].isTrue: return [:]
    default: return nil
    }
  }
}

extension StripeError {
  fileprivate static func cannotExpand(_ path: String) -> StripeError {
    .invalid("This property cannot be expanded (\(path)).", param: "expand")
  }
}
