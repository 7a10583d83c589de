import ArgumentParser
import Domain
import Engine

struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Reads Stripe's events since the last time: all that webhooks would have said.",
    discussion: """
      Every tick begins with it. Reading the same events again changes nothing.

      Example:
        dues sync
        dues sync --since 2027-03-01
      """)

  @Option(help: "Read from this date or time on, if the last reading ended later; Stripe keeps events for 30 days.")
  var since: Moment?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .stripe) { program in
      let from = since?.timestamp(in: program.configuration.business.zone)
      let counts = try await program.engine.readEvents(since: from)
      let text = "\(counts.new) new \(counts.new == 1 ? "event" : "events"), \(counts.applied) about this ledger"
      StandardStreams.out(common.json ? try JSONText.of(counts) : text)
    }
  }
}
