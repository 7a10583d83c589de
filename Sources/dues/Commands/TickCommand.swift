import ArgumentParser
import Domain
import Engine
import Storage

struct TickCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tick",
    abstract: "Runs all passes once: what the timer starts.",
    discussion: """
      Reads Stripe's events, settles what had no answer, plans and charges what is due, brings back what failed, tells \
      your system, and sends the mails. Exits 1 if something new needs a human, 69 if Stripe cannot be reached or \
      something else could not be done, 75 if another tick is running.

      Example:
        dues tick
        dues tick --limit 10 --json
      """)

  @Option(help: "Send at most so many charges to Stripe.")
  var limit: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) charges nothing; write 1 or more") }
  }

  func run() async throws {
    try await Program.run(common, .stripe) { program in
      let report = try await TickLock.holding(ledgerPath: program.ledger.path) {
        try await program.engine.tick(limit: limit)
      }
      if common.json {
        StandardStreams.out(try JSONText.of(report))
      } else if report.stripeIsDown == nil {
        StandardStreams.out(TickSummary(report: report).text)
      }
      if report.isWhole { await program.deadMansSwitch?.ping() }
      if let failure = Self.failure(report, program) { throw failure }
    }
  }

  /// A matter is told once, when it is new; `dues status` shows it as long as it stands.
  private static func failure(_ report: TickReport, _ program: Program) -> CommandFailure? {
    let matters = report.matters.map { "\($0.subject): \($0.kind.rawValue): \($0.advice)" }
    if let reason = report.stripeIsDown {
      let down = CommandFailure(
        exit: .unavailable,
        message: """
          nothing was charged (stripe.api_base is \(program.configuration.stripe.apiBase)): \(reason); the next tick \
          tries again
          """)
      guard !matters.isEmpty else { return down }
      return CommandFailure(exit: down.exit, message: ([down.message] + matters).joined(separator: "\ndues: "))
    }
    if !report.stoppedPasses.isEmpty {
      let stopped = report.stoppedPasses.map { "a pass stopped early (\($0)); the next tick goes on where it stopped" }
      return CommandFailure(exit: .unavailable, message: (stopped + matters).joined(separator: "\ndues: "))
    }
    if matters.isEmpty, report.isWhole, report.errors > 0 {
      let things = report.errors == 1 ? "one thing" : "\(report.errors) things"
      return CommandFailure(
        exit: .unavailable, message: "\(things) could not be done; the log says which, and the next tick tries again")
    }
    guard !matters.isEmpty else { return nil }
    return CommandFailure(exit: .needsHuman, message: matters.joined(separator: "\ndues: "))
  }
}
