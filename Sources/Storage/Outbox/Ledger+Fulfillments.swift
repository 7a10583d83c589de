package import Domain
import GRDB

/// One message to the merchant's system: delivered at least once, always under the same id.
package struct FulfillmentRecord: Sendable, Hashable {
  package let id: String
  package let kind: FulfillmentKind
  package let charge: ChargeID?
  package let agreement: AgreementID?
  package let session: String?
  /// JSON array.
  package let lineItems: String
  package let madeAt: Timestamp
  package let tries: Int

  /// What a person is pointed to.
  var subject: String { charge?.text ?? agreement?.text ?? id }

  init(row: Row) throws {
    id = row["id"]
    kind = try row.named("kind")
    charge = (row["charge"] as String?).map { ChargeID($0) }
    agreement = (row["agreement"] as String?).map { AgreementID($0) }
    session = row["session"]
    lineItems = row["line_items"]
    madeAt = row.time("made_at")
    tries = row["tries"]
  }
}

extension Ledger {
  package func fulfillmentsQueued(by now: Timestamp, limit: Int) throws -> [FulfillmentRecord] {
    try read { db in
      try db.rows(
        "SELECT * FROM fulfillments WHERE state = 'queued' AND next_try_at <= ? ORDER BY next_try_at, id LIMIT ?",
        [now.milliseconds, limit]
      )
      .map { try FulfillmentRecord(row: $0) }
    }
  }

  /// Takes a queued message for delivery, so that `serve` and a tick do not deliver it at once. A process that dies with
  /// it leaves it to the next after `until`: at least once, never lost.
  package func take(_ message: FulfillmentRecord, until: Timestamp, at now: Timestamp) throws -> Bool {
    try write(at: now) { db in
      try db.run(
        "UPDATE fulfillments SET next_try_at = ? WHERE id = ? AND state = 'queued' AND next_try_at <= ?",
        [until.milliseconds, message.id, now.milliseconds])
      return db.changesCount == 1
    }
  }

  package func delivered(_ message: FulfillmentRecord, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE fulfillments SET state = 'delivered', delivered_at = ?, tries = tries + 1, reason = NULL WHERE id = ? AND state = 'queued'",
        [now.milliseconds, message.id])
      try db.note(
        .merchantTold, charge: message.charge, agreement: message.agreement, at: now, ["kind": message.kind.rawValue])
      try db.clear(.fulfillmentFailing, message.subject, at: now)
    }
  }

  package func notDelivered(
    _ message: FulfillmentRecord, reason: String, nextTryAt: Timestamp, needsHuman: Bool, at now: Timestamp
  ) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE fulfillments SET tries = tries + 1, next_try_at = ?, reason = ? WHERE id = ? AND state = 'queued'",
        [nextTryAt.milliseconds, reason, message.id])
      guard db.changesCount == 1 else { return }
      try db.note(
        .merchantNotTold, charge: message.charge, agreement: message.agreement, at: now,
        ["kind": message.kind.rawValue, "reason": reason, "next": "\(nextTryAt)"])
      if needsHuman {
        try db.raise(
          .fulfillmentFailing, message.subject, "\(HumanMatter.fulfillmentFailing.advice) (\(reason))", at: now)
      }
    }
  }
}
