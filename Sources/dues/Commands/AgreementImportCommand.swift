import ArgumentParser
import Domain
import Engine
import Storage

struct AgreementImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Adds agreements from a CSV file: all of them, or none.",
    discussion: """
      The first line is key,customer,job,start,amount,payment_method; the last three may be empty: today, the job's amount, \
      and the customer's own method. Every row is checked, and each customer looked up once, before any is added; what is \
      wrong is said by its line. A key that was added before with the same values is left as it is.

      Example:
        dues agreement import members.csv --check
        dues agreement import members.csv
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
        AgreementImport(ledger: program.ledger, jobs: program.jobs, now: program.now), CustomerSource(program),
        of: source)
      try await work.run(isCheck: check).tell(json: common.json)
    }
  }
}
