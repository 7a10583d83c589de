import Domain

/// What a row of a file to import becomes, as far as it can be judged without the ledger and Stripe.
protocol ImportDraft {
  /// The file's first line.
  static var header: [String] { get }
  /// Of the file, from 1.
  var line: Int { get }
  /// The admin's own name for it; each at most once in a file.
  var key: String { get }
  var customer: CustomerID { get }
  /// `nil`: the customer's own.
  var method: PaymentMethodID? { get }

  /// `nil` only if `row` has noted why.
  init?(_ fields: [String], _ row: inout ImportRow)
}

/// A file to import, read draft by draft: all its good rows, one after the other, and what is wrong with the rest.
///
/// No row is kept. What grows with the file are some bytes for each key, and the mistakes.
///
/// ```swift
/// var file = ChargeFile(source.reader())
/// while let draft = file.next() { … }
/// guard file.errors.isEmpty else { … }
/// ```
struct ImportFile<Draft: ImportDraft> {
  /// All rows are added in one transaction, during which nobody else can write to the ledger: more would stop a tick or a
  /// webhook for minutes (docs/OPERATING.md).
  var mostRows = 1_000_000

  /// All there are once ``next()`` has come to the end, in the order of their lines.
  private(set) var errors: [ImportError] = []
  private var reader: CSVReader
  private var keys = DoubledKeys()
  private var rows = 0
  private var isAtStart = true
  private var isOver = false

  init(_ reader: CSVReader) { self.reader = reader }

  /// The next good row; `nil` after the last, or where the file cannot be read on.
  mutating func next() -> Draft? {
    guard !isOver else { return nil }
    do throws(CSVError) {
      if isAtStart { try readHeader() }
      while let row = try nextRow() {
        if let draft = draft(of: row) { return draft }
      }
    } catch {
      errors.append(ImportError(line: error.line, message: error.message))
    }
    isOver = true
    return nil
  }

  /// The next good rows; none after the last.
  mutating func next(atMost most: Int) -> [Draft] {
    var drafts: [Draft] = []
    while drafts.count < most, let draft = next() { drafts.append(draft) }
    return drafts
  }

  private mutating func readHeader() throws(CSVError) {
    isAtStart = false
    let first = try reader.next()
    guard first?.fields == Draft.header else {
      throw CSVError(
        line: first?.line ?? 1, "the header is not \"\(Draft.header.joined(separator: ","))\"; write it so")
    }
  }

  private mutating func nextRow() throws(CSVError) -> CSVRow? {
    guard let row = try reader.next() else { return nil }
    rows += 1
    guard rows <= mostRows else {
      throw CSVError(line: row.line, "there are more than \(mostRows) rows; split the file")
    }
    return row
  }

  private mutating func draft(of row: CSVRow) -> Draft? {
    guard row.fields.count == Draft.header.count else {
      let message =
        "this row has \(row.fields.count) fields, not \(Draft.header.count); put texts with commas into quotes"
      errors.append(ImportError(line: row.line, message: message))
      return nil
    }
    var reading = ImportRow(line: row.line)
    let draft = Draft(row.fields, &reading)
    if let draft, let other = keys.put(draft.key, on: row.line) {
      reading.complain("key \"\(draft.key)\" stands on line \(other) already; give each row a key of its own")
    }
    guard reading.errors.isEmpty else {
      errors += reading.errors
      return nil
    }
    return draft
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

  /// The admin's own name. Nearly all are words of ASCII, which are what they are: only others need be composed and judged.
  static func key(_ text: String) throws(CommandFailure) -> String {
    if PlainText.isWord(text) { return text }
    return try OwnKey.checked(text)
  }

  /// A whole number of minor units.
  static func amount(_ text: String) throws(CommandFailure) -> Int64 {
    guard let number = Int64(text) else {
      throw .badInput("amount \"\(text.cut(to: 40))\" is not a whole number in minor units; write 1099 for $10.99")
    }
    return number
  }
}
