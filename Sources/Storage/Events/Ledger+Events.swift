package import Domain
package import Foundation
import GRDB

/// A Stripe event in the inbox.
package struct EventRecord: Sendable, Hashable {
  package enum Source: String, Sendable { case webhook, sync }

  package let id: EventID
  package let type: String
  /// The id of the object it is about; the object itself is always read again.
  package let object: String
  package let payload: Data
  package let createdAt: Timestamp
  package let source: Source
  package let tries: Int

  package init(
    id: EventID, type: String, object: String, payload: Data, createdAt: Timestamp, source: Source, tries: Int = 0
  ) {
    self.id = id
    self.type = type
    self.object = object
    self.payload = payload
    self.createdAt = createdAt
    self.source = source
    self.tries = tries
  }

  init(row: Row) throws {
    self.init(
      id: EventID(row["id"]), type: row["type"], object: row["object"], payload: row["payload"],
      createdAt: row.time("created_at"), source: try row.named("source"), tries: row["tries"])
  }
}

/// The inbox (law 6): each event stored once, whoever brought it, and applied after it is stored.
extension Ledger {
  /// - Returns: whether it was new.
  package func store(_ event: EventRecord, at now: Timestamp) throws -> Bool {
    try store([event], at: now) == 1
  }

  /// - Returns: how many were new.
  package func store(_ events: [EventRecord], at now: Timestamp) throws -> Int {
    try write(at: now) { db in
      var new = 0
      for event in events {
        try db.run(
          """
          INSERT OR IGNORE INTO events (id, type, object, payload, created_at, source, received_at, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')
          """,
          [
            event.id.text, event.type, event.object, event.payload, event.createdAt.milliseconds,
            event.source.rawValue, now.milliseconds,
          ])
        new += db.changesCount
      }
      return new
    }
  }

  package func eventsWaiting(at now: Timestamp, limit: Int) throws -> [EventRecord] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM events WHERE state = 'waiting' AND (next_try_at IS NULL OR next_try_at <= ?)
          ORDER BY received_at, id LIMIT ?
        """, [now.milliseconds, limit]
      ).map { try EventRecord(row: $0) }
    }
  }

  /// - Parameter events: whether each is about something of ours, or of the merchant's that the ledger does not know.
  package func applied(_ events: [(event: EventID, isOurs: Bool)], at now: Timestamp) throws {
    guard !events.isEmpty else { return }
    try write(at: now) { db in
      for (event, isOurs) in events {
        try db.run(
          "UPDATE events SET state = ?, tries = tries + 1 WHERE id = ?", [isOurs ? "applied" : "ignored", event.text])
        try db.clear(.eventFailing, event.text, at: now)
      }
    }
  }

  /// Whether an attempt is concluded as a success of this intent, and its money recorded.
  package func hasPayment(through intent: PaymentIntentID, by attempt: Int, of charge: ChargeID) throws -> Bool {
    try read { db in
      try db.exists(
        """
        SELECT 1 FROM payments JOIN attempts USING (charge, payment_intent)
          WHERE payment_intent = ? AND charge = ? AND attempts.number = ? AND attempts.state = 'succeeded'
        """, [intent.text, charge.text, attempt])
    }
  }

  package func notApplied(_ event: EventID, reason: String, nextTryAt: Timestamp, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE events SET tries = tries + 1, next_try_at = ?, reason = ? WHERE id = ?",
        [nextTryAt.milliseconds, reason, event.text])
    }
  }

  package func eventsReadUntil() throws -> Timestamp { try read { db in try db.eventsReadUntil() } }

  /// Everything that Stripe created before `until` is in the inbox.
  package func eventsRead(until: Timestamp, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE ledger SET events_read_until = ?, events_read_at = ?",
        [until.milliseconds, now.milliseconds])
    }
  }
}

extension Database {
  func eventsReadUntil() throws -> Timestamp {
    try row("SELECT events_read_until FROM ledger")?.time("events_read_until") ?? Timestamp(seconds: 0)
  }
}
