import ArgumentParser
import Domain
import Engine
import Storage
import Templates

struct ChargeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "charge",
    abstract: "What is owed once: one-offs, and the periods of agreements.",
    discussion: """
      Example:
        dues charge enqueue --customer cus_1 --amount 1099 --currency usd \\
          --description "Late fee"
        dues charge list --state recovering
        dues charge explain chg_4f1a0c99e2b3
      """,
    subcommands: [
      ChargeEnqueueCommand.self, ChargeImportCommand.self, ChargeListCommand.self, ChargeShowCommand.self,
      ChargeExplainCommand.self,
      ChargeCancelCommand.self, ChargeApproveCommand.self, ChargeRetryCommand.self, ChargeResolveCommand.self,
      ChargeSettleCommand.self, ChargeRefundCommand.self,
    ])
}

struct ChargeListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists charges, the latest due first.",
    discussion: """
      Example:
        dues charge list --state held
        dues charge list --customer cus_1 --since 2027-03-01 --json
      """)

  @Option(help: "Only charges in this state.")
  var state: ChargeState?

  @Option(help: "Only this customer's, cus_….")
  var customer: String?

  @Option(help: "Only those of the customers with this address.")
  var email: String?

  @Option(help: "Only those due since this date or time.")
  var since: Moment?

  @Option(help: "At most so many.")
  var limit = 100

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit \(limit) is not 1 to 1000000") }
  }

  func run() async throws {
    let customer = try customer.map { text throws(CommandFailure) in try TypedID.customer(text) }
    try await Program.run(common, .ledger) { program in
      let zone = program.configuration.business.zone
      let found = try program.ledger.reports(
        state: state, customer: customer, email: email, since: since?.timestamp(in: zone), limit: limit + 1)
      let shown = found.prefix(limit)
      if common.json {
        for report in shown { StandardStreams.out(try JSONText.of(ChargeText(report, links: program.links))) }
      } else {
        Self.table(shown.map(\.charge), zone).lines.forEach(StandardStreams.out)
      }
      if found.count > limit {
        StandardStreams.error(
          """
          dues: there are more; these are the latest \(limit), say --limit for more
          """)
      }
    }
  }

  static func table(_ charges: [Charge], _ zone: ScheduleZone) -> TextTable {
    var table = TextTable([.init("CHARGE"), .init("STATE"), .init("AMOUNT", .right), .init("DUE"), .init("FOR")])
    for charge in charges {
      table.add([
        charge.id.text, charge.state.rawValue, "\(charge.money)", "\(zone.date(at: charge.dueAt))", charge.description,
      ])
    }
    return table
  }
}

struct ChargeShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows all that is known of one charge.",
    discussion: """
      Example:
        dues charge show chg_4f1a0c99e2b3
        dues charge show 3F9A2-1C704
      """)

  @Argument(help: "The charge, chg_…, or the short reference that the customer reads out.")
  var charge: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in try program.show(program.chargeID(charge), common) }
  }
}

struct ChargeExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tells a charge's history in sentences, and what comes next.",
    discussion: """
      Example:
        dues charge explain chg_4f1a0c99e2b3
      """)

  @Argument(help: "The charge, chg_…, or its short reference.")
  var charge: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let report = try program.ledger.known(program.chargeID(charge))
      let explanation = Explanation(report, surroundings: try Self.surroundings(of: report.charge, program))
      if common.json {
        StandardStreams.out(try JSONText.of(explanation))
      } else {
        ExplanationSheet(report: report, explanation: explanation).lines.forEach(StandardStreams.out)
      }
    }
  }

  private static func surroundings(of charge: Charge, _ program: Program) throws -> Explanation.Surroundings {
    let agreement = try charge.origin.agreement.flatMap { try program.ledger.agreement($0) }
    var blocker: ChargeID?
    if let agreement, program.context(charge).policy.recovery.whileRecovering == .wait {
      let others = try program.ledger.reports(
        state: .recovering, customer: charge.customer, email: nil, since: nil, limit: 100)
      blocker = others.map(\.charge).first { $0.origin.agreement == agreement.id && $0.id != charge.id }?.id
    }
    return Explanation.Surroundings(now: program.now, agreement: agreement?.state, blocker: blocker)
  }
}

struct ChargeCancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Withdraws a charge; one that is paid already is refused.",
    discussion: """
      What is in flight is waited for, and an open checkout is closed in the next tick: money that still arrives makes \
      the charge paid.

      Example:
        dues charge cancel chg_4f1a0c99e2b3
      """)

  @Argument(help: "The charge, chg_….")
  var charge: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let id = try program.chargeID(charge)
      _ = try program.ledger.known(id)
      let withdrawn = try program.ledger.requestCancel(id, reason: "admin", at: program.now)
      if !withdrawn.state.isInFlight { try program.ledger.finishCancel(id, program.context(withdrawn)) }
      try program.show(id, common)
    }
  }
}
