extension Account {
  /// A list as Stripe answers it, filtered by `created` and by the caller, newest first.
  func list(
    _ table: Table, _ call: Call, kind: String, where belongs: (JSON) -> Bool = { _ in true }
  ) throws(StripeError) -> JSON {
    let limit = call.parameters.integer("limit") ?? 10
    guard (1...100).contains(limit) else {
      throw .invalid(
        "This value must be between 1 and 100 (inclusive).", code: "parameter_invalid_integer", param: "limit")
    }
    let after = call.parameters.text("starting_after")
    let before = call.parameters.text("ending_before")
    if after != nil, before != nil {
      throw .invalid("You cannot parameterize both starting_after and ending_before.", param: "starting_after")
    }
    let created = Created(call.parameters["created"])
    let page = table.page(limit: limit, after: after, before: before) { created.includes($0) && belongs($0) }
    guard let page else {
      throw .missing(kind, after ?? before ?? "", param: after == nil ? "ending_before" : "starting_after")
    }
    return ["object": "list", "data": .array(page.data), "has_more": .bool(page.hasMore), "url": .string(call.path)]
  }
}

/// `created=N` or `created[gte]=N` and the like.
private struct Created {
  private var exactly: Int?
  private var from = Int.min
  private var to = Int.max

  init(_ value: FormValue?) {
    guard let value else { return }
    exactly = value.text.flatMap { Int($0) }
    if let gte = value.integer("gte") { from = gte }
    if let gt = value.integer("gt") { from = max(from, gt + 1) }
    if let lte = value.integer("lte") { to = lte }
    if let lt = value.integer("lt") { to = min(to, lt - 1) }
  }

  func includes(_ object: JSON) -> Bool {
    guard let created = object["created"].integer else { return true }
    if let exactly { return created == exactly }
    return from <= created && created <= to
  }
}
