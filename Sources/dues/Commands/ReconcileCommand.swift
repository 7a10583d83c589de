import ArgumentParser
import Domain
import Engine

struct ReconcileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Compares the ledger with Stripe: what was missed, paid twice, or is not in the ledger.",
    discussion: """
      Reads intents and sessions, not events, from two days before the ledger's last commit, or from --since. What the \
      ledger had missed is recorded. Exits 1 if something needs a human. --refund-duplicates gives back second payments \
      that are proven to be one too many; it asks on a terminal, and wants --yes elsewhere.

      Example:
        dues reconcile
        dues reconcile --since 2027-03-01 --refund-duplicates --yes
      """)

  @Option(help: "Compare what was made at Stripe from this date or time on.")
  var since: Moment?

  @Flag(help: "Give back what was paid twice.")
  var refundDuplicates = false

  @Flag(help: "Do it without asking.")
  var yes = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    if refundDuplicates { try Consent.ask("Give back every payment that is proven to be one too many?", yes: yes) }
    try await Program.run(common, .stripe) { program in
      let report = try await program.engine.reconcile(
        since: since?.timestamp(in: program.configuration.business.zone), refundsDuplicates: refundDuplicates)
      if common.json {
        StandardStreams.out(try JSONText.of(report))
      } else {
        ReconcileSheet(report: report).lines.forEach(StandardStreams.out)
      }
      guard !report.needsHuman else {
        throw CommandFailure(
          exit: .needsHuman, message: "the ledger and Stripe do not agree; the advice stands in `dues status`")
      }
    }
  }
}
