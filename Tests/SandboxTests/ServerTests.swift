import Foundation
import Logging
import Sandbox
import ServiceLifecycle
import TestSupport
import Testing
import Transport

/// The sandbox behind a real socket, asked with the real client.
@Suite struct ServerTests {
  private static let curl = CurlClient(configuration: CurlConfiguration(userAgent: "dues-tests"))

  /// Runs the body against a server on a free port, and ends the server with it.
  private func serving(
    webhooks: HTTPClient? = nil, options: SandboxServer.Options = .init(),
    _ body: @Sendable (SandboxStripe, String) async throws -> Void
  ) async throws {
    let stripe = SandboxStripe(SandboxConfiguration(seed: "server", webhooks: webhooks), now: { TestSandbox.start })
    let (bases, base) = AsyncStream.makeStream(of: String.self)
    let server = try SandboxServer(
      stripe: stripe, host: "127.0.0.1", port: 0, options: options,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) { base.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let url = try #require(await bases.first { _ in true })
      try await body(stripe, url)
      group.cancelAll()
      do { try await group.waitForAll() } catch is CancellationError {}
    }
  }

  private func send(_ method: HTTPRequest.Method, _ url: String, _ form: String = "") async throws -> Answer {
    let headers = [HTTPHeader("Authorization", "Bearer sk_test_x"), HTTPHeader("Idempotency-Key", "k")]
    let request = HTTPRequest(
      method: method, url: url, headers: headers, body: Data(form.utf8), timeout: .patience)
    return Answer(try await Self.curl.http.send(request))
  }

  @Test func `only loopback is served`() throws {
    let stripe = SandboxStripe(SandboxConfiguration(seed: "x"), now: { 0 })
    #expect(throws: SandboxServer.Refusal.notLoopback("0.0.0.0")) {
      try SandboxServer(stripe: stripe, host: "0.0.0.0", port: 0, logger: Logger(label: "test")) { _ in }
    }
  }

  @Test func `a customer walks from the page to the shop, which has heard of it before`() async throws {
    try await serving(webhooks: Self.curl.http) { stripe, base in
      let made = try await send(
        .post, "\(base)/v1/checkout/sessions",
        "mode=payment&success_url=\(base)/?s={CHECKOUT_SESSION_ID}&line_items[0][price_data][currency]=gbp"
          + "&line_items[0][price_data][unit_amount]=1099&line_items[0][price_data][product_data][name]=Gold")
      let id = try #require(made.id)
      // Any URL that answers will do for a shop; the sandbox's own index is a GET, so its clock takes the POST.
      stripe.addWebhookEndpoint(
        url: "\(base)/_sandbox/payment_methods/none", events: ["checkout.session.completed"])
      let url = try #require(made.json["url"].text)
      #expect(url == "\(base)/c/pay/\(id)")
      let page = try await send(.get, url)
      #expect(page.text.contains("Pay £10.99</button>"))
      let done = try await send(
        .post, url, "method=new&number=4242424242424242&exp=12/34&cvc=123&name=J&email=j@example.com")
      #expect(done.status == 303)
      #expect(done.headers.first { $0.name.lowercased() == "location" }?.value == "\(base)/?s=\(id)")
      #expect(stripe.deliveries.map(\.tries) == [1])
      #expect(stripe.deliveries.first?.lastAnswer == "400")
    }
  }

  @Test func `a dropped answer is no answer, and the Date is the sandbox's`() async throws {
    try await serving { stripe, base in
      stripe.inject(SandboxFault(.dropsAfter, method: .post, pathPrefix: "/v1/customers"))
      await #expect(throws: TransportError.self) { try await send(.post, "\(base)/v1/customers", "name=A") }
      let resent = try await send(.post, "\(base)/v1/customers", "name=A")
      let header = { (name: String) in resent.headers.first { $0.name.lowercased() == name }?.value }
      #expect(header("idempotent-replayed") == "true")
      #expect(header("date") == "Sun, 01 Nov 2026 00:00:00 GMT")
    }
  }

  @Test func `an answer that breaks off in its middle is no answer`() async throws {
    try await serving { stripe, base in
      stripe.inject(SandboxFault(.truncated, method: .post))
      let error = await #expect(throws: TransportError.self) {
        try await send(.post, "\(base)/v1/customers", "name=A")
      }
      guard case .noAnswer = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      let resent = try await send(.post, "\(base)/v1/customers", "name=A")
      #expect(resent.status == 200)
      #expect(stripe.ids(of: "customer").count == 1)
    }
  }

  @Test func `while an answer is on its way its key is in use, and only one request does the work`() async throws {
    var options = SandboxServer.Options()
    options.latency = .seconds(2)
    try await serving(options: options) { stripe, base in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 1...8 { group.addTask { try await send(.post, "\(base)/v1/customers", "name=A").status } }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(stripe.ids(of: "customer").count == 1)
      #expect(statuses.filter { $0 == 409 }.count == 7, "\(statuses)")
      #expect(statuses.filter { $0 == 200 }.count == 1, "\(statuses)")
      let later = try await send(.post, "\(base)/v1/customers", "name=A")
      #expect(later.status == 200)
    }
  }

  @Test func `the memory is in its file when the server has stopped`() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("sandbox-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    var options = SandboxServer.Options()
    options.stateFile = file
    try await serving(options: options) { _, base in
      let made = try await send(.post, "\(base)/v1/customers", "name=Kept")
      #expect(made.status == 200)
    }
    let again = SandboxStripe(SandboxConfiguration(seed: "again"), now: { TestSandbox.start })
    try again.restore(Data(contentsOf: file))
    #expect(again.ids(of: "customer").count == 1)
  }
}
