import Foundation
import GRDB
import Storage
import TestSupport

/// Every row of a ledger as text, without what may differ from one way to another: ids are numbered by their first
/// appearance, moments of our own are left out.
struct LedgerRows: Equatable, CustomStringConvertible {
  let description: String

  private static let tables = [
    "customers", "payment_methods", "agreements", "setups", "setup_requests", "charges", "notices", "fulfillments",
    "matters", "history",
  ]
  /// When something was noticed depends on who noticed it; when the customer did it does not (`completed_at`).
  private static let ownMoments: Set<String> = [
    "read_at", "written_at", "concluded_at", "created_at", "at", "made_at", "next_try_at", "delivered_at", "due_at",
    "since", "told_at", "cleared_at", "tries", "number",
  ]
  /// Whether the merchant has been told yet is another matter.
  private static let skipped: Set<String> = ["fulfillments.state", "fulfillments.reason", "fulfillments.line_items"]

  init(of world: World) throws {
    let queue = try DatabaseQueue(path: world.ledger.path)
    let text = try queue.read { db in
      try Self.tables.map { table in
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY rowid")
        return "\(table):\n" + rows.compactMap { Self.line($0, of: table) }.sorted(by: table).joined(separator: "\n")
      }.joined(separator: "\n")
    }
    description = Self.numbered(text)
  }

  private static func line(_ row: Row, of table: String) -> String? {
    if table == "history", (row["what"] as String?)?.hasPrefix("merchant_") == true { return nil }
    let cells = row.compactMap { column, value -> String? in
      let isText = if case .string = value.storage { true } else { false }
      if ownMoments.contains(column), !(table == "agreements" && column == "at"), !(table == "setups" && isText) {
        return nil
      }
      if skipped.contains("\(table).\(column)") { return nil }
      if case .blob(let data) = value.storage { return "\(column)=\(String(decoding: data, as: UTF8.self))" }
      return "\(column)=\(value)"
    }
    return cells.joined(separator: " ")
  }

  /// Ids of Stripe and ours, numbered in the order in which they appear.
  private static func numbered(_ text: String) -> String {
    var names: [String: String] = [:]
    var counts: [String: Int] = [:]
    return text.replacing(/(cus|pm|cs_test|seti|agr|led|msg|mandate|req)_[A-Za-z0-9-]{6,}/) { match in
      let id = String(match.output.0)
      let kind = String(match.output.1)
      if let name = names[id] { return name }
      counts[kind, default: 0] += 1
      names[id] = "\(kind)#\(counts[kind] ?? 0)"
      return names[id] ?? id
    }
  }
}

extension [String] {
  /// Rows of a table whose order means nothing are compared as a set.
  fileprivate func sorted(by table: String) -> [String] { table == "fulfillments" ? sorted() : self }
}
