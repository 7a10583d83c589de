package import Domain
import Foundation
import GRDB

/// All that the ledger knows of one charge, for `charge show` and for pages.
package struct ChargeReport: Sendable {
  package let charge: Charge
  package let createdAt: Timestamp
  package let customer: Customer?
  package let method: PaymentMethod?
  package let attempts: [AttemptRecord]
  package let recovery: RecoveryRecord?
  package let checkout: CheckoutRecord?
  package let notices: [SentNotice]
  package let fulfillment: FulfillmentStatus?
  package let history: [HistoryEntry]
}

package struct RecoveryRecord: Sendable, Hashable {
  package let openedAt: Timestamp
  package let deadline: Timestamp
  package let nextRetryAt: Timestamp?
  package let noRetry: NoRetry?
  package let otherMethodOnly: Bool
  package let safeReason: SafeReason
  package let endedAt: Timestamp?

  init(row: Row) throws {
    openedAt = row.time("opened_at")
    deadline = row.time("deadline_at")
    nextRetryAt = row.timeIfAny("next_retry_at")
    noRetry = try row.namedIfAny("no_retry_because")
    otherMethodOnly = row["other_method_only"]
    safeReason = try row.named("safe_reason")
    endedAt = row.timeIfAny("ended_at")
  }
}

package struct SentNotice: Sendable, Hashable {
  package let kind: NoticeKind
  package let state: String
  package let to: String?
  package let locale: String?
  package let dueAt: Timestamp
  package let sentAt: Timestamp?
}

package struct FulfillmentStatus: Sendable, Hashable {
  package let id: String
  package let state: String
  package let deliveredAt: Timestamp?
}

package struct HistoryEntry: Sendable, Hashable {
  package let at: Timestamp
  package let what: Happening
  package let detail: [String: String]
}

extension Ledger {
  package func report(_ id: ChargeID) throws -> ChargeReport? {
    try read { db in try db.row("SELECT * FROM charges WHERE id = ?", [id.text]).map { try db.report($0) } }
  }

  /// Newest first, at most `limit`; absent filters do not filter.
  package func reports(
    state: ChargeState?, customer: CustomerID?, email: String?, since: Timestamp?, limit: Int
  ) throws -> [ChargeReport] {
    try read { db in
      // Only the conditions that are asked for, so that each finds its index: one customer's charges cost what they are.
      var sql = "SELECT charges.* FROM charges"
      var conditions: [String] = []
      var arguments: [(any DatabaseValueConvertible)?] = []
      func only(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments.append(value)
      }
      only("charges.customer IN (SELECT id FROM customers WHERE email IS NOT NULL AND lower(email) = lower(?))", email)
      only("charges.state = ?", state?.rawValue)
      only("charges.customer = ?", customer?.text)
      only("charges.due_at >= ?", since?.milliseconds)
      if !conditions.isEmpty { sql += " WHERE \(conditions.joined(separator: " AND "))" }
      sql += " ORDER BY charges.due_at DESC, charges.id LIMIT ?"
      return try db.rows(sql, StatementArguments(arguments + [limit])).map { try db.report($0) }
    }
  }

  package func recovery(of id: ChargeID) throws -> RecoveryRecord? {
    try read { db in try db.recovery(of: id) }
  }

  package func history(agreement id: AgreementID) throws -> [HistoryEntry] {
    try read { db in
      try db.rows("SELECT * FROM history WHERE agreement = ? ORDER BY number", [id.text]).map {
        try HistoryEntry(row: $0)
      }
    }
  }
}

extension Database {
  fileprivate func recovery(of id: ChargeID) throws -> RecoveryRecord? {
    try row("SELECT * FROM recoveries WHERE charge = ?", [id.text]).map { try RecoveryRecord(row: $0) }
  }

  fileprivate func report(_ row: Row) throws -> ChargeReport {
    let charge = try Charge(row: row)
    let id = charge.id.text
    return ChargeReport(
      charge: charge, createdAt: row.time("created_at"), customer: try customer(charge.customer),
      method: try charge.paymentMethod.flatMap { method in
        try self.row("SELECT * FROM payment_methods WHERE id = ?", [method.text]).map { PaymentMethod(row: $0) }
      },
      attempts: try rows("SELECT * FROM attempts WHERE charge = ? ORDER BY number", [id]).map {
        try AttemptRecord(row: $0)
      },
      recovery: try recovery(of: charge.id),
      checkout: try self.row("SELECT * FROM checkouts WHERE charge = ? ORDER BY number DESC LIMIT 1", [id])
        .map { try CheckoutRecord(row: $0) },
      notices: try rows("SELECT * FROM notices WHERE charge = ? ORDER BY due_at, id", [id]).map { row in
        SentNotice(
          kind: try row.named("kind"), state: row["state"], to: row["to_address"], locale: row["locale"],
          dueAt: row.time("due_at"), sentAt: row.timeIfAny("sent_at"))
      },
      fulfillment: try self.row("SELECT * FROM fulfillments WHERE charge = ? AND kind = 'charge.paid'", [id]).map {
        row in
        FulfillmentStatus(id: row["id"], state: row["state"], deliveredAt: row.timeIfAny("delivered_at"))
      },
      history: try rows("SELECT * FROM history WHERE charge = ? ORDER BY number", [id]).map {
        try HistoryEntry(row: $0)
      })
  }
}

extension HistoryEntry {
  init(row: Row) throws {
    self.init(
      at: row.time("at"), what: try row.named("what"),
      detail: try JSONDecoder().decode([String: String].self, from: Data((row["detail"] as String).utf8)))
  }
}
