package import Domain
import GRDB

/// A charge that failed at its first try, and what became of it: one row of the report's cohort.
package struct FailedCharge: Sendable, Hashable {
  /// When it failed first: when its recovery opened.
  package let failedAt: Timestamp
  package let money: Money
  /// `nil`: a one-off.
  package let job: String?
  package let state: ChargeState
  package let paidAt: Timestamp?
  package let paidBy: PaidBy?
  /// Stripe's word for the first failure: `insufficient_funds`, `expired_card` …; `nil`: there was nothing to charge.
  package let decline: String?
  /// The bank wanted the customer when it failed first.
  package let wantedCustomer: Bool
  /// What paid in the end, off session, is another card than the one that failed first, or the same one renewed.
  package let methodChanged: Bool
}

/// What was paid at the first try, by job and currency.
package struct FirstTimePaid: Sendable, Hashable {
  package let job: String?
  package let count: Int
  package let money: Money

  package init(job: String?, count: Int, money: Money) {
    self.job = job
    self.count = count
    self.money = money
  }
}

extension Ledger {
  /// The charges that failed first in a window, the oldest first, a page at a time. Costs what the window holds.
  package func failedCharges(
    from: Timestamp, before end: Timestamp, after: (at: Timestamp, row: Int64)?, limit: Int
  ) throws -> [(row: Int64, charge: FailedCharge)] {
    try read { db in
      try db.rows(
        """
        SELECT recoveries.rowid AS row, recoveries.opened_at, recoveries.method_changed_at, charges.amount,
            charges.currency, charges.job, charges.state, charges.paid_at, charges.paid_by, charges.payment_method,
            coalesce(first.decline_code, first.code) AS decline, first.state AS first_state,
            first.payment_method AS first_method,
            (SELECT payment_method FROM attempts WHERE charge = charges.id AND state = 'succeeded' LIMIT 1) AS paying
          FROM recoveries JOIN charges ON charges.id = recoveries.charge
            LEFT JOIN attempts AS first ON first.charge = charges.id AND first.number =
              (SELECT min(number) FROM attempts WHERE charge = charges.id AND state NOT IN ('sending', 'unresolved'))
          WHERE recoveries.opened_at >= ?1 AND recoveries.opened_at < ?2
            AND (recoveries.opened_at, recoveries.rowid) > (?3, ?4)
          ORDER BY recoveries.opened_at, recoveries.rowid LIMIT ?5
        """,
        [from.milliseconds, end.milliseconds, after?.at.milliseconds ?? Int64.min, after?.row ?? 0, limit]
      ).map { row in (row["row"], try FailedCharge(row: row)) }
    }
  }

  /// What was paid in a window without ever having failed, by job and currency.
  package func paidAtFirstTry(from: Timestamp, before end: Timestamp) throws -> [FirstTimePaid] {
    try read { db in
      try db.rows(
        """
        SELECT job, currency, count(*) AS n, sum(amount) AS amount FROM charges
          WHERE paid_at IS NOT NULL AND paid_at >= ? AND paid_at < ?
            AND paid_by <> 'outside' AND NOT EXISTS (SELECT 1 FROM recoveries WHERE charge = charges.id)
          GROUP BY job, currency ORDER BY job, currency
        """, [from.milliseconds, end.milliseconds]
      ).map { row in FirstTimePaid(job: row["job"], count: row["n"], money: try row.money()) }
    }
  }

  /// What of the payments of a window has gone back since, by currency.
  package func givenBack(from: Timestamp, before end: Timestamp) throws -> [Money] {
    try read { db in
      try db.rows(
        """
        SELECT currency, sum(amount_refunded) AS amount FROM charges
          WHERE paid_at IS NOT NULL AND paid_at >= ? AND paid_at < ? AND amount_refunded > 0
          GROUP BY currency ORDER BY currency
        """, [from.milliseconds, end.milliseconds]
      ).map { try $0.money() }
    }
  }
}

extension FailedCharge {
  fileprivate init(row: Row) throws {
    let firstMethod: String? = row["first_method"]
    let paying: String? = row["paying"]
    self.init(
      failedAt: row.time("opened_at"), money: try row.money(), job: row["job"], state: try row.named("state"),
      paidAt: row.timeIfAny("paid_at"), paidBy: try row.namedIfAny("paid_by"), decline: row["decline"],
      wantedCustomer: row["first_state"] as String? == AttemptState.needsCustomer.rawValue,
      methodChanged: row.timeIfAny("method_changed_at") != nil || (paying != nil && paying != firstMethod))
  }
}
