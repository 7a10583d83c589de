package import Domain
import Foundation
import GRDB

/// A copy of the ledger to try the future on. It is thrown away, belongs to no account of Stripe's, and need not survive a
/// power cut.
extension Ledger {
  /// What a rehearsal leaves out, because only the real Stripe knows how it ends.
  package struct LeftOut: Sendable, Equatable {
    /// Charges with something on its way: held in the copy.
    package let inFlight: Int
  }

  /// Copies this ledger, which others may go on using meanwhile, and prepares the copy for a Stripe that knows nothing of
  /// it: nothing is open there, on its way or standing.
  package func rehearsal(at path: String, from start: Timestamp) throws -> (ledger: Ledger, leftOut: LeftOut) {
    let copy = try DatabaseQueue(path: path)
    try pool.backup(to: copy)
    let leftOut = try copy.write { db in try db.prepareRehearsal(from: start) }
    try copy.close()
    let ledger = try Ledger.open(
      path: path, place: LedgerPlace(instance: nil, location: "rehearsal"), now: start, isDurable: false
    ) { id }
    try ledger.vouch()
    return (ledger, leftOut)
  }

  /// When something is to be done next; `nil`: never.
  package func nextMoment(after now: Timestamp) throws -> Timestamp? {
    try read { db in
      let times = try Self.moments.compactMap { sql in
        try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [now.milliseconds])
      }
      return times.min().map { Timestamp(milliseconds: $0) }
    }
  }

  /// Each is answered by a partial index that holds only what is live.
  private static let moments = [
    "SELECT min(next_due_at) FROM agreements WHERE next_due_at IS NOT NULL AND next_due_at > ?",
    "SELECT min(due_at) FROM charges WHERE state = 'scheduled' AND due_at > ?",
    "SELECT min(next_retry_at) FROM recoveries WHERE next_retry_at IS NOT NULL AND next_retry_at > ?",
    "SELECT min(deadline_at) FROM recoveries WHERE ended_at IS NULL AND deadline_at > ?",
    "SELECT min(due_at) FROM notices WHERE state = 'planned' AND due_at > ?",
    "SELECT min(next_try_at) FROM notices WHERE state = 'queued' AND next_try_at > ?",
    "SELECT min(expires_at) FROM checkouts WHERE state = 'open' AND expires_at > ?",
  ]

  /// The history of all charges and agreements from an entry on, in order, a page at a time.
  package func history(after number: Int64, limit: Int) throws -> [LedgerEntry] {
    try read { db in
      try db.rows(
        """
        SELECT history.*, coalesce(charges.customer, agreements.customer) AS customer, charges.amount, charges.currency,
            coalesce(charges.job, agreements.job) AS job
          FROM history LEFT JOIN charges ON charges.id = history.charge
            LEFT JOIN agreements ON agreements.id = history.agreement
          WHERE history.number > ? ORDER BY history.number LIMIT ?
        """, [number, limit]
      ).map { try LedgerEntry(row: $0) }
    }
  }

  package func lastHistoryNumber() throws -> Int64 {
    try read { db in try Int64.fetchOne(db, sql: "SELECT coalesce(max(number), 0) FROM history") ?? 0 }
  }

  /// Customers in the order of their ids, a page at a time.
  package func customers(after id: CustomerID?, limit: Int) throws -> [Customer] {
    try read { db in
      try db.rows("SELECT * FROM customers WHERE id > ? ORDER BY id LIMIT ?", [id?.text ?? "", limit])
        .map { try Customer(row: $0) }
    }
  }

  /// Payment methods that are not detached, in the order of their ids, a page at a time.
  package func paymentMethods(after id: PaymentMethodID?, limit: Int) throws -> [PaymentMethod] {
    try read { db in
      try db.rows(
        "SELECT * FROM payment_methods WHERE id > ? AND is_detached = 0 ORDER BY id LIMIT ?", [id?.text ?? "", limit]
      ).map { PaymentMethod(row: $0) }
    }
  }
}

/// An entry of the history, with what it is about.
package struct LedgerEntry: Sendable {
  package let number: Int64
  package let charge: ChargeID?
  package let agreement: AgreementID?
  package let customer: CustomerID?
  package let job: String?
  package let money: Money?
  package let entry: HistoryEntry

  fileprivate init(row: Row) throws {
    number = row["number"]
    charge = (row["charge"] as String?).map { ChargeID($0) }
    agreement = (row["agreement"] as String?).map { AgreementID($0) }
    customer = (row["customer"] as String?).map { CustomerID($0) }
    job = row["job"]
    money = (row["amount"] as Int64?) == nil ? nil : try row.money()
    entry = try HistoryEntry(row: row)
  }
}

extension Database {
  fileprivate func prepareRehearsal(from start: Timestamp) throws -> Ledger.LeftOut {
    let inFlight = try count(
      "SELECT count(*) FROM charges WHERE state IN ('attempting', 'unresolved', 'processing')", [])
    try execute(
      sql: """
        UPDATE ledger SET stripe_account = NULL, livemode = NULL, key_digest = NULL, instance = NULL, location = NULL,
          fenced_because = NULL, is_doubted = 0, last_commit_at = 0, last_tick_at = NULL;
        DELETE FROM matters;
        UPDATE events SET state = 'ignored' WHERE state = 'waiting';
        UPDATE attempts SET state = 'refused', concluded_at = written_at
          WHERE state IN ('sending', 'unresolved', 'processing');
        UPDATE charges SET state = 'held', held_reason = 'unexpected_answer'
          WHERE state IN ('attempting', 'unresolved', 'processing');
        UPDATE checkouts SET state = 'expired', closed_at = written_at
          WHERE state IN ('open', 'closing') AND session IS NOT NULL;
        UPDATE checkouts SET state = 'failed', closed_at = written_at WHERE state IN ('opening', 'closing');
        UPDATE intents SET state = 'canceled' WHERE state IN ('open', 'closing');
        UPDATE charges SET payment_intent = NULL WHERE state <> 'paid';
        UPDATE refunds SET state = 'refused', concluded_at = written_at WHERE state = 'sending';
        UPDATE setups SET state = 'expired' WHERE state IN ('opening', 'open', 'verifying');
        UPDATE fulfillments SET state = 'given_up' WHERE state = 'queued';
        """)
    try run("UPDATE ledger SET events_read_until = ?", [start.milliseconds])
    return Ledger.LeftOut(inFlight: inFlight)
  }
}
