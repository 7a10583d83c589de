extension Account {
  private static let expandable: Set<String> = [
    "balance_transaction", "charge", "customer", "default_payment_method", "latest_attempt", "latest_charge", "mandate",
    "payment_intent", "payment_method", "refunds", "setup_intent", "line_items", "on_behalf_of", "review", "source",
  ]

  /// The object with the objects in it that `expand` names; `data.` reaches into a list.
  func expanded(_ object: JSON, _ call: Call) throws(StripeError) -> JSON {
    var result = object
    for path in call.parameters.strings("expand") ?? [] {
      let names = path.split(separator: ".").map(String.init)
      guard names.count <= 5, !names.isEmpty else {
        throw .invalid(
          "You cannot expand more than 4 levels of a property. The property is '\(path)'.", param: "expand")
      }
      result = try expand(names[...], in: result, whole: path)
    }
    return result
  }

  private func expand(_ names: ArraySlice<String>, in object: JSON, whole: String) throws(StripeError) -> JSON {
    guard let name = names.first else { return object }
    if name == "data", object["object"] == "list" {
      var elements: [JSON] = []
      for element in object["data"].elements {
        elements.append(try expand(names.dropFirst(), in: element, whole: whole))
      }
      return object.merging(["data": .array(elements)])
    }
    let isSession = object["object"] == "checkout.session"
    let isCharge = object["object"] == "charge"
    let isThere = object.members[name] != nil || (name == "line_items" && isSession) || (name == "refunds" && isCharge)
    guard isThere else { throw .cannotExpand(whole) }
    let value = object[name]
    guard Account.expandable.contains(name) || !value.members.isEmpty, !(isCharge && name == "payment_method") else {
      throw .cannotExpand(whole)
    }
    var inner = value
    if name == "line_items", isSession, let id = object["id"].text {
      inner = lineItemList(of: id)
    } else if name == "refunds", isCharge, let id = object["id"].text {
      inner = refundList(of: id)
    } else if let id = value.text {
      inner = self.object(id) ?? value
    }
    if inner.isNull { return object }
    return object.merging([name: try expand(names.dropFirst(), in: inner, whole: whole)])
  }
}

extension StripeError {
  fileprivate static func cannotExpand(_ path: String) -> StripeError {
    .invalid("This property cannot be expanded (\(path)).", param: "expand")
  }
}
