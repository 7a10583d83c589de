import ArgumentParser
import Domain
import Storage
import Templates

struct RecoveryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recovery",
    abstract: "What brings a failed charge back.",
    discussion: """
      Example:
        dues recovery link chg_4f1a0c99e2b3
      """,
    subcommands: [RecoveryLinkCommand.self])
}

struct RecoveryLinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "Prints the recovery link of a charge, as the mails have it.",
    discussion: """
      Without server.public_url it is the open checkout's own URL, which lives for a day at most.

      Example:
        dues recovery link chg_4f1a0c99e2b3
      """)

  @Argument(help: "The charge, chg_….")
  var charge: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let report = try program.ledger.known(program.chargeID(charge))
      let url = try Self.url(report, program)
      StandardStreams.out(common.json ? try JSONText.of(["url": url]) : url)
    }
  }

  private static func url(_ report: ChargeReport, _ program: Program) throws -> String {
    let charge = report.charge
    guard report.recovery != nil else {
      throw CommandFailure.badInput(
        """
        charge \(charge.id) is \(charge.state.rawValue) and has not failed; only a failed charge has a recovery link
        """)
    }
    if let url = program.links.recovery(charge.id) { return url }
    if let checkout = report.checkout, checkout.state == .open, let url = checkout.url { return url }
    guard charge.state == .recovering else {
      throw CommandFailure.badInput("charge \(charge.id) is \(charge.state.rawValue); it has no checkout any more")
    }
    throw CommandFailure(
      exit: .tryLater,
      message: """
        charge \(charge.id) has no open checkout now; `dues tick` makes one (set server.public_url for links that \
        last)
        """)
  }
}
