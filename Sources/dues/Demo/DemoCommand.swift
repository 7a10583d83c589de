import ArgumentParser
import Domain
import Foundation
import Logging
import Sandbox
import ServiceLifecycle
import Transport
import Web

/// `dues demo`: the whole story on the embedded sandbox, with the real program around it.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Tell the whole story on an embedded sandbox: save a card, charge, decline, email, link, payment.",
    discussion: """
      Example:
        dues demo           the story, then a running system to click through
        dues demo --once    the story, each step checked; exit 1 if one failed
      """)

  @Flag(help: "End after the story: 0 if every step came out, 1 if not.")
  var once = false

  func run() async throws {
    let files = try DemoFiles(
      sandbox: FreePort.find(preferred: 12111), web: FreePort.find(preferred: 8080),
      metrics: FreePort.find(preferred: 9464))
    let configuration = try Configuration.load(
      path: files.configuration.path, environment: ProcessInfo.processInfo.environment)
    var logger = Logger(label: "demo") { label in StreamLogHandler.standardError(label: label) }
    logger.logLevel = .error
    let clock = DemoClock(behind: .days(62))
    let program = try Program.assemble(configuration, clock: clock.wall, logger: logger)
    let curl = CurlClient(configuration: CurlConfiguration(caFile: nil, userAgent: "demo", maxConnectionsPerHost: 8))
    let stripe = SandboxStripe(
      SandboxConfiguration(seed: "demo", webhooks: curl.http), now: { Int(clock.now.seconds) })
    let story = DemoStory(program: program, stripe: stripe, browser: curl.http, clock: clock, files: files)
    let outcome = DemoOutcome()
    let services =
      try Self.services(configuration, program, stripe, logger) + [
        DemoTeller(story: story, once: once, outcome: outcome)
      ]
    try await Services.run(services, logger: logger)
    curl.shutdown()
    await program.close()
    if let failure = await outcome.failure { throw CommandFailure(exit: .needsHuman, message: failure) }
    if once { try FileManager.default.removeItem(at: files.directory) }
  }

  private static func services(
    _ configuration: Configuration, _ program: Program, _ stripe: SandboxStripe, _ logger: Logger
  ) throws -> [any Service] {
    let base = URL(string: configuration.stripe.apiBase)
    guard let host = base?.host(), let port = base?.port else {
      throw CommandFailure(exit: .configuration, message: "\(configuration.stripe.apiBase) is not an address")
    }
    return [
      try SandboxServer(stripe: stripe, host: host, port: port, logger: logger) { _ in },
      WebServer(engine: program.engine, pages: try program.pages(), configuration: configuration.web, logger: logger) {
        _, _ in
      },
    ]
  }
}

/// How the story ended, kept for the exit code.
actor DemoOutcome {
  private(set) var failure: String?
  func fail(_ reason: String) { failure = reason }
}

/// Tells the story once the servers answer, then keeps the timer running, or ends the program.
struct DemoTeller: Service {
  let story: DemoStory
  let once: Bool
  let outcome: DemoOutcome

  func run() async throws {
    do {
      try await story.tell()
    } catch {
      let reason = (error as? CommandFailure)?.message ?? "\(error)"
      await outcome.fail("the story did not come out: \(reason)")
      return
    }
    if once { return }
    try await story.leaveOpen()
    try await Ticker(
      engine: story.program.engine, every: .seconds(10), deadMansSwitch: nil, logger: story.program.logger
    ).run()
  }
}
