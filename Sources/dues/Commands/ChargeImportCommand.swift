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
    let read = try ChargeFile(at: file)
    try await Program.run(common, .stripe) { program in
      var work = ChargeImport(program)
      var progress = Progress("looked up", of: read.drafts.count)
      for draft in read.drafts {
        try await work.take(draft)
        progress.step()
      }
      progress.end()
      let errors = (read.errors + work.errors).sorted { $0.line < $1.line }
      let imports = errors.isEmpty && !check
      let imported = imports ? try program.ledger.enqueue(all: work.new, at: program.clock.now()) : 0
      try ImportOutcome(
        file: file, isCheck: check, new: work.new.count, imported: imported, existing: work.existing, errors: errors
      ).tell(json: common.json)
    }
  }
}
