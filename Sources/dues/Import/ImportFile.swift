/// What a row of a file to import becomes, as far as it can be judged without the ledger and Stripe.
protocol ImportDraft {
  /// The file's first line.
  static var header: [String] { get }
  /// Of the file, from 1.
  var line: Int { get }
  /// The admin's own name for it; each at most once in a file.
  var key: String { get }

  /// `nil` only if `row` has noted why.
  init?(_ fields: [String], _ row: inout ImportRow)
}

/// A file to import: all its good rows, and all that is wrong with the others.
struct ImportFile<Draft: ImportDraft> {
  /// All rows are held until all are good, and added in one step.
  static var mostRows: Int { 100_000 }

  private(set) var drafts: [Draft] = []
  private(set) var errors: [ImportError] = []
  /// The line of each key.
  private var keys: [String: Int] = [:]

  init(reading reader: inout CSVReader) {
    do throws(CSVError) {
      try read(&reader)
    } catch {
      errors.append(ImportError(line: error.line, message: error.message))
    }
  }

  /// - Throws: ``CommandFailure`` (65) if there is no such file.
  init(at path: String) throws {
    do {
      self = try CSVReader.withFile(path) { ImportFile(reading: &$0) }
    } catch let problem as CSVReader.FileProblem {
      throw CommandFailure.badInput(problem.description)
    }
  }

  private mutating func read(_ reader: inout CSVReader) throws(CSVError) {
    let first = try reader.next()
    guard first?.fields == Draft.header else {
      throw CSVError(
        line: first?.line ?? 1, "the header is not \"\(Draft.header.joined(separator: ","))\"; write it so")
    }
    var rows = 0
    while let row = try reader.next() {
      rows += 1
      guard rows <= Self.mostRows else {
        throw CSVError(line: row.line, "there are more than \(Self.mostRows) rows; split the file")
      }
      take(row)
    }
  }

  private mutating func take(_ row: CSVRow) {
    guard row.fields.count == Draft.header.count else {
      let message =
        "this row has \(row.fields.count) fields, not \(Draft.header.count); put texts with commas into quotes"
      errors.append(ImportError(line: row.line, message: message))
      return
    }
    var reading = ImportRow(line: row.line)
    let draft = Draft(row.fields, &reading)
    if let draft, let other = keys.updateValue(row.line, forKey: draft.key) {
      reading.complain("key \"\(draft.key)\" stands on line \(other) already; give each row a key of its own")
    }
    errors += reading.errors
    if let draft, reading.errors.isEmpty { drafts.append(draft) }
  }
}

/// What is wrong with one row of a file.
struct ImportError: Error, Equatable, Encodable {
  let line: Int
  let message: String
}

/// Reads the fields of one row, and keeps all that is wrong with them.
struct ImportRow {
  let line: Int
  private(set) var errors: [ImportError] = []

  init(line: Int) { self.line = line }

  mutating func complain(_ message: String) { errors.append(ImportError(line: line, message: message)) }

  mutating func attempt<Value>(_ read: () throws(CommandFailure) -> Value) -> Value? {
    do throws(CommandFailure) {
      return try read()
    } catch {
      // What an option is called on a command line is a column here.
      complain(error.message.hasPrefix("--") ? String(error.message.dropFirst(2)) : error.message)
      return nil
    }
  }

  /// Of a field that may be empty.
  mutating func optional<Value>(_ text: String, _ read: (String) throws(CommandFailure) -> Value) -> Value?? {
    if text.isEmpty { return .some(nil) }
    return attempt { () throws(CommandFailure) in try read(text) }.map { .some($0) }
  }

  /// A whole number of minor units.
  static func amount(_ text: String) throws(CommandFailure) -> Int64 {
    guard let number = Int64(text) else {
      throw .badInput("amount \"\(text.cut(to: 40))\" is not a whole number in minor units; write 1099 for $10.99")
    }
    return number
  }
}
