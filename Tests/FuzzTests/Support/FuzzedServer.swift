import Domain
import Engine
import Foundation
import Logging
import Templates
import TestSupport
import Transport
import Web

/// The web server on a free port, until the process ends, asked with the real client.
struct FuzzedServer {
  private let base: String
  private let http = CurlClient(configuration: CurlConfiguration(userAgent: "dues-fuzz")).http

  init(_ world: World, webhookSecret: String) async throws {
    let (addresses, address) = AsyncStream.makeStream(of: String.self)
    let business = Business(name: "Acme", supportEmail: "help@acme.example", color: nil, logo: nil)
    let server = WebServer(
      engine: world.engine,
      pages: try PageTemplates(directory: Repository.path("templates"), defaultLocale: "en", business: business),
      configuration: WebConfiguration(
        host: "127.0.0.1", port: 0, internalHost: "127.0.0.1", internalPort: 0, webhookSecrets: [webhookSecret],
        apiVersion: "2026-10-28.endive", checkoutOrigins: [], stripeScript: nil, currency: .usd,
        idleTimeout: .seconds(30),
        bodyTimeout: .seconds(30)),
      logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }, onApplied: {},
      onListening: { url, _ in address.yield(url) })
    Task { try await server.run() }
    guard let url = await addresses.first(where: { _ in true }) else { throw Wrong("the server does not listen") }
    base = url
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, headers: [HTTPHeader], body: Data
  ) async throws -> HTTPResponse {
    try await http.send(
      HTTPRequest(method: method, url: base + path, headers: headers, body: body, timeout: .seconds(20)))
  }
}
