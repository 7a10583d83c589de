import ArgumentParser
import Domain
import Engine
import Storage

struct AgreementCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement",
    abstract: "Who is charged by which job, since when, and with which payment method.",
    discussion: """
      Example:
        dues agreement add --customer cus_1 --job gold
        dues agreement list
      """,
    subcommands: [
      AgreementAddCommand.self, AgreementImportCommand.self, AgreementListCommand.self, AgreementShowCommand.self,
      AgreementUpdateCommand.self, AgreementPauseCommand.self, AgreementResumeCommand.self, AgreementSkipCommand.self,
      AgreementCancelCommand.self,
    ])
}

struct AgreementListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists agreements: all, or those that are asked for.",
    discussion: """
      Example:
        dues agreement list --job gold --state active
        dues agreement list --email ada@example.com
        dues agreement list --json | jq -r 'select(.state == "paused").id'
      """)

  @Option(help: "Only agreements in this state.")
  var state: Agreement.State?

  @Option(help: "Only this customer's, cus_….")
  var customer: String?

  @Option(help: "Only those of the customers with this address.")
  var email: String?

  @Option(help: "Only those of this job.")
  var job: String?

  @Option(help: "Only those made since this date or time.")
  var since: Moment?

  @Option(help: "At most so many; all if not said.")
  var limit: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) lists nothing; write 1 or more") }
  }

  func run() async throws {
    let customer = try customer.map { text throws(CommandFailure) in try TypedID.customer(text) }
    try await Program.run(common, .ledger) { program in
      let filter = AgreementFilter(
        state: state, customer: customer, email: email, job: job,
        since: since?.timestamp(in: program.configuration.business.zone))
      if common.json {
        try program.ledger.eachAgreement(filter, limit: limit) {
          StandardStreams.out(try JSONText.of(AgreementText($0)))
        }
        return
      }
      var table = TextTable([
        .init("AGREEMENT"), .init("STATE"), .init("JOB"), .init("AMOUNT", .right), .init("NEXT DUE"), .init("CUSTOMER"),
      ])
      try program.ledger.eachAgreement(filter, limit: limit) { agreement in
        let zone = agreement.schedule.zone
        table.add([
          agreement.id.text, agreement.state.rawValue, agreement.job, "\(agreement.money)",
          agreement.nextDueAt.map { "\(zone.date(at: $0))" } ?? "-", agreement.customer.text,
        ])
      }
      table.lines.forEach(StandardStreams.out)
    }
  }
}

struct AgreementShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows one agreement.",
    discussion: """
      Example:
        dues agreement show agr_0f3c2a9be7d1
      """)

  @Argument(help: "The agreement, agr_….")
  var agreement: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.agreement(agreement)
    try await Program.run(common, .ledger) { program in try program.show(program.ledger.known(id), common) }
  }
}

struct AgreementPauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Stops new periods and off-session retries; what is owed stays payable by its link.",
    discussion: """
      Example:
        dues agreement pause agr_0f3c2a9be7d1
      """)

  @Argument(help: "The agreement, agr_….")
  var agreement: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.agreement(agreement)
    try await Program.run(common, .ledger) { program in
      _ = try program.ledger.known(id)
      try program.show(program.ledger.pause(id, at: program.now), common)
    }
  }
}

struct AgreementResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Goes on with the first period that is due from now on; a pause is never billed afterwards.",
    discussion: """
      Example:
        dues agreement resume agr_0f3c2a9be7d1
      """)

  @Argument(help: "The agreement, agr_….")
  var agreement: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.agreement(agreement)
    try await Program.run(common, .ledger) { program in
      _ = try program.ledger.known(id)
      try await program.hearTime()
      let job = try program.ledger.agreement(id)?.job
      let (policy, zone) = (program.engine.settings.policy(of: job), program.engine.settings.zone(of: job))
      try program.show(
        program.ledger.resume(id, at: program.now) { policy.retry.hours?.next(from: $0, in: zone) ?? $0 },
        common)
    }
  }
}

struct AgreementCancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Ends an agreement, and its unpaid charges unless --keep-owed.",
    discussion: """
      What is in flight is waited for: money that still arrives makes its charge paid.

      Example:
        dues agreement cancel agr_0f3c2a9be7d1
        dues agreement cancel agr_0f3c2a9be7d1 --keep-owed
      """)

  @Argument(help: "The agreement, agr_….")
  var agreement: String

  @Flag(help: "What has failed already stays owed, and its links live on.")
  var keepOwed = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.agreement(agreement)
    try await Program.run(common, .ledger) { program in
      _ = try program.ledger.known(id)
      let ended = try program.ledger.cancel(id, keepOwed: keepOwed, at: program.now)
      // What nothing holds open ends at once; the rest in the tick that has seen it closed.
      for charge in try program.ledger.chargesToCancel(limit: 10_000) where charge.origin.agreement == id {
        try program.ledger.finishCancel(charge.id, program.context(charge))
      }
      try program.show(ended, common)
    }
  }
}
