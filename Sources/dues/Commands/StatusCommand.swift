import ArgumentParser
import Domain
import Engine
import Storage

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Counts the charges by state, and says what needs a human; exits 1 if something does.",
    discussion: """
      Example:
        dues status
        dues status --json | jq .overdue
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let status = try program.ledger.status(at: program.now)
      if common.json {
        StandardStreams.out(try JSONText.of(StatusText(status)))
      } else {
        StatusSheet(status: status).lines.forEach(StandardStreams.out)
      }
      let count = status.matters.count
      guard count == 0 else {
        throw CommandFailure(
          exit: .needsHuman,
          message: """
            \(count) \(count == 1 ? "matter needs" : "matters need") a human; the advice stands in `dues status`
            """)
      }
    }
  }
}
