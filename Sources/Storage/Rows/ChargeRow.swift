import Domain
import Foundation
import GRDB

extension Charge {
  /// A row of `charges`, whose CHECKs guarantee what is unwrapped here; what they do not is a corrupt ledger and thrown.
  init(row: Row) throws {
    let origin: ChargeOrigin
    if let agreement: String = row["agreement"] {
      origin = .period(AgreementID(agreement), PeriodKey(row["period"]), job: row["job"])
    } else {
      origin = .key(row["key"])
    }
    self.init(
      id: ChargeID(row["id"]), state: try row.named("state"), customer: CustomerID(row["customer"]),
      money: try row.money(), description: row["description"],
      statementDescriptorSuffix: row["statement_descriptor_suffix"], origin: origin, dueAt: row.time("due_at"),
      paymentMethod: (row["payment_method"] as String?).map { PaymentMethodID($0) },
      paymentIntent: (row["payment_intent"] as String?).map { PaymentIntentID($0) }, paidAt: row.timeIfAny("paid_at"),
      paidBy: try row.namedIfAny("paid_by"), amountRefunded: row["amount_refunded"],
      disputedAt: row.timeIfAny("disputed_at"), heldReason: try row.namedIfAny("held_reason"),
      cancelRequested: row["cancel_requested"], isApproved: row["is_approved"],
      metadata: try Self.metadata(row["metadata"]))
  }
}

extension Charge {
  private static func metadata(_ json: String) throws -> [String: String] {
    if json == "{}" { return [:] }
    return try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
  }
}

extension Row {
  func time(_ column: String) -> Timestamp { Timestamp(milliseconds: self[column]) }
  func timeIfAny(_ column: String) -> Timestamp? { (self[column] as Int64?).map { Timestamp(milliseconds: $0) } }

  func money() throws -> Money { Money(amount: self["amount"], currency: try Currency(code: self["currency"])) }

  /// A value of one of Domain's enums, by its raw value.
  func named<E: RawRepresentable>(_ column: String) throws -> E where E.RawValue == String {
    let text: String = self[column]
    guard let value = E(rawValue: text) else {
      throw LedgerError.cannot("the ledger holds \(column) = \"\(text)\", which this dues does not know")
    }
    return value
  }

  func namedIfAny<E: RawRepresentable>(_ column: String) throws -> E? where E.RawValue == String {
    (self[column] as String?) == nil ? nil : try named(column)
  }
}

extension Database {
  func charge(_ id: ChargeID) throws -> Charge {
    guard let charge = try first("SELECT * FROM charges WHERE id = ?", [id.text], Charge.init(row:)) else {
      throw LedgerError.unknown("charge \(id)")
    }
    return charge
  }

  /// Runs a statement that is used again and again.
  func run(_ sql: String, _ arguments: StatementArguments) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// The rows of a query that is used again and again.
  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    try Row.fetchAll(try cachedStatement(sql: sql), arguments: arguments)
  }

  func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
    try Row.fetchOne(try cachedStatement(sql: sql), arguments: arguments)
  }

  /// What `read` makes of the first row. It reads the row where it lies: a row that is fetched is a copy, which looks its
  /// columns up by comparing names.
  func first<Value>(
    _ sql: String, _ arguments: StatementArguments = [], _ read: (Row) throws -> Value
  ) throws -> Value? {
    let cursor = try Row.fetchCursor(try cachedStatement(sql: sql), arguments: arguments)
    // The row is where the cursor stands, as long as there is a cursor.
    return try withExtendedLifetime(cursor) { try cursor.next().map(read) }
  }

  /// What `read` makes of each row, as ``first(_:_:_:)`` does.
  func all<Value>(
    _ sql: String, _ arguments: StatementArguments = [], _ read: (Row) throws -> Value
  ) throws -> [Value] {
    let cursor = try Row.fetchCursor(try cachedStatement(sql: sql), arguments: arguments)
    var values: [Value] = []
    try withExtendedLifetime(cursor) { while let row = try cursor.next() { values.append(try read(row)) } }
    return values
  }

  func exists(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
    try Row.fetchCursor(try cachedStatement(sql: sql), arguments: arguments).next() != nil
  }

  /// Adds a line to the history of a charge or an agreement, within the step it belongs to (law 10).
  func note(
    _ what: Happening, charge: ChargeID? = nil, agreement: AgreementID? = nil, at now: Timestamp,
    _ detail: KeyValuePairs<String, String?> = [:]
  ) throws {
    let pairs = detail.compactMap { key, value in value.map { (key: key, value: $0) } }.sorted { $0.key < $1.key }
    let object = pairs.map { "'\($0.key)', ?" }.joined(separator: ", ")
    try run(
      "INSERT INTO history (charge, agreement, at, what, detail) VALUES (?, ?, ?, ?, json_object(\(object)))",
      [charge?.text, agreement?.text, now.milliseconds, what.rawValue] + StatementArguments(pairs.map(\.value)))
  }
}
