package import Domain
import GRDB

/// Refunds of ours: written before they are sent (law 2), one at a time for each payment.
extension Ledger {
  package func payments(of charge: ChargeID) throws -> [PaymentRecord] {
    try read { db in
      try db.rows("SELECT * FROM payments WHERE charge = ? ORDER BY seen_at, payment_intent", [charge.text])
        .map { try PaymentRecord(row: $0) }
    }
  }

  /// Those that were recorded within a time, by their intents' ids, after one of them.
  package func payments(
    seenSince: Timestamp, before: Timestamp, after: PaymentIntentID?, limit: Int
  ) throws -> [PaymentRecord] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM payments WHERE payment_intent > ? AND seen_at >= ? AND seen_at < ? ORDER BY payment_intent LIMIT ?
        """, [after?.text ?? "", seenSince.milliseconds, before.milliseconds, limit]
      ).map { try PaymentRecord(row: $0) }
    }
  }

  package func payment(through intent: PaymentIntentID) throws -> PaymentRecord? {
    try read { db in
      try db.row("SELECT * FROM payments WHERE payment_intent = ?", [intent.text]).map { try PaymentRecord(row: $0) }
    }
  }

  /// Writes the request of a refund, once its amount is known to be there.
  ///
  /// - Parameters:
  ///   - intent: which payment; `nil` where there is one only.
  ///   - amount: `nil` is all that is left of it.
  /// - Throws: ``LedgerError/cannot(_:)`` naming what stands against it.
  package func writeRefund(
    of charge: ChargeID, intent: PaymentIntentID?, amount: Int64?, at now: Timestamp,
    freeze: (_ payment: PaymentRecord, _ amount: Int64, _ number: Int) -> FrozenRequest
  ) throws -> RefundOpening {
    try writeRequests(at: now) { db in
      let payment = try db.payment(of: charge, through: intent)
      if let row = try db.row(
        "SELECT * FROM refunds WHERE payment_intent = ? AND state = 'sending'", [payment.intent.text])
      {
        return .live(try RefundRecord(row: row))
      }
      let left = payment.received.amount - payment.refunded
      let currency = payment.received.currency
      guard left > 0 else { throw LedgerError.cannot("payment \(payment.intent) has gone back whole already") }
      let wanted = amount ?? left
      guard wanted > 0 else { throw LedgerError.cannot("a refund needs an amount above 0") }
      guard wanted <= left else {
        throw LedgerError.cannot(
          "of payment \(payment.intent) \(Money(amount: left, currency: currency)) is left, which is less than"
            + " \(Money(amount: wanted, currency: currency))")
      }
      let number = try db.nextNumber(in: "refunds")
      let request = freeze(payment, wanted, number)
      try db.run(
        """
        INSERT INTO refunds (number, charge, payment_intent, amount, state, idempotency_key, path, body, written_at)
          VALUES (?, ?, ?, ?, 'sending', ?, ?, ?, ?)
        """,
        [
          number, charge.text, payment.intent.text, wanted, request.idempotencyKey, request.path, request.body,
          now.milliseconds,
        ])
      try db.noteRequests(1)
      try db.note(
        .refundWritten, charge: charge, at: now,
        [
          "number": String(number), "amount": "\(Money(amount: wanted, currency: currency))",
          "intent": payment.intent.text,
        ])
      return .written(try db.refund(number))
    }
  }

  /// Refunds without a certain answer, oldest first.
  package func refundsToSettle(limit: Int) throws -> [RefundRecord] {
    try read { db in
      try db.rows("SELECT * FROM refunds WHERE state = 'sending' ORDER BY written_at LIMIT ?", [limit])
        .map { try RefundRecord(row: $0) }
    }
  }

  /// It is about to be sent.
  ///
  /// - Returns: whether it still may be; `false`: somebody has concluded it meanwhile.
  package func noteRefundSend(_ number: Int, at now: Timestamp) throws -> Bool {
    try write(at: now) { db in
      try db.run("UPDATE refunds SET sent_at = ? WHERE number = ? AND state = 'sending'", [now.milliseconds, number])
      return db.changesCount == 1
    }
  }

  /// Stripe has made it. What has gone back is read from the payment, not from here.
  package func refundMade(_ number: Int, refund: String, at now: Timestamp) throws {
    try write(at: now) { db in
      let record = try db.refund(number)
      // Also one that another process was told to be refused: Stripe has it.
      guard record.state != .done else { return }
      try db.run(
        "UPDATE refunds SET state = 'done', refund = ?, concluded_at = ?, reason = NULL WHERE number = ?",
        [refund, now.milliseconds, number])
      try db.note(
        .refundMade, charge: record.charge, at: now, ["number": String(number), "refund": refund])
      try db.clear(.refundUnanswered, record.charge.text, at: now)
    }
  }

  /// Stripe had made it, and it did not arrive; said once.
  package func refundFailed(_ refund: String, at now: Timestamp) throws {
    try write(at: now) { db in
      guard let row = try db.row("SELECT * FROM refunds WHERE refund = ? AND state = 'done'", [refund]) else { return }
      let record = try RefundRecord(row: row)
      guard record.reason == nil else { return }
      let reason = "Stripe had made it, and it failed"
      try db.run("UPDATE refunds SET reason = ? WHERE number = ?", [reason, record.number])
      try db.note(
        .refundRefused, charge: record.charge, at: now, ["number": String(record.number), "reason": reason])
    }
  }

  /// It was not made, for certain.
  ///
  /// - Parameter sentAt: only if it has not been sent again since, by another process; `nil`: whoever has sent it.
  /// - Returns: whether it is refused now.
  @discardableResult
  package func refundRefused(_ number: Int, reason: String, ifSentAt sentAt: Timestamp? = nil, at now: Timestamp) throws
    -> Bool
  {
    try write(at: now) { db in
      let record = try db.refund(number)
      guard record.state == .sending, sentAt == nil || sentAt == record.sentAt else {
        return record.state == .refused
      }
      try db.run(
        "UPDATE refunds SET state = 'refused', reason = ?, concluded_at = ? WHERE number = ?",
        [reason, now.milliseconds, number])
      try db.note(
        .refundRefused, charge: record.charge, at: now, ["number": String(number), "reason": reason])
      try db.clear(.refundUnanswered, record.charge.text, at: now)
      return true
    }
  }
}

extension Database {
  fileprivate func refund(_ number: Int) throws -> RefundRecord {
    guard let row = try row("SELECT * FROM refunds WHERE number = ?", [number]) else {
      throw LedgerError.unknown("refund \(number)")
    }
    return try RefundRecord(row: row)
  }

  /// The payment that is meant; of several one has to be named.
  fileprivate func payment(of charge: ChargeID, through intent: PaymentIntentID?) throws -> PaymentRecord {
    _ = try self.charge(charge)
    let all = try rows("SELECT * FROM payments WHERE charge = ? ORDER BY seen_at, payment_intent", [charge.text])
      .map { try PaymentRecord(row: $0) }
    guard !all.isEmpty else { throw LedgerError.cannot("charge \(charge) has no payment at Stripe to refund") }
    let names = all.map { "\($0.intent) (\($0.received))" }.joined(separator: ", ")
    if let intent {
      guard let named = all.first(where: { $0.intent == intent }) else {
        throw LedgerError.cannot("payment \(intent) is not one of charge \(charge); it has \(names)")
      }
      return named
    }
    guard all.count == 1, let only = all.first else {
      throw LedgerError.cannot("charge \(charge) was paid more than once; say which with --payment-intent: \(names)")
    }
    return only
  }
}
