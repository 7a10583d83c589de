import Crypto
import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct EventTests {
  @Test func `events are paged, filtered by type and by time`() async throws {
    let sandbox = TestSandbox()
    for _ in 0..<3 { _ = try await sandbox.customer() }
    sandbox.stripe.advance(by: 100)
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method), key: "k")
    let first = try await sandbox.get("/v1/events?limit=4")
    #expect(first.json["has_more"].flag == true)
    let rest = try await sandbox.get("/v1/events?limit=4&starting_after=\(first.json["data"][3]["id"].text ?? "")")
    let types = (first.json["data"].elements + rest.json["data"].elements).compactMap { $0["type"].text }
    #expect(types == (try sandbox.eventTypes()).reversed())
    let late = try await sandbox.get("/v1/events?created[gte]=\(TestSandbox.start + 100)")
    #expect(late.json["data"].elements.count == 5)
    let some = try await sandbox.get("/v1/events?types[0]=customer.created&types[1]=charge.*&limit=100")
    #expect(
      some.json["data"].elements.map { $0["type"].text } == ["charge.succeeded"]
        + Array(repeating: "customer.created", count: 4))
    #expect(some.json["data"][0]["request"]["idempotency_key"].text == "k")
    let back = try await sandbox.get("/v1/events?limit=2&ending_before=\(first.json["data"][3]["id"].text ?? "")")
    #expect(
      back.json["data"].elements.map { $0["id"].text } == first.json["data"].elements[1...2].map { $0["id"].text })
    #expect(back.json["has_more"].flag == true)
  }

  @Test func `events older than 30 days are gone from the list`() async throws {
    let sandbox = TestSandbox()
    _ = try await sandbox.customer()
    sandbox.stripe.advance(by: 30 * 86_400)
    #expect(try await sandbox.get("/v1/events").json["data"].elements.count == 1)
    sandbox.stripe.advance(by: 1)
    #expect(try await sandbox.get("/v1/events").json["data"].elements.isEmpty)
  }

  @Test func `an event keeps the object as it was`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    _ = try await sandbox.post("/v1/customers/\(customer)", "email=new%40example.com")
    let events = try await sandbox.get("/v1/events?type=customer.*")
    #expect(events.json["data"][0]["data"]["object"]["email"].text == "new@example.com")
    #expect(events.json["data"][0]["data"]["previous_attributes"]["email"].text == "jenny@example.com")
    #expect(events.json["data"][1]["data"]["object"]["email"].text == "jenny@example.com")
  }

  /// Endpoints answer as a list says, one status a delivery, and then 200.
  private final class Endpoint: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var statuses: [Int]
    nonisolated(unsafe) private var seen: [HTTPRequest] = []

    init(_ statuses: [Int] = []) { self.statuses = statuses }

    var requests: [HTTPRequest] { lock.withLock { seen } }
    var http: HTTPClient {
      HTTPClient { [self] request async throws(TransportError) in
        lock.withLock {
          seen.append(request)
          return HTTPResponse(status: statuses.isEmpty ? 200 : statuses.removeFirst())
        }
      }
    }
  }

  @Test func `deliveries are signed over the body they bring`() async throws {
    let endpoint = Endpoint()
    let sandbox = TestSandbox(webhooks: endpoint.http)
    let secret = sandbox.stripe.addWebhookEndpoint(url: "http://127.0.0.1:9/hook", events: ["customer.created"])
    let customer = try await sandbox.customer()
    _ = try await sandbox.post("/v1/customers/\(customer)", "name=B")
    await sandbox.stripe.deliverWebhooks()
    #expect(endpoint.requests.count == 1)
    let request = try #require(endpoint.requests.first)
    let header = try #require(request.headers.first { $0.name == "Stripe-Signature" }?.value)
    let mac = HMAC<SHA256>.authenticationCode(
      for: Data("\(TestSandbox.start).".utf8) + request.body, using: SymmetricKey(data: Data(secret.utf8)))
    #expect(header == "t=\(TestSandbox.start),v1=" + mac.map { String(format: "%02x", $0) }.joined())
    let event = try JSONValue(request.body)
    #expect(event["data"]["object"]["id"].text == customer)
    #expect(sandbox.stripe.deliveries.map(\.state) == [.delivered])
  }

  @Test func `a failing endpoint hears of it three times more, with a new signature each time`() async throws {
    let endpoint = Endpoint([500, 302, 404, 500])
    let sandbox = TestSandbox(webhooks: endpoint.http)
    sandbox.stripe.addWebhookEndpoint(url: "http://127.0.0.1:9/hook")
    _ = try await sandbox.customer()
    await sandbox.stripe.deliverWebhooks()
    #expect(await sandbox.stripe.deliverWebhooks() == 0)
    let list = try await sandbox.get("/v1/events?delivery_success=false")
    #expect(list.json["data"].elements.count == 1)
    for _ in 0..<5 {
      sandbox.stripe.advance(by: 7200)
      await sandbox.stripe.deliverWebhooks()
    }
    #expect(endpoint.requests.count == 4)
    #expect(Set(endpoint.requests.map { $0.headers.first { $0.name == "Stripe-Signature" }?.value }).count == 4)
    #expect(Set(endpoint.requests.map(\.body)).count == 1)
    #expect(sandbox.stripe.deliveries.map(\.state) == [.abandoned])
  }

  @Test func `an endpoint made over the API gets its secret once, and an event may come twice`() async throws {
    let endpoint = Endpoint()
    let sandbox = TestSandbox(webhooks: endpoint.http)
    let made = try await sandbox.post(
      "/v1/webhook_endpoints", "url=http://127.0.0.1:9/hook&enabled_events[]=*&api_version=2026-10-28.endive")
    #expect(made.json["secret"].text?.hasPrefix("whsec_") == true)
    let id = try #require(made.id)
    #expect(try await sandbox.get("/v1/webhook_endpoints/\(id)").json["secret"].isNull)
    _ = try await sandbox.customer()
    sandbox.stripe.resend(event: try #require(sandbox.stripe.ids(of: "event").first))
    await sandbox.stripe.deliverWebhooks()
    #expect(endpoint.requests.count == 2)
    let gone = try await sandbox.send(.delete, "/v1/webhook_endpoints/\(id)")
    #expect(gone.json["deleted"].flag == true)
    _ = try await sandbox.customer()
    #expect(await sandbox.stripe.deliverWebhooks() == 0)
  }
}
