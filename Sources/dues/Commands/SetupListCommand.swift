import ArgumentParser
import Domain
import Storage

extension SetupRecord.State: ExpressibleByArgument {}

struct SetupListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists setup sessions, the newest first, and what they came to.",
    discussion: """
      Example:
        dues setup list --state verifying
        dues setup list --customer cus_1 --json
      """)

  @Option(help: "Only those in this state.")
  var state: SetupRecord.State?

  @Option(help: "Only those of this customer, cus_….")
  var customer: String?

  @Option(help: "At most so many.")
  var limit = 100

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit \(limit) shows nothing; write 1 or more") }
  }

  func run() async throws {
    let customer = try customer.map { text throws(CommandFailure) in try TypedID.customer(text) }
    try await Program.run(common, .ledger) { program in
      let setups = try program.ledger.setups(state: state, customer: customer, limit: limit)
      if common.json {
        for setup in setups { StandardStreams.out(try JSONText.of(SetupLine(setup))) }
        return
      }
      var table = TextTable([
        .init("SESSION"), .init("STATE"), .init("JOB"), .init("CUSTOMER"), .init("AGREEMENT"), .init("WHY"),
      ])
      for setup in setups {
        table.add([
          setup.session?.text ?? "-", setup.state.rawValue, setup.job ?? "-", setup.customer?.text ?? "-",
          setup.agreement?.text ?? "-", setup.refusal?.words ?? setup.reason ?? "-",
        ])
      }
      table.lines.forEach(StandardStreams.out)
    }
  }
}

/// One line of `setup list --json`.
private struct SetupLine: Encodable {
  let setup: SetupRecord

  init(_ setup: SetupRecord) { self.setup = setup }

  enum Key: String, CodingKey {
    case session, state, customer, job, agreement, paymentMethod = "payment_method", url, reason
    case createdAt = "created_at", completedAt = "completed_at"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(setup.session, forKey: .session)
    try object.encode(setup.state.rawValue, forKey: .state)
    try object.encode(setup.customer, forKey: .customer)
    try object.encode(setup.job, forKey: .job)
    try object.encode(setup.agreement, forKey: .agreement)
    try object.encode(setup.paymentMethod, forKey: .paymentMethod)
    try object.encode(setup.url ?? setup.verificationURL, forKey: .url)
    try object.encode(setup.reason, forKey: .reason)
    try object.encode("\(setup.writtenAt)", forKey: .createdAt)
    try object.encode(setup.completedAt.map { "\($0)" }, forKey: .completedAt)
  }
}
