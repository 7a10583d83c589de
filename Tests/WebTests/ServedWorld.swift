import Domain
import Engine
import Foundation
import Logging
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport
import Web

/// A ``World`` whose pages stand behind real sockets, asked with the real client.
struct ServedWorld: Sendable {
  static let secret = "whsec_test_first"
  private static let curl = CurlClient(configuration: CurlConfiguration(userAgent: "dues-tests"))

  let world: World
  let base: String
  let internalBase: String
  private let turns: AsyncStream<Void>
  private let taken: LockedList<Bool>

  /// Runs the body against a server on free ports, and ends the server with it.
  static func serve(
    _ world: World? = nil, secrets: [String] = [secret], script: StripeScript? = nil,
    idleTimeout: Duration = .seconds(30),
    bodyTimeout: Duration = .seconds(30), _ body: (ServedWorld) async throws -> Void
  ) async throws {
    let world = try world ?? World()
    let (turns, turn) = AsyncStream.makeStream(of: Void.self)
    let taken = LockedList<Bool>()
    let (addresses, address) = AsyncStream.makeStream(of: [String].self)
    let business = Business(name: "Acme", supportEmail: "help@acme.example", color: nil, logo: nil)
    let server = WebServer(
      engine: world.engine,
      pages: try PageTemplates(directory: Repository.path("templates"), defaultLocale: "en", business: business),
      configuration: WebConfiguration(
        host: "127.0.0.1", port: 0, internalHost: "127.0.0.1", internalPort: 0, webhookSecrets: secrets,
        apiVersion: "2026-10-28.endive",
        checkoutOrigins: ["https://checkout.stripe.com", "http://127.0.0.1:12111"], stripeScript: script,
        currency: .usd,
        idleTimeout: idleTimeout, bodyTimeout: bodyTimeout),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      onApplied: {
        taken.append([true])
        turn.yield()
      },
      onListening: { address.yield([$0, $1 ?? ""]) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let urls = try #require(await addresses.first { _ in true })
      let served = ServedWorld(world: world, base: urls[0], internalBase: urls[1], turns: turns, taken: taken)
      // The first turn is taken at start.
      _ = await turns.first { _ in true }
      try await body(served)
      group.cancelAll()
      do { try await group.waitForAll() } catch is CancellationError {}
    }
  }

  func get(_ path: String, headers: [HTTPHeader] = []) async throws -> HTTPResponse {
    try await send(.get, base + path, headers: headers)
  }

  func post(_ path: String, _ body: Data = Data(), headers: [HTTPHeader] = []) async throws -> HTTPResponse {
    try await send(.post, base + path, headers: headers, body: body)
  }

  func send(
    _ method: HTTPRequest.Method, _ url: String, headers: [HTTPHeader] = [], body: Data = Data()
  ) async throws -> HTTPResponse {
    try await Self.curl.http.send(
      HTTPRequest(method: method, url: url, headers: headers, body: body, timeout: .patience))
  }

  /// Delivers an event as Stripe does.
  func webhook(_ payload: Data, secret: String = secret, sentAt: Timestamp? = nil) async throws -> HTTPResponse {
    let signature = WebhookSignature.header(payload: payload, secret: secret, at: sentAt ?? world.clock.now)
    return try await post("/webhooks/stripe", payload, headers: [HTTPHeader("Stripe-Signature", signature)])
  }

  /// Waits, turn by turn of the applier, until something holds.
  func eventually(_ holds: () throws -> Bool) async throws {
    if try holds() { return }
    for await _ in turns where try holds() { return }
  }

  /// Of the applier; the one at start is the first.
  var turnsTaken: Int { taken.all.count }

  func path(_ link: Link) -> String { world.engine.links.path(link) }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
  var location: String { header("Location") ?? "" }
  /// What the page is about.
  var title: String {
    let opened = text.split(separator: "<h1>", maxSplits: 1).last ?? ""
    return String(opened.split(separator: "</h1>", maxSplits: 1).first ?? "")
  }
}
