import Crypto
package import Foundation
import Transport

/// One event on its way to one endpoint.
package struct SandboxDelivery: Sendable, Equatable, Codable {
  package var id: Int
  package var event: String
  package var type: String
  package var endpoint: String
  package var url: String
  package var state: State
  /// Tries so far; the first and then at most three more.
  package var tries: Int
  /// Unix seconds of the sandbox's clock.
  package var nextTryAt: Int
  /// The last answer's status, or why there was none.
  package var lastAnswer: String?

  package enum State: String, Sendable, Codable { case pending, sending, delivered, abandoned }
}

struct Deliveries: Sendable, Codable {
  /// The pauses before the second, third and fourth try: "3 times over a few hours".
  static let pauses = [300, 3600, 7200]

  var all: [SandboxDelivery] = []
  /// Indices of what is not delivered yet, in order.
  var pending: [Int] = []

  mutating func add(event: String, endpoint: String, at: Int) {
    pending.append(all.count)
    all.append(
      SandboxDelivery(
        id: all.count, event: event, type: "", endpoint: endpoint, url: "", state: .pending, tries: 0, nextTryAt: at))
  }
}

/// A request to make, taken from the queue under the lock and sent without it.
struct OutgoingDelivery: Sendable {
  var id: Int
  var request: HTTPRequest
}

extension Account {
  /// Takes what is due; given an event, only its deliveries, due or not.
  mutating func takeDeliveries(of event: String? = nil) -> [OutgoingDelivery] {
    var taken: [OutgoingDelivery] = []
    for id in deliveries.pending {
      let delivery = deliveries.all[id]
      guard delivery.state == .pending, event.map({ $0 == delivery.event }) ?? (delivery.nextTryAt <= now) else {
        continue
      }
      guard let endpoint = endpoints[delivery.endpoint], let secret = endpointSecrets[delivery.endpoint],
        let object = events[delivery.event], let url = endpoint["url"].text, endpoint["status"] == "enabled"
      else {
        // Gone or disabled: what falls due meanwhile is not sent, then or later (docs/STRIPE.md §10).
        deliveries.all[id].state = .abandoned
        continue
      }
      deliveries.all[id].state = .sending
      deliveries.all[id].tries += 1
      deliveries.all[id].url = url
      deliveries.all[id].type = object["type"].text ?? ""
      taken.append(
        OutgoingDelivery(id: id, request: deliveryRequest(object, to: endpoint, url: url, secret: secret)))
    }
    deliveries.pending.removeAll { deliveries.all[$0].state == .abandoned }
    return taken
  }

  /// The event as the endpoint's version has it; the sandbox has one shape only, so the version is its name alone.
  private func deliveryRequest(_ event: JSON, to endpoint: JSON, url: String, secret: String) -> HTTPRequest {
    var event = event
    if !endpoint["api_version"].isNull { event["api_version"] = endpoint["api_version"] }
    let body = event.encoded
    return HTTPRequest(
      method: .post, url: url,
      headers: [
        HTTPHeader("Content-Type", "application/json; charset=utf-8"),
        HTTPHeader("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        HTTPHeader("Stripe-Signature", SandboxSignature.header(body: body, secret: secret, at: now)),
      ], body: body, timeout: .seconds(20))
  }

  /// Only a 2xx is a delivery; a redirect is not.
  mutating func conclude(delivery id: Int, answer: String, delivered: Bool) {
    guard deliveries.all[id].state == .sending else { return }
    revision += 1
    deliveries.all[id].lastAnswer = answer
    if delivered {
      deliveries.all[id].state = .delivered
      events.change(deliveries.all[id].event) {
        $0["pending_webhooks"] = .int(max(0, ($0["pending_webhooks"].integer ?? 0) - 1))
      }
    } else if deliveries.all[id].tries <= Deliveries.pauses.count {
      deliveries.all[id].state = .pending
      deliveries.all[id].nextTryAt = now + Deliveries.pauses[deliveries.all[id].tries - 1]
    } else {
      deliveries.all[id].state = .abandoned
    }
    let state = deliveries.all[id].state
    if state == .delivered || state == .abandoned { deliveries.pending.removeAll { $0 == id } }
  }
}

/// Stripe's webhook signature: `t=…,v1=…`, HMAC-SHA256 over `t.body`; the whole secret is the key.
package enum SandboxSignature {
  package static func header(body: Data, secret: String, at seconds: Int) -> String {
    let signature = HMAC<SHA256>.authenticationCode(
      for: Data("\(seconds).".utf8) + body, using: SymmetricKey(data: Data(secret.utf8)))
    return "t=\(seconds),v1=" + signature.map { String(format: "%02x", $0) }.joined()
  }
}
