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
      metadata: try JSONDecoder().decode([String: String].self, from: Data((row["metadata"] as String).utf8)))
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
    let statement = try cachedStatement(sql: "SELECT * FROM charges WHERE id = ?")
    guard let row = try Row.fetchOne(statement, arguments: [id.text]) else {
      throw LedgerError.unknown("charge \(id)")
    }
    return try Charge(row: row)
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

  /// Adds a line to the history of a charge or an agreement, within the step it belongs to (law 10).
  func note(
    _ what: Happening, charge: ChargeID? = nil, agreement: AgreementID? = nil, at now: Timestamp,
    _ detail: KeyValuePairs<String, String?> = [:]
  ) throws {
    let pairs = detail.compactMap { key, value in value.map { (key, $0) } }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(Dictionary(uniqueKeysWithValues: pairs))
    try run(
      "INSERT INTO history (charge, agreement, at, what, detail) VALUES (?, ?, ?, ?, ?)",
      [charge?.text, agreement?.text, now.milliseconds, what.rawValue, String(decoding: json, as: UTF8.self)])
  }
}
