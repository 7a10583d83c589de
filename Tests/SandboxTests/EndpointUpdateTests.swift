import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct EndpointUpdateTests {
  /// Answers everything with 200, and remembers it.
  private final class Desk: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var seen: [HTTPRequest] = []

    var requests: [HTTPRequest] { lock.withLock { seen } }
    var http: HTTPClient {
      HTTPClient { [self] request async throws(TransportError) in
        lock.withLock { seen.append(request) }
        return HTTPResponse(status: 200)
      }
    }
  }

  private func made(_ sandbox: TestSandbox, _ form: String) async throws -> String {
    let answer = try await sandbox.post("/v1/webhook_endpoints", form)
    #expect(answer.status == 200, "\(answer.text)")
    return try #require(answer.id)
  }

  @Test func `an update changes what it names, and never shows the secret`() async throws {
    let sandbox = TestSandbox()
    let id = try await made(
      sandbox, "url=http://127.0.0.1:9/a&enabled_events[]=charge.failed&description=A&metadata[a]=b")
    let same = try await sandbox.post("/v1/webhook_endpoints/\(id)", "metadata[c]=d")
    #expect(same.json["url"].text == "http://127.0.0.1:9/a")
    #expect(same.json["description"].text == "A")
    #expect(same.json["metadata"].keys == ["a", "c"])
    #expect(same.json["secret"].isNull)
    let new = try await sandbox.post(
      "/v1/webhook_endpoints/\(id)",
      "url=https://b.example/hook&enabled_events[0]=customer.created&enabled_events[1]=charge.failed&disabled=true"
        + "&description=&metadata[a]=")
    #expect(new.json["url"].text == "https://b.example/hook")
    #expect(new.json["enabled_events"].elements.map(\.text) == ["customer.created", "charge.failed"])
    #expect(new.json["status"].text == "disabled")
    #expect(new.json["description"].isNull)
    #expect(new.json["metadata"].keys == ["c"])
    #expect(try await sandbox.get("/v1/webhook_endpoints/\(id)").json["status"].text == "disabled")
  }

  static let refusals: [(form: String, code: String?, param: String?)] = [
    ("url=ftp://b.example", "url_invalid", "url"), ("url=http://", "url_invalid", "url"),
    ("url=http:///path", "url_invalid", "url"), ("enabled_events=", "parameter_missing", "enabled_events"),
    ("api_version=2026-10-28.endive", "parameter_unknown", "api_version"), ("disabled=maybe", nil, "disabled"),
  ]

  @Test(arguments: refusals)
  func `a wrong update is refused by name`(form: String, code: String?, param: String?) async throws {
    let sandbox = TestSandbox()
    let id = try await made(sandbox, "url=http://127.0.0.1:9/a&enabled_events[]=*")
    let answer = try await sandbox.post("/v1/webhook_endpoints/\(id)", form)
    #expect(answer.status == 400)
    #expect(answer.error["code"].text == code)
    #expect(answer.error["param"].text == param)
    #expect(try await sandbox.post("/v1/webhook_endpoints/we_none", "disabled=true").status == 404)
  }

  @Test func `what waits goes to the new URL, and what happens next by the new events`() async throws {
    let desk = Desk()
    let sandbox = TestSandbox(webhooks: desk.http)
    let id = try await made(sandbox, "url=http://127.0.0.1:9/a&enabled_events[]=customer.created")
    let customer = try await sandbox.customer()
    _ = try await sandbox.post(
      "/v1/webhook_endpoints/\(id)", "url=http://127.0.0.1:9/b&enabled_events[]=customer.updated")
    _ = try await sandbox.customer()
    _ = try await sandbox.post("/v1/customers/\(customer)", "name=B")
    await sandbox.stripe.deliverWebhooks()
    #expect(desk.requests.map(\.url) == ["http://127.0.0.1:9/b", "http://127.0.0.1:9/b"])
    #expect(
      try desk.requests.map { try JSONValue($0.body)["type"].text } == ["customer.created", "customer.updated"])
  }

  @Test func `a disabled endpoint hears nothing, then and later, until it is enabled`() async throws {
    let desk = Desk()
    let sandbox = TestSandbox(webhooks: desk.http)
    let id = try await made(sandbox, "url=http://127.0.0.1:9/a&enabled_events[]=customer.created")
    _ = try await sandbox.customer()
    _ = try await sandbox.post("/v1/webhook_endpoints/\(id)", "disabled=true")
    _ = try await sandbox.customer()
    #expect(await sandbox.stripe.deliverWebhooks() == 0)
    #expect(sandbox.stripe.deliveries.map(\.state) == [.abandoned])
    _ = try await sandbox.post("/v1/webhook_endpoints/\(id)", "disabled=false")
    #expect(await sandbox.stripe.deliverWebhooks() == 0)
    _ = try await sandbox.customer()
    #expect(await sandbox.stripe.deliverWebhooks() == 1)
  }

  @Test func `an event is rendered in the version of its endpoint`() async throws {
    let desk = Desk()
    let sandbox = TestSandbox(webhooks: desk.http)
    _ = try await made(sandbox, "url=http://127.0.0.1:9/old&enabled_events[]=*&api_version=2025-09-30.clover")
    _ = try await made(sandbox, "url=http://127.0.0.1:9/new&enabled_events[]=*")
    _ = try await sandbox.customer()
    await sandbox.stripe.deliverWebhooks()
    let versions = try desk.requests.map { ($0.url, try JSONValue($0.body)["api_version"].text) }
    #expect(Set(versions.map(\.0)) == ["http://127.0.0.1:9/old", "http://127.0.0.1:9/new"])
    for (url, version) in versions {
      #expect(version == (url.hasSuffix("old") ? "2025-09-30.clover" : "2026-10-28.endive"))
    }
    #expect(try await sandbox.get("/v1/events").json["data"][0]["api_version"].text == "2026-10-28.endive")
    let nonsense = try await sandbox.post(
      "/v1/webhook_endpoints", "url=http://127.0.0.1:9/x&enabled_events[]=*&api_version=newest")
    #expect(nonsense.status == 400)
  }

  @Test func `sixteen endpoints are the most`() async throws {
    let sandbox = TestSandbox()
    var ids: [String] = []
    for index in 0..<16 { ids.append(try await made(sandbox, "url=http://127.0.0.1:9/\(index)&enabled_events[]=*")) }
    let more = try await sandbox.post("/v1/webhook_endpoints", "url=http://127.0.0.1:9/x&enabled_events[]=*")
    #expect(more.status == 400)
    _ = try await sandbox.send(.delete, "/v1/webhook_endpoints/\(ids[3])")
    _ = try await made(sandbox, "url=http://127.0.0.1:9/x&enabled_events[]=*")
  }
}
