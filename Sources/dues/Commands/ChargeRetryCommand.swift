import ArgumentParser
import Domain
import Engine
import Storage

struct ChargeRetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Tries the card of a failed charge again in the next tick.",
    discussion: """
      Within the card's budget, and not within 24 hours of the last attempt. A card that was stopped (lost, stolen, fraud) \
      is never tried again. What stands against it is said, and nothing is changed (65).

      Example:
        dues charge retry chg_4f1a0c99e2b3
        dues charge retry chg_4f1a0c99e2b3 --force
      """)

  @Argument(help: "The charge, chg_…, or its short reference.")
  var charge: String

  @Flag(help: "Also within 24 hours of the last attempt.")
  var force = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let id = try program.chargeID(charge)
      _ = try program.ledger.known(id)
      try await program.hearTime()
      _ = try program.ledger.retryNow(
        id, waives24Hours: force, maxPerCard30Days: program.configuration.retry.maxPerCard30Days,
        at: program.now, context: program.context)
      try program.show(id, common)
    }
  }
}

struct ChargeSettleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settle",
    abstract: "Records that a charge was paid outside of Dues: in cash, by transfer.",
    discussion: """
      Its link and its retries end, what is open at Stripe is closed in the next tick, and your system is told \
      charge.paid. Refused while something of it is on its way.

      Example:
        dues charge settle chg_4f1a0c99e2b3 --note "cash, receipt 118"
      """)

  @Argument(help: "The charge, chg_…, or its short reference.")
  var charge: String

  @Option(help: "How you know; kept in the charge's history.")
  var note: String

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard PlainText.isLine(note), PlainText.isVisible(note), note.count <= 500 else {
      throw ValidationError("--note is to be one line of at most 500 characters that says how you know")
    }
  }

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let id = try program.chargeID(charge)
      _ = try program.ledger.known(id)
      _ = try program.ledger.settleOutside(id, note: note, at: program.now, context: program.context)
      try program.show(id, common)
    }
  }
}
