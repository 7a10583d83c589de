package import Domain
import GRDB

/// One numbered try, as the ledger knows it.
package struct AttemptRecord: Sendable, Hashable {
  package let charge: ChargeID
  package let number: Int
  package let kind: AttemptKind
  package let state: AttemptState
  package let request: FrozenRequest
  /// The second request of an attempt on session, if it was written.
  package let confirmation: FrozenRequest?
  package let method: PaymentMethodID?
  package let intent: PaymentIntentID?
  package let writtenAt: Timestamp
  /// When a request that Stripe may have executed first left under its key; until one has, when it was last tried. How
  /// long the key is alive counts from here.
  package let firstSentAt: Timestamp
  package let sentAt: Timestamp?
  package let sends: Int
  /// Stripe has certainly executed none of the sends: its key is as good as new, however old it is.
  package let isUnexecuted: Bool
  package let askedAt: Timestamp?
  package let mayResend: Bool
  package let code: String?
  package let declineCode: String?
  package let adviceCode: String?
  package let remedy: Remedy?
  /// What of a decline may be shown to the customer.
  package let safeReason: SafeReason?
  package let reason: String?

  init(row: Row) throws {
    charge = ChargeID(row["charge"])
    number = row["number"]
    kind = try row.named("kind")
    state = try row.named("state")
    request = FrozenRequest(path: row["path"], body: row["body"], idempotencyKey: row["idempotency_key"])
    confirmation = (row["confirm_key"] as String?).map {
      FrozenRequest(path: row["confirm_path"], body: row["confirm_body"], idempotencyKey: $0)
    }
    method = (row["payment_method"] as String?).map { PaymentMethodID($0) }
    intent = (row["payment_intent"] as String?).map { PaymentIntentID($0) }
    writtenAt = row.time("written_at")
    firstSentAt = row.timeIfAny("first_sent_at") ?? writtenAt
    sentAt = row.timeIfAny("sent_at")
    sends = row["sends"]
    isUnexecuted = row["sends"] == row["unexecuted"] as Int
    askedAt = row.timeIfAny("asked_at")
    mayResend = row["may_resend"]
    code = row["code"]
    declineCode = row["decline_code"]
    adviceCode = row["advice_code"]
    remedy = try row.namedIfAny("remedy")
    safeReason = try row.namedIfAny("safe_reason")
    reason = row["reason"]
  }
}

extension Ledger {
  /// Attempts that an earlier run left on the way or without an answer; those that were asked about longest ago first, so
  /// that none stands before the others for ever. Called with the tick lock held: whatever is `sending` then belongs to
  /// nobody any more.
  package func attemptsToSettle(limit: Int) throws -> [AttemptRecord] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM attempts WHERE state IN ('sending', 'unresolved') AND kind = 'off_session'
          ORDER BY coalesce(asked_at, 0), written_at LIMIT ?
        """, [limit]
      ).map { try AttemptRecord(row: $0) }
    }
  }

  /// Whether nobody knows yet what became of an attempt.
  package func isOut(_ charge: ChargeID, attempt number: Int) throws -> Bool {
    try read { db in
      try db.exists(
        "SELECT 1 FROM attempts WHERE charge = ? AND number = ? AND state IN ('sending', 'unresolved')",
        [charge.text, number])
    }
  }

  /// Bank debits on their way that were not read for a day (law 8).
  package func attemptsProcessing(notAskedSince: Timestamp, limit: Int) throws -> [AttemptRecord] {
    try read { db in
      try db.rows(
        "SELECT * FROM attempts WHERE state = 'processing' AND coalesce(asked_at, written_at) <= ? ORDER BY written_at LIMIT ?",
        [notAskedSince.milliseconds, limit]
      ).map { try AttemptRecord(row: $0) }
    }
  }

  /// Checkouts that were paid by a delayed method which has not settled, not asked about for a day.
  package func checkoutsProcessing(notAskedSince: Timestamp, limit: Int) throws -> [CheckoutRecord] {
    let unasked = """
      AND checkouts.state = 'complete'
        AND checkouts.number = (SELECT max(number) FROM checkouts WHERE charge = charges.id)
        AND NOT EXISTS (SELECT 1 FROM attempts WHERE charge = charges.id AND state = 'processing')
        AND coalesce(checkouts.asked_at, checkouts.closed_at) <= ? LIMIT ?
      """
    let arguments: StatementArguments = [notAskedSince.milliseconds, limit]
    return try read { db in
      let onTheirWay = try db.rows(
        """
        SELECT checkouts.* FROM charges JOIN checkouts ON checkouts.charge = charges.id
          WHERE charges.state = 'processing' \(unasked)
        """, arguments)
      // Money of another amount holds a charge whose debit is on its way.
      let held = try db.rows(
        """
        SELECT checkouts.* FROM matters JOIN charges ON charges.id = matters.subject
            JOIN checkouts ON checkouts.charge = charges.id
          WHERE matters.kind = 'wrong_amount' AND matters.cleared_at IS NULL AND charges.state = 'held'
            AND EXISTS (SELECT 1 FROM intents WHERE charge = charges.id AND kind = 'checkout' AND state = 'open')
            \(unasked)
        """, arguments)
      return try (onTheirWay + held).map { try CheckoutRecord(row: $0) }
    }
  }

  package func attempts(of charge: ChargeID) throws -> [AttemptRecord] {
    try read { db in
      try db.rows("SELECT * FROM attempts WHERE charge = ? ORDER BY number", [charge.text]).map {
        try AttemptRecord(row: $0)
      }
    }
  }

  /// The attempt that an intent of ours belongs to: the newest that used it.
  package func attempt(ofIntent intent: PaymentIntentID) throws -> AttemptRecord? {
    try read { db in
      try db.row(
        """
        SELECT attempts.* FROM intents JOIN attempts ON attempts.charge = intents.charge AND attempts.payment_intent = intents.id
          WHERE intents.id = ? ORDER BY attempts.number DESC LIMIT 1
        """, [intent.text]
      ).map { try AttemptRecord(row: $0) }
    }
  }

  package func noteAsked(_ checkout: CheckoutRecord, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE checkouts SET asked_at = ? WHERE charge = ? AND number = ?",
        [now.milliseconds, checkout.charge.text, checkout.number])
    }
  }

  package func noteAsked(_ attempt: AttemptRecord, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE attempts SET asked_at = ? WHERE charge = ? AND number = ?",
        [now.milliseconds, attempt.charge.text, attempt.number])
    }
  }
}
