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
    let read = try Self.read(file)
    try await Program.run(common, .stripe) { program in
      var work = ChargeImport(program)
      for draft in read.drafts { try await work.take(draft) }
      let errors = (read.errors + work.errors).sorted { $0.line < $1.line }
      let imports = errors.isEmpty && !check
      let imported = imports ? try program.ledger.enqueue(all: work.new, at: program.clock.now()) : 0
      try tell(ImportText(imported: imported, existing: work.existing, errors: errors), new: work.new.count)
    }
  }

  private static func read(_ path: String) throws -> ChargeFile {
    do {
      return try CSVReader.withFile(path) { ChargeFile(reading: &$0) }
    } catch let problem as CSVReader.FileProblem {
      throw CommandFailure.badInput(problem.description)
    }
  }

  private func tell(_ result: ImportText, new: Int) throws {
    if common.json { StandardStreams.out(try JSONText.of(result)) }
    guard result.errors.isEmpty else {
      let lines = result.errors.map { "\(file):\($0.line): \($0.message)" }
      throw CommandFailure.badInput(
        (["nothing was imported; mend what is wrong, and import it again"] + lines).joined(separator: "\n"))
    }
    guard !common.json else { return }
    let before = result.existing == 0 ? "" : ", \(result.existing) were there already"
    StandardStreams.out(
      check ? "All rows are good: \(new) would be imported\(before)." : "\(result.imported) imported\(before).")
  }
}

/// What `--json` prints of an import.
struct ImportText: Encodable {
  let imported: Int
  let existing: Int
  let errors: [ImportError]
}
