package import Domain

extension StripeRequest {
  /// The account that the key belongs to.
  package static func retrieveAccount() -> StripeRequest { .get("/v1/account") }

  /// As many types as `GET /v1/events` takes in one call.
  package static let maximumEventTypes = 20

  /// Which way a list of events is paged; Stripe lists the newest first.
  package enum EventPage: Sendable, Hashable {
    case newest
    /// The next older page.
    case startingAfter(EventID)
    /// The next newer page.
    case endingBefore(EventID)
  }

  /// Up to 30 days back.
  ///
  /// - Parameter types: At most ``maximumEventTypes``; none is all.
  package static func listEvents(createdSince: Timestamp?, types: [String], page: EventPage) -> StripeRequest {
    precondition(types.count <= maximumEventTypes, "\(types.count) event types in one call")
    var query = FormBody.query
    if let createdSince { query.add("created[gte]", createdSince.seconds) }
    query.add("types", list: types)
    switch page {
    case .newest: break
    case .startingAfter(let event): query.add("starting_after", event.text)
    case .endingBefore(let event): query.add("ending_before", event.text)
    }
    query.add("limit", 100)
    return .get("/v1/events", query)
  }

  package static func retrieveEvent(_ event: EventID) -> StripeRequest {
    .get("/v1/events/\(FormEncoder.segment(event.text))")
  }
}
