import Crypto
import Domain
import Engine
import Foundation
import Logging
import Storage
import Stripe
import Templates
import Transport

/// From what the operator wrote to what the libraries take.
extension Configuration {
  func brand() throws -> Templates.Business {
    Templates.Business(
      name: business.name ?? "This shop", supportEmail: business.supportEmail ?? "",
      color: business.color.flatMap { Color(hex: $0) }, logo: business.logo.flatMap { URL(string: $0) })
  }

  /// Links are signed with `server.link_secret`. Without pages of ours there are no links, and any secret will do.
  func linkSecret(ledger: LedgerID) throws -> LinkSecret {
    let remedy = "make one with `openssl rand -hex 32`"
    if server.publicURL != nil, server.linkSecret == nil {
      throw CommandFailure(
        exit: .configuration, message: "\(file): server.public_url is set, and server.link_secret is not; \(remedy)")
    }
    guard let secret = LinkSecret(server.linkSecret?.revealed ?? "unused, because no link of ours is printed") else {
      throw CommandFailure(exit: .configuration, message: "\(file): server.link_secret is too short; \(remedy)")
    }
    return secret
  }

  /// What `serve` may ask of one endpoint in a second, so that it and a tick together stay within Stripe's 25.
  private static let besideTicks = 5

  /// - Parameter isBesideTicks: another process may tick meanwhile.
  func stripeClient(_ http: HTTPClient, clock: WallClock, isBesideTicks: Bool) -> StripeClient {
    let begun = ContinuousClock.now
    let ofOne = stripe.requestsPerSecondPerEndpoint
    let pacer = Pacer(
      requestsPerSecond: stripe.requestsPerSecond,
      requestsPerSecondPerEndpoint: isBesideTicks ? min(ofOne, Self.besideTicks) : ofOne,
      now: { begun.duration(to: .now) }, sleep: clock.sleep)
    return StripeClient(
      http: http,
      configuration: StripeConfiguration(
        apiKey: stripe.secretKey?.revealed ?? "", apiBase: stripe.apiBase, apiVersion: stripe.apiVersion,
        timeout: stripe.timeout, userAgent: Program.userAgent),
      pacer: pacer, serverTime: ServerTime(localNow: clock.now, elapsed: clock.elapsed))
  }

  func mailTransport() throws -> MailTransport? {
    switch mail.delivery {
    case .none: return nil
    case .outbox(let directory): return OutboxMail(directory: directory).transport
    case .server(let server):
      return try SMTPMail(configuration: smtp(server)).transport
    }
  }

  func smtp(_ server: Mail.Server) -> SMTPConfiguration {
    SMTPConfiguration(
      url: server.url, username: server.username, password: server.password?.revealed, startTLS: server.startTLS,
      caFile: server.caFile, ehloName: ProcessInfo.processInfo.hostName)
  }

  func mailDesk(business: Templates.Business) throws -> MailDesk? {
    let templates = try MailTemplates(directory: paths.templates, defaultLocale: self.business.locale)
    guard let transport = try mailTransport(), let from = mail.from else { return nil }
    return MailDesk(transport: transport, from: from, replyTo: mail.replyTo, templates: templates, business: business)
  }

  func merchant(_ http: HTTPClient) -> MerchantChannel? {
    switch fulfillment {
    case .none: nil
    case .url(let url, let secret): .url(url, WebhookSecret(secret.revealed), http)
    case .command(let words): .command(words)
    }
  }

  func engineSettings(jobs: JobCatalog) -> EngineSettings {
    var states: [String: EngineSettings.JobState] = jobs.jobs.mapValues { .good($0) }
    for broken in jobs.broken { states[broken.name] = .broken(broken.text) }
    return EngineSettings(
      jobs: states, policy: policy, methods: methods, checkoutUI: server.checkoutUI, maxInFlight: stripe.maxInFlight,
      catchUp: limits.catchUp, notices: notices.timing, alertEmail: self.operator.alertEmail,
      maxCharge: limits.maxCharge, maxTickTotal: limits.maxTickTotal,
      stopAtDeclinesPerMille: limits.stopAtDeclinesPerMille,
      website: business.website,
      locale: business.locale,
      isLive: mode == .live, keyDigest: keyDigest, zone: business.zone)
  }

  /// Of a whole SHA-256, so that nothing of the key can be read from it.
  private var keyDigest: String {
    SHA256.hash(data: Data((stripe.secretKey?.revealed ?? "").utf8)).prefix(8).map { String($0, radix: 16) }.joined(
      separator: "-")
  }

  private var methods: PaymentMethodTypes {
    switch stripe.paymentMethods {
    case .dynamic: .dynamic
    case .types(let names): .list(names)
    }
  }
}
