import Domain

/// A file of one-offs, as far as it can be judged without the ledger and Stripe.
struct ChargeFile {
  static let header = ["key", "customer", "amount", "currency", "description", "due_at", "payment_method"]
  /// All rows are held until all are good, and added in one step.
  static let mostRows = 100_000

  private(set) var drafts: [ChargeDraft] = []
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

  private mutating func read(_ reader: inout CSVReader) throws(CSVError) {
    let first = try reader.next()
    guard first?.fields == Self.header else {
      throw CSVError(line: first?.line ?? 1, "the header is not \"\(Self.header.joined(separator: ","))\"; write it so")
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
    guard row.fields.count == Self.header.count else {
      let message =
        "this row has \(row.fields.count) fields, not \(Self.header.count); put texts with commas into quotes"
      errors.append(ImportError(line: row.line, message: message))
      return
    }
    var reading = RowReading(line: row.line)
    let draft = reading.draft(row.fields)
    if let draft, let other = keys.updateValue(row.line, forKey: draft.key) {
      reading.complain("key \"\(draft.key)\" stands on line \(other) already; give each row a key of its own")
    }
    errors += reading.errors
    if let draft, reading.errors.isEmpty { drafts.append(draft) }
  }
}

/// A one-off that somebody wants, good in itself.
struct ChargeDraft: Equatable {
  let line: Int
  let key: String
  let customer: CustomerID
  let money: Money
  let description: String
  /// `nil`: now.
  let dueAt: Timestamp?
  /// `nil`: the customer's own.
  let method: PaymentMethodID?
}

/// What is wrong with one row of a file.
struct ImportError: Error, Equatable, Encodable {
  let line: Int
  let message: String
}

/// Reads the fields of one row, and keeps all that is wrong with them.
private struct RowReading {
  let line: Int
  private(set) var errors: [ImportError] = []

  init(line: Int) { self.line = line }

  mutating func complain(_ message: String) { errors.append(ImportError(line: line, message: message)) }

  /// `nil` only if the errors say why.
  mutating func draft(_ fields: [String]) -> ChargeDraft? {
    let key = attempt { () throws(CommandFailure) in try OwnKey.checked(fields[0]) }
    let customer = attempt { () throws(CommandFailure) in try TypedID.customer(fields[1]) }
    let money = attempt { () throws(CommandFailure) in try Self.money(fields[2], fields[3]) }
    let description = attempt { () throws(CommandFailure) in try ChargeEnqueueCommand.checked(description: fields[4]) }
    let dueAt: Timestamp?? = optional(fields[5]) { text throws(CommandFailure) in try Self.time(text) }
    let method: PaymentMethodID?? = optional(fields[6]) { text throws(CommandFailure) in try TypedID.method(text) }
    guard let key, let customer, let money, let description, let dueAt, let method else { return nil }
    return ChargeDraft(
      line: line, key: key, customer: customer, money: money, description: description, dueAt: dueAt, method: method)
  }

  private mutating func attempt<Value>(_ read: () throws(CommandFailure) -> Value) -> Value? {
    do throws(CommandFailure) {
      return try read()
    } catch {
      // What an option is called on a command line is a column here.
      complain(error.message.hasPrefix("--") ? String(error.message.dropFirst(2)) : error.message)
      return nil
    }
  }

  /// Of a field that may be empty.
  private mutating func optional<Value>(
    _ text: String, _ read: (String) throws(CommandFailure) -> Value
  ) -> Value?? {
    if text.isEmpty { return .some(nil) }
    return attempt { () throws(CommandFailure) in try read(text) }.map { .some($0) }
  }

  private static func money(_ amount: String, _ currency: String) throws(CommandFailure) -> Money {
    guard let number = Int64(amount) else {
      throw .badInput("amount \"\(amount.cut(to: 40))\" is not a whole number in minor units; write 1099 for $10.99")
    }
    return try ChargeEnqueueCommand.money(number, currency)
  }

  private static func time(_ text: String) throws(CommandFailure) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else {
      throw .badInput("due_at \"\(text.cut(to: 40))\" is not a time; write RFC 3339, such as 2027-03-31T09:00:00Z")
    }
    return time
  }
}
