package import Domain
package import Engine
import Foundation
import Logging
package import Sandbox
package import Storage
package import Stripe
import Templates
package import Transport

/// A whole small world in one process: the real engine, ledger, Stripe client and templates, the sandbox as Stripe, a
/// clock that only moves when it is told to, and a mailbox. No sockets.
package final class World: Sendable {
  package let clock: VirtualClock
  package let sandbox: SandboxStripe
  package let ledger: Ledger
  package let engine: Engine
  package let mailbox: Mailbox
  package let merchant: MerchantStandIn
  /// What is between the engine and the sandbox: answers can be lost here.
  package let network: Network
  /// What every exchange did against `openapi.json`; a test ends by expecting none.
  package let violations: LockedList<String>

  /// Noon in UTC on a Monday.
  package static let start = Timestamp(rfc3339: "2026-08-31T12:00:00Z") ?? Timestamp(seconds: 0)

  package static let place = LedgerPlace(instance: nil, location: "machine-1 /var/lib/dues/dues.db")

  /// - Parameters:
  ///   - publicURL: `nil`: only the timer runs, nothing is reachable.
  ///   - adjust: the last word on the settings.
  package init(
    publicURL: String? = "http://127.0.0.1:8080", jobs: [Job] = [], adjust: (inout EngineSettings) -> Void = { _ in }
  ) throws {
    let clock = VirtualClock(Self.start)
    self.clock = clock
    let violations = LockedList<String>()
    self.violations = violations
    sandbox = SandboxStripe(
      SandboxConfiguration(
        seed: "world",
        onExchange: { request, response in
          let found = OpenAPIValidator.shared.check(request: request, response: response)
          // No test may go on in a world that is not Stripe's.
          precondition(found.isEmpty, "not Stripe: \(found)")
          violations.append(found)
        }), now: { Int(clock.now.seconds) })
    network = Network(sandbox.http)
    mailbox = Mailbox()
    merchant = MerchantStandIn()
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("dues-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let path = directory.appendingPathComponent("dues.db").path
    ledger = try Ledger.open(path: path, place: Self.place, now: Self.start) {
      LedgerID("led_\(UUID().uuidString.lowercased())")
    }
    var settings = Self.settings(jobs)
    adjust(&settings)
    let wall = WallClock(now: { clock.now }, sleep: { clock.advance(by: $0) })
    engine = Engine(
      ledger: ledger, stripe: Self.stripe(network.http, wall), mail: try Self.mail(mailbox),
      merchant: .url("http://127.0.0.1:9/hook", WebhookSecret("whsec_dGVzdA=="), merchant.http),
      links: Self.links(publicURL), settings: settings, clock: wall,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private static func settings(_ jobs: [Job]) -> EngineSettings {
    EngineSettings(
      jobs: Dictionary(uniqueKeysWithValues: jobs.map { ($0.name, .good($0)) }), policy: .standard,
      methods: .list(["card", "us_bank_account", "sepa_debit"]), checkoutUI: .hostedPage, maxInFlight: 8,
      catchUp: .days(3), notices: .off, alertEmail: nil, maxCharge: [:],
      maxTickTotal: [:], stopAtDeclinesPerMille: nil, website: "https://acme.example", locale: "en", isLive: false,
      keyDigest: "test", zone: .utc)
  }

  /// A client with the world's settings, over any wire; `serverTime` absent: it has not heard from Stripe yet.
  package static func stripe(
    _ http: HTTPClient, _ clock: WallClock, serverTime: ServerTime? = nil, requestsPerSecond: Int = 1000
  ) -> StripeClient {
    StripeClient(
      http: http,
      configuration: StripeConfiguration(
        apiKey: "sk_test_world", apiBase: "http://127.0.0.1:12111", apiVersion: "2026-10-28.endive",
        timeout: .seconds(80), userAgent: "Dues/test"),
      pacer: Pacer(
        requestsPerSecond: requestsPerSecond, requestsPerSecondPerEndpoint: requestsPerSecond,
        now: { .milliseconds(clock.now().milliseconds) },
        sleep: clock.sleep),
      serverTime: serverTime ?? ServerTime(localNow: clock.now, elapsed: clock.elapsed))
  }

  private static func links(_ publicURL: String?) -> Links {
    guard let secret = LinkSecret("a secret that is long enough for links") else {
      preconditionFailure("a bad test secret")
    }
    return Links(publicURL: publicURL, secret: secret)
  }

  private static func mail(_ mailbox: Mailbox) throws -> MailDesk {
    let business = Business(name: "Acme", supportEmail: "help@acme.example", color: nil, logo: nil)
    return MailDesk(
      transport: mailbox.transport, from: MailAddress(name: "Acme", address: "billing@acme.example"), replyTo: nil,
      templates: try templates.get(), business: business)
  }

  /// Read once: hundreds of worlds with all languages would spend half of their time on it.
  private static let templates = Result {
    try MailTemplates(directory: Repository.path("templates"), defaultLocale: "en")
  }
}

/// Where things lie in this repository.
package enum Repository {
  package static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent(name).path
  }
}

/// A list that several tasks fill.
package final class LockedList<Element: Sendable>: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var elements: [Element] = []

  package init() {}
  package func append(_ more: [Element]) { lock.withLock { elements += more } }
  package var all: [Element] { lock.withLock { elements } }
}

/// A clock that stands still until it is told to move; waiting moves it.
package final class VirtualClock: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var time: Timestamp

  package init(_ start: Timestamp) { time = start }
  package var now: Timestamp { lock.withLock { time } }
  package func advance(by duration: Duration) { lock.withLock { time = time + duration } }
}
