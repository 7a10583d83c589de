extension Account {
  /// Returns the signing secret, this once.
  mutating func createEndpoint(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    let url = try Self.checkedURL(given.text("url") ?? "")
    if let version = given.text("api_version") { try Self.check(version: version) }
    guard endpoints.count < 16 else {
      throw .invalid("You have reached the maximum of 16 test webhook endpoints.")
    }
    let types = try Self.checkedEvents(given)
    let id = newEndpoint(
      url: url, events: types, secret: nil, apiVersion: given.text("api_version"), given: given)
    return (endpoints[id] ?? [:]).merging(["secret": JSON(endpointSecrets[id])])
  }

  mutating func newEndpoint(
    url: String, events: [String], secret: String?, apiVersion: String?, given: FormValue = .empty
  ) -> String {
    let id = newID("we_1", length: 23)
    endpoints[id] = [
      "id": .string(id), "object": "webhook_endpoint", "api_version": JSON(apiVersion), "application": nil,
      "created": .int(now), "description": given.json("description"),
      "enabled_events": .array(events.map(JSON.string)), "livemode": false, "metadata": given.metadata(),
      "status": "enabled", "url": .string(url),
    ]
    endpointSecrets[id] = secret ?? newID("whsec_", length: 32)
    return id
  }

  func retrieveEndpoint(_ call: Call) throws(StripeError) -> JSON { try endpoint(call.arguments[0]) }

  /// What is on its way goes to the new URL; what happens from now on goes by the new events.
  mutating func updateEndpoint(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    let before = try endpoint(id)
    let given = call.parameters
    let url = try given.text("url").map(Self.checkedURL)
    let events = given.has("enabled_events") ? try Self.checkedEvents(given) : nil
    endpoints.change(id) {
      if let url { $0["url"] = .string(url) }
      if let events { $0["enabled_events"] = .array(events.map(JSON.string)) }
      if let disabled = given.flag("disabled") { $0["status"] = disabled ? "disabled" : "enabled" }
      if given.has("description") { $0["description"] = given.json("description") }
      $0["metadata"] = given.metadata(over: $0["metadata"])
    }
    return try expanded(endpoints[id] ?? before, call)
  }

  /// Any host over http or https: a sandbox's endpoints are on somebody's desk.
  private static func checkedURL(_ url: String) throws(StripeError) -> String {
    let rest = url.hasPrefix("https://") ? url.dropFirst(8) : url.hasPrefix("http://") ? url.dropFirst(7) : ""
    guard let first = rest.first, first != "/", !url.contains(where: \.isWhitespace) else {
      throw .invalid("Not a valid URL", code: "url_invalid", param: "url")
    }
    return url
  }

  private static func checkedEvents(_ given: FormValue) throws(StripeError) -> [String] {
    let types = given.strings("enabled_events") ?? []
    guard !types.isEmpty else { throw .missingParameter("enabled_events") }
    return types
  }

  mutating func deleteEndpoint(_ call: Call) throws(StripeError) -> JSON {
    let id = call.arguments[0]
    _ = try endpoint(id)
    endpoints[id] = nil
    endpointSecrets[id] = nil
    return ["id": .string(id), "object": "webhook_endpoint", "deleted": true]
  }

  func listEndpoints(_ call: Call) throws(StripeError) -> JSON { try list(endpoints, call, kind: "webhook_endpoint") }

  private func endpoint(_ id: String) throws(StripeError) -> JSON {
    guard let endpoint = endpoints[id] else {
      throw .missing("webhook endpoint", id, param: "webhook_endpoint", status: 404)
    }
    return endpoint
  }
}
