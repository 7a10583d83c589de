package import Domain
import GRDB

/// What the ledger holds of the future, in the order of time, a page at a time.
extension Ledger {
  /// Charges that wait for their time, and are not withdrawn.
  package func chargesScheduled(until: Timestamp, after: (at: Timestamp, id: ChargeID)?, limit: Int) throws -> [Charge]
  {
    try read { db in
      try db.rows(
        """
        SELECT charges.* FROM charges LEFT JOIN agreements ON agreements.id = charges.agreement
          WHERE charges.state = 'scheduled' AND charges.due_at <= ? AND (charges.due_at, charges.id) > (?, ?)
            AND charges.cancel_requested = 0 AND coalesce(agreements.state, 'active') = 'active'
          ORDER BY charges.due_at, charges.id LIMIT ?
        """,
        [until.milliseconds, after?.at.milliseconds ?? Int64.min, after?.id.text ?? "", limit]
      ).map { try Charge(row: $0) }
    }
  }

  /// Failed charges whose next try is planned.
  package func retriesPlanned(until: Timestamp, after: (at: Timestamp, id: ChargeID)?, limit: Int) throws -> [(
    at: Timestamp, charge: Charge
  )] {
    try read { db in
      try db.rows(
        """
        SELECT charges.*, recoveries.next_retry_at AS turn FROM recoveries JOIN charges ON charges.id = recoveries.charge
          WHERE recoveries.next_retry_at <= ? AND (recoveries.next_retry_at, recoveries.charge) > (?, ?)
            AND charges.state = 'recovering' AND charges.cancel_requested = 0
          ORDER BY recoveries.next_retry_at, recoveries.charge LIMIT ?
        """,
        [until.milliseconds, after?.at.milliseconds ?? Int64.min, after?.id.text ?? "", limit]
      ).map { (at: $0.time("turn"), charge: try Charge(row: $0)) }
    }
  }
}
