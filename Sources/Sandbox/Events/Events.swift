extension Account {
  /// Notes that something happened, with the object as it is now, and queues its deliveries.
  mutating func emit(_ type: String, _ object: JSON?, previous: JSON? = nil) {
    guard let object else { return }
    revision += 1
    let id = newID("evt_1", length: 23)
    var data: JSON = ["object": object]
    if let previous, !previous.members.isEmpty { data["previous_attributes"] = previous }
    var requestID: JSON = nil
    var key: JSON = nil
    if let request {
      requestID = .string(request.id)
      key = JSON(request.idempotencyKey)
    }
    let wanting = endpoints.newestFirst.filter { endpoint in
      endpoint["status"] == "enabled"
        && endpoint["enabled_events"].elements.contains { Account.matches(type, $0.text ?? "") }
    }
    events[id] = [
      "id": .string(id), "object": "event", "api_version": .string(configuration.apiVersion), "created": .int(now),
      "data": data, "livemode": false, "pending_webhooks": .int(wanting.count),
      "request": ["id": requestID, "idempotency_key": key], "type": .string(type),
    ]
    for endpoint in wanting.reversed() {
      deliveries.add(event: id, endpoint: endpoint["id"].text ?? "", at: now)
    }
  }

  /// `charge.*` and `*` match more than one type.
  static func matches(_ type: String, _ pattern: String) -> Bool {
    guard pattern.hasSuffix("*") else { return type == pattern }
    return type.hasPrefix(pattern.dropLast())
  }

  func retrieveEvent(_ call: Call) throws(StripeError) -> JSON {
    guard let event = events[call.arguments[0]] else {
      throw .missing("event", call.arguments[0], param: "id", status: 404)
    }
    return event
  }

  /// `GET /v1/events`: 30 days back, newest first.
  func listEvents(_ call: Call) throws(StripeError) -> JSON {
    let given = call.parameters
    if given.has("type"), given.has("types") {
      throw .invalid("You may only specify one of these parameters: type, types.", param: "type")
    }
    let patterns = given.text("type").map { [$0] } ?? given.strings("types") ?? ["*"]
    guard patterns.count <= 20 else { throw .invalid("You can pass at most 20 types.", param: "types") }
    let succeeded = given.flag("delivery_success")
    return try list(events, call, kind: "event") { event in
      guard (event["created"].integer ?? 0) >= now - 30 * 86_400 else { return false }
      guard patterns.contains(where: { Account.matches(event["type"].text ?? "", $0) }) else { return false }
      guard let succeeded else { return true }
      return (event["pending_webhooks"].integer == 0) == succeeded
    }
  }
}
