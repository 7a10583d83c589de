import ArgumentParser
import Domain
import Engine
import Storage

extension HeldReason: ExpressibleByArgument {}

struct ChargeApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Lets held charges go: the next tick sends them.",
    discussion: """
      `dues charge explain` says why one is held; mend the cause first. With --all, those that are held for --reason, \
      after an outage for instance; they are shown and asked about before.

      Example:
        dues charge approve chg_4f1a0c99e2b3
        dues charge approve --all --reason older_than_catch_up --job gold
      """)

  @Argument(help: "The charges, chg_….")
  var charges: [String] = []

  @Flag(help: "All that are held for --reason, and fit the other options.")
  var all = false

  @Option(help: "Of --all: why they are held.")
  var reason: HeldReason?

  @Option(help: "Of --all: only this job's.")
  var job: String?

  @Option(help: "Of --all: only this customer's, cus_….")
  var customer: String?

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard all != !charges.isEmpty else {
      throw ValidationError(all ? "name charges, or say --all, not both" : "name the charges, or say --all")
    }
    guard all == (reason != nil) else {
      throw ValidationError(all ? "--all wants --reason: not all that is held may go" : "--reason goes with --all")
    }
  }

  func run() async throws {
    let customer = try customer.map { text throws(CommandFailure) in try TypedID.customer(text) }
    try await Program.run(common, .ledger) { program in
      try await program.hearTime()
      guard let reason else {
        let ids = try charges.map { try program.chargeID($0) }
        for id in ids { _ = try program.ledger.known(id) }
        for id in ids { try approve(id, program) }
        return
      }
      let held = try program.ledger.charges(heldFor: reason, job: job, customer: customer)
      guard !held.isEmpty else { throw CommandFailure.badInput("nothing is held for \(reason.rawValue)") }
      if !common.json {
        ChargeListCommand.table(held, program.configuration.business.zone).lines.forEach(StandardStreams.out)
      }
      try Consent.ask("Let \(held.count) held charges go, \(Totals(of: held))?", yes: yes)
      for charge in held { try approve(charge.id, program) }
      if !common.json {
        StandardStreams.out("\(held.count) approved: they go from the next tick on, one at a time for each agreement.")
      }
    }
  }

  /// What cannot go (its agreement is canceled) is said, and does not stand before the others.
  private func approve(_ id: ChargeID, _ program: Program) throws {
    do {
      _ = try program.ledger.approve(id, at: program.now, context: program.context)
    } catch LedgerError.cannot(let why) where all {
      return StandardStreams.error("dues: \(why)")
    }
    if !all || common.json { try program.show(id, common) }
  }
}

/// Sums by currency: `32.97 EUR and 10.99 USD`.
struct Totals: CustomStringConvertible {
  private(set) var amounts: [Currency: Int64] = [:]

  init() {}

  init(of charges: [Charge]) {
    for charge in charges { add(charge.money) }
  }

  mutating func add(_ money: Money) { amounts[money.currency, default: 0] += money.amount }

  var sorted: [Money] {
    amounts.sorted { $0.key.code < $1.key.code }.map { Money(amount: $0.value, currency: $0.key) }
  }

  var description: String {
    amounts.isEmpty ? "nothing" : sorted.map { "\($0)" }.joined(separator: " and ")
  }
}
