import ArgumentParser
import Domain
import Engine
import Storage

extension Judgment: ExpressibleByArgument {}

struct ChargeResolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Records what a person found out about an unresolved charge.",
    discussion: """
      An attempt that was never answered, and is too old to be sent again, is
      yours to decide: look for the charge in Stripe's dashboard by the metadata
      dues_charge. As failed, the customer is asked to pay by the link.

      Example:
        dues charge resolve chg_4f1a0c99e2b3 --as failed --note "not there"
      """)

  @Argument(help: "The charge, chg_….")
  var charge: String

  @Option(name: .customLong("as"), help: "What became of it.")
  var judgment: Judgment

  @Option(help: "How you know; kept in the charge's history.")
  var note: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, judgment == .failed ? .stripe : .ledger) { program in
      let id = try program.chargeID(charge)
      _ = try program.ledger.known(id)
      _ = try await program.engine.judge(id, as: judgment, note: note)
      try program.show(id, common)
    }
  }
}
