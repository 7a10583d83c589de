extension Account {
  /// Returns the signing secret, this once.
  mutating func createEndpoint(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    let url = given.text("url") ?? ""
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw .invalid("Not a valid URL", code: "url_invalid", param: "url")
    }
    guard endpoints.count < 16 else {
      throw .invalid("You have reached the maximum of 16 test webhook endpoints.")
    }
    let types = given.strings("enabled_events") ?? []
    guard !types.isEmpty else { throw .missingParameter("enabled_events") }
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
