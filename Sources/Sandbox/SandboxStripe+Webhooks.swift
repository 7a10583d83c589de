import Transport

extension SandboxStripe {
  /// Delivers what is due, in the order it happened, one after another.
  ///
  /// - Returns: how many deliveries were tried.
  @discardableResult
  package func deliverWebhooks() async -> Int { await deliver(of: nil) }

  /// Delivers one event before all others, due or not.
  func deliver(of event: String?) async -> Int {
    guard let client = webhookClient else { return 0 }
    let taken = with { $0.takeDeliveries(of: event) }
    for delivery in taken {
      var answer: String
      var delivered = false
      do {
        let response = try await client.send(delivery.request)
        answer = String(response.status)
        delivered = (200..<300).contains(response.status)
      } catch {
        answer = error.reason
      }
      let result = (answer, delivered)
      with { $0.conclude(delivery: delivery.id, answer: result.0, delivered: result.1) }
    }
    return taken.count
  }

  /// Whether somebody is delivering the event right now.
  func isBeingDelivered(_ event: String) -> Bool {
    with { $0.deliveries.all.contains { $0.event == event && $0.state == .sending } }
  }

  /// The `checkout.session.completed` of a session, if it is still to be delivered.
  func undeliveredCompletion(of session: String) -> String? {
    with { account in
      account.events.newestFirst.first {
        $0["type"] == "checkout.session.completed" && $0["data"]["object"]["id"].text == session
          && $0["pending_webhooks"] != 0
      }?["id"].text
    }
  }
}
