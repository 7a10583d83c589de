import ArgumentParser
import Domain
import Engine
import Storage

struct ChargeImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Adds one-off charges from a CSV file: all of them, or none.",
    discussion: """
      The first line is key,customer,amount,currency,description,due_at,payment_method; the last two may be empty: now, \
      and the customer's own method. Every row is checked, and each customer looked up once, before any is added; what is \
      wrong is said by its line. A key that was added before with the same values is left as it is, so that a file may be \
      imported again.

      Example:
        dues charge import march.csv --check
        dues charge import march.csv
      """)

  @Argument(help: ArgumentHelp("UTF-8, as RFC 4180 has it.", valueName: "FILE.csv"))
  var file: String

  @Flag(help: "Only say what is wrong; add nothing.")
  var check = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let source = try ImportSource(at: file)
    try await Program.run(common, .stripe) { program in
      try await program.hearTime()
      var work = FileImport(
        ChargeImport(ledger: program.ledger, now: program.now), CustomerSource(program), of: source)
      try await work.run(isCheck: check).tell(json: common.json)
    }
  }
}
