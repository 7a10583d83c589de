import ArgumentParser
import Domain
import Engine
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Templates
import Web

/// `dues serve`: pages, links and webhooks; may also tick.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve pages, links, webhooks and metrics; with --tick-every also run the passes.",
    discussion: """
      Example:
        dues serve
        dues serve --tick-every 60s
      """)

  @OptionGroup var options: CommonOptions

  @Option(help: "Also run all passes this often, such as 60s. Beside a timer it does no harm: a tick waits its turn.")
  var tickEvery: String?

  func run() async throws {
    let interval = try tickEvery.map { text in
      do {
        return try DurationText.parse(text)
      } catch {
        throw CommandFailure(
          exit: .usage, message: "--tick-every \"\(text)\" is not a duration; write it like 60s or 5m")
      }
    }
    let program = try await Program.open(options, isBesideTicks: interval == nil)
    let server = WebServer(
      engine: program.engine, pages: try program.pages(), configuration: program.configuration.web,
      logger: program.logger
    ) { publicURL, internalURL in
      StandardStreams.error("dues: serving at \(publicURL)\(internalURL.map { ", metrics at \($0)/metrics" } ?? "")")
    }
    var services: [any Service] = [server]
    if let interval {
      services.append(
        Ticker(
          engine: program.engine, every: interval, deadMansSwitch: program.deadMansSwitch, logger: program.logger))
    }
    services.append(Watchman(engine: program.engine))
    try await Services.run(services, logger: program.logger)
    await program.close()
  }
}

/// Ticks now and then, one after another; one that another process is running already is left to it.
struct Ticker: Service {
  let engine: Engine
  let every: Duration
  let deadMansSwitch: DeadMansSwitch?
  let logger: Logger

  func run() async throws {
    while !Task.isShuttingDownGracefully {
      do {
        let report = try await TickLock.holding(ledgerPath: engine.ledger.path) { try await engine.tick(limit: nil) }
        if let reason = report.stripeIsDown { logger.warning("nothing was charged", metadata: ["reason": "\(reason)"]) }
        if report.isWhole { await deadMansSwitch?.ping() }
        for matter in report.matters { logger.error("\(matter.subject): \(matter.kind.rawValue): \(matter.advice)") }
      } catch TickLockError.running {
        logger.info("a tick is running elsewhere")
      } catch {
        logger.error("a tick failed; the next one goes on", metadata: ["reason": "\(error)"])
      }
      do {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: every) }
      } catch is CancellationError {
        return
      }
    }
  }
}

/// Looks whether the timer still runs, and writes to the operator if not.
struct Watchman: Service {
  private static let every = Duration.minutes(5)

  let engine: Engine

  func run() async throws {
    while !Task.isShuttingDownGracefully {
      do {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.every) }
      } catch is CancellationError {
        return
      }
      await engine.watch()
    }
  }
}

extension Configuration {
  var web: WebConfiguration {
    let base = stripe.apiBase
    let checkout = base == "https://api.stripe.com" ? ["https://checkout.stripe.com"] : [base]
    return WebConfiguration(
      host: server.listen.host, port: server.listen.port, internalHost: server.internalListen.host,
      internalPort: server.internalListen.port, webhookSecrets: stripe.webhookSecrets.map(\.revealed),
      apiVersion: stripe.apiVersion, checkoutOrigins: checkout,
      stripeScript: stripe.publishableKey.map {
        StripeScript(publishableKey: $0, apiBase: base, apiVersion: stripe.apiVersion)
      }, currency: business.currency)
  }
}
