import Domain
import Engine
import Foundation
import Logging
import Storage
import Stripe
import Templates
import Transport

/// The program, composed: everything that a command needs, made from the configuration in one place.
struct Program: Sendable {
  let configuration: Configuration
  let jobs: JobCatalog
  let ledger: Ledger
  let engine: Engine
  let links: Links
  let business: Templates.Business
  let clock: WallClock
  let logger: Logger
  private let curl: CurlClient

  var http: HTTPClient { curl.http }

  /// What a person's decision is dated with: this machine's time, or Stripe's if it has told that ours is wrong.
  var now: Timestamp { engine.now }

  /// Before a person decides what hangs on the date: Stripe is asked for the time (docs/decisions/0013).
  ///
  /// - Throws: ``CommandFailure``, 75, if Stripe does not tell and the ledger has come further than this machine's clock.
  func hearTime() async throws {
    if configuration.stripe.secretKey != nil { await engine.hearTime() }
    let behind = try ledger.mark().lastCommitAt - now
    guard behind > Engine.clockTolerance else { return }
    throw CommandFailure(
      exit: .tryLater,
      message: "this machine's clock is \(behind.wholeSeconds) s behind the ledger's last tick; set it right")
  }

  /// Opens the ledger and prepares the way to Stripe; nothing is sent yet.
  ///
  /// - Parameter isBesideTicks: it runs for long, and the timer's ticks beside it: it leaves them most of Stripe's rates.
  /// - Throws: ``CommandFailure`` and what it is made from: 78 for a configuration that cannot be used.
  static func open(_ options: CommonOptions, isBesideTicks: Bool = false) async throws -> Program {
    let program = try assemble(options, mayMail: true, isBesideTicks: isBesideTicks)
    guard program.configuration.stripe.secretKey != nil else {
      throw CommandFailure(
        exit: .configuration,
        message:
          "\(program.configuration.file): stripe.secret_key is not set; set $STRIPE_SECRET_KEY, or write \"file:/path\" or \"credential:NAME\""
      )
    }
    return program
  }

  /// For commands that work without a key. One that mails nothing need not read the mails.
  static func openLedgerOnly(_ options: CommonOptions, mayMail: Bool) async throws -> Program {
    try assemble(options, mayMail: mayMail)
  }

  /// What customers see, read and checked: for who serves it.
  func pages() throws -> PageTemplates {
    try PageTemplates(
      directory: configuration.paths.templates, defaultLocale: configuration.business.locale, business: business)
  }

  func close() async {
    curl.shutdown()
    do {
      try ledger.close()
    } catch {
      logger.warning("the ledger was not closed cleanly", metadata: ["reason": "\(error)"])
    }
  }

  private static func assemble(
    _ options: CommonOptions, mayMail: Bool, isBesideTicks: Bool = false
  ) throws -> Program {
    let environment = ProcessInfo.processInfo.environment
    let (clock, isMoved) = try SystemClock.clock(option: options.now, environment: environment)
    let path = try ConfigurationLocation.find(option: options.config, environment: environment)
    let configuration = try Configuration.load(path: path, environment: environment)
    if isMoved, configuration.mode == .live {
      throw CommandFailure(exit: .usage, message: "--now moves the clock, and the key is a live one; use a test key")
    }
    let program = try assemble(
      configuration, clock: clock, logger: options.logger, mayMail: mayMail, isBesideTicks: isBesideTicks)
    if isMoved, try program.ledger.mark().livemode == true {
      try program.ledger.close()
      throw CommandFailure(exit: .usage, message: "--now moves the clock, and the ledger is a live one")
    }
    return program
  }

  static func assemble(
    _ configuration: Configuration, clock: WallClock, logger: Logger, mayMail: Bool = true, isBesideTicks: Bool = false
  ) throws -> Program {
    let jobs = JobFiles.load(directory: configuration.paths.jobs, configuration: configuration)
    let business = try configuration.brand()
    let ledger = try Ledger.open(
      path: configuration.store.path, place: configuration.ledgerPlace(), now: clock.now()
    ) {
      LedgerID("led_" + UUID().uuidString.lowercased().replacing("-", with: ""))
    }
    let links = Links(
      publicURL: configuration.server.publicURL, secret: try configuration.linkSecret(ledger: ledger.id))
    let curl = CurlClient(
      configuration: CurlConfiguration(
        caFile: configuration.stripe.caFile, userAgent: userAgent,
        maxConnectionsPerHost: configuration.stripe.maxInFlight))
    let engine = Engine(
      ledger: ledger, stripe: configuration.stripeClient(curl.http, clock: clock, isBesideTicks: isBesideTicks),
      mail: mayMail ? try configuration.mailDesk(business: business) : nil,
      merchant: configuration.merchant(curl.http), links: links,
      settings: configuration.engineSettings(jobs: jobs), clock: clock, logger: logger)
    return Program(
      configuration: configuration, jobs: jobs, ledger: ledger, engine: engine, links: links, business: business,
      clock: clock, logger: logger, curl: curl)
  }

  static let userAgent = "Dues/\(Dues.version) (Swift; libcurl)"
}
