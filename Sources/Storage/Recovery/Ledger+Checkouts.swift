package import Domain
import GRDB

/// The life of a recovery's checkouts: written, opened, closing, and seen closed (law 5).
extension Ledger {
  /// Writes the request of a new checkout, if nothing else could collect. Check and row are one transaction.
  package func writeCheckout(
    for id: ChargeID, by opener: CheckoutOpener, expiresAt: Timestamp, at now: Timestamp,
    freeze: (Charge, _ number: Int) -> FrozenRequest
  ) throws -> CheckoutOpening {
    try writeRequests(at: now) { db in
      let charge = try db.charge(id)
      switch charge.state {
      case .recovering: break
      case .attempting, .unresolved, .processing: return .inFlight
      case .scheduled, .held, .paid, .uncollectible, .canceled: return .notOwed(charge.state)
      }
      guard !charge.cancelRequested else { return .notOwed(.canceled) }
      // An intent that waits for the customer elsewhere (microdeposits) could collect as well until it is seen canceled.
      guard try !db.exists("SELECT 1 FROM intents WHERE charge = ? AND state = 'closing'", [id.text]) else {
        return .inFlight
      }
      if let live = try db.row(
        "SELECT * FROM checkouts WHERE charge = ? AND state IN ('opening', 'open', 'closing')", [id.text])
      {
        return .live(try CheckoutRecord(row: live))
      }
      let number = try db.count("SELECT coalesce(max(number), 0) FROM checkouts WHERE charge = ?", [id.text]) + 1
      let request = freeze(charge, number)
      try db.run(
        """
        INSERT INTO checkouts (charge, number, state, opened_by, idempotency_key, path, body, expires_at, written_at, sends, sent_at)
          VALUES (?, ?, 'opening', ?, ?, ?, ?, ?, ?, 1, ?)
        """,
        [
          id.text, number, opener.rawValue, request.idempotencyKey, request.path, request.body, expiresAt.milliseconds,
          now.milliseconds, now.milliseconds,
        ])
      try db.noteRequests(1)
      try db.note(.checkoutWritten, charge: id, at: now, ["number": String(number), "by": opener.rawValue])
      guard let row = try db.row("SELECT * FROM checkouts WHERE charge = ? AND number = ?", [id.text, number]) else {
        throw LedgerError.unknown("checkout \(number) of charge \(id)")
      }
      return .written(try CheckoutRecord(row: row))
    }
  }

  /// Stripe has made it. If the charge is no longer owed, it is to be closed at once. Whoever sent the same request beside
  /// another hears of the same session later, and changes nothing.
  package func checkoutOpened(
    _ checkout: CheckoutRecord, session: CheckoutSessionID, url: String?, expiresAt: Timestamp, at now: Timestamp
  ) throws -> CheckoutRecord {
    try write(at: now) { db in
      let there = try db.checkout(checkout.charge, checkout.number)
      guard there.session == nil else { return there }
      let charge = try db.charge(checkout.charge)
      let wanted = charge.state == .recovering && !charge.cancelRequested
      try db.run(
        """
        UPDATE checkouts SET state = ?, session = ?, url = ?, expires_at = ? WHERE charge = ? AND number = ? AND state = 'opening'
        """,
        [
          wanted ? "open" : "closing", session.text, url, expiresAt.milliseconds, checkout.charge.text, checkout.number,
        ])
      try db.run("UPDATE recoveries SET wants_link = 0 WHERE charge = ?", [checkout.charge.text])
      try db.note(
        .checkoutOpened, charge: checkout.charge, at: now,
        ["number": String(checkout.number), "session": session.text, "expires": "\(expiresAt)"])
      return try db.checkout(checkout.charge, checkout.number)
    }
  }

  /// Stripe refused to make it. The charge is held: a link cannot be offered until a person has mended the cause.
  package func checkoutRefused(_ checkout: CheckoutRecord, _ held: HeldReason, reason: String, _ context: StepContext)
    throws
  {
    try write(at: context.now) { db in
      try db.run(
        "UPDATE checkouts SET state = 'failed', closed_at = ?, reason = ? WHERE charge = ? AND number = ? AND state = 'opening'",
        [context.now.milliseconds, reason, checkout.charge.text, checkout.number])
      try db.note(
        .checkoutClosed, charge: checkout.charge, at: context.now,
        ["number": String(checkout.number), "state": "failed", "reason": reason])
      let charge = try db.charge(checkout.charge)
      guard charge.state == .recovering else { return }
      try db.run(
        "UPDATE recoveries SET next_retry_at = NULL, wants_link = 1 WHERE charge = ? AND ended_at IS NULL",
        [charge.id.text])
      try db.note(.held, charge: charge.id, at: context.now, ["reason": held.rawValue, "detail": reason])
      try db.step(charge, .heldBack(held), context)
    }
  }

  /// The request came too late for its own `expires_at`; it was never executed, and a fresh one may be written.
  package func checkoutLapsed(_ checkout: CheckoutRecord, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE checkouts SET state = 'failed', closed_at = ?, reason = ? WHERE charge = ? AND number = ? AND state IN ('opening', 'closing')",
        [now.milliseconds, reason, checkout.charge.text, checkout.number])
      try db.note(
        .checkoutClosed, charge: checkout.charge, at: now,
        ["number": String(checkout.number), "state": "failed", "reason": reason])
    }
  }

  /// We want it closed; committed before Stripe is asked to.
  package func wantClosed(_ checkout: CheckoutRecord, reason: String, at now: Timestamp) throws -> CheckoutRecord {
    try write(at: now) { db in
      let there = try db.checkout(checkout.charge, checkout.number)
      guard there.state == .open else { return there }
      try db.run(
        "UPDATE checkouts SET state = 'closing' WHERE charge = ? AND number = ?",
        [checkout.charge.text, checkout.number])
      try db.note(
        .checkoutClosing, charge: checkout.charge, at: now, ["number": String(checkout.number), "reason": reason])
      return try db.checkout(checkout.charge, checkout.number)
    }
  }

  /// Stripe shows it expired: nobody can pay it any more.
  package func checkoutExpired(_ session: CheckoutSessionID, at now: Timestamp) throws {
    try write(at: now) { db in
      guard let row = try db.row("SELECT * FROM checkouts WHERE session = ?", [session.text]) else { return }
      let checkout = try CheckoutRecord(row: row)
      guard checkout.state.isLive else { return }
      try db.close(checkout, as: .expired, at: now)
    }
  }

  package func checkout(session: CheckoutSessionID) throws -> CheckoutRecord? {
    try read { db in
      try db.row("SELECT * FROM checkouts WHERE session = ?", [session.text]).map { try CheckoutRecord(row: $0) }
    }
  }

  /// A customer was led to a checkout that the engine had opened: from now on it is theirs, and a retry waits for them.
  package func checkoutClicked(_ checkout: CheckoutRecord, at now: Timestamp) throws {
    guard checkout.openedBy == .engine else { return }
    try write(at: now) { db in
      try db.run(
        "UPDATE checkouts SET opened_by = 'customer' WHERE charge = ? AND number = ? AND state = 'open'",
        [checkout.charge.text, checkout.number])
    }
  }

  package func latestCheckout(of charge: ChargeID) throws -> CheckoutRecord? {
    try read { db in
      try db.row("SELECT * FROM checkouts WHERE charge = ? ORDER BY number DESC LIMIT 1", [charge.text])
        .map { try CheckoutRecord(row: $0) }
    }
  }

  package func liveCheckout(of charge: ChargeID) throws -> CheckoutRecord? {
    try read { db in
      try db.row("SELECT * FROM checkouts WHERE charge = ? AND state IN ('opening', 'open', 'closing')", [charge.text])
        .map { try CheckoutRecord(row: $0) }
    }
  }

  /// Written or wanted closed, and not seen so yet: an earlier run ended in between, or Stripe did not answer.
  package func checkoutsToSettle(limit: Int) throws -> [CheckoutRecord] {
    try read { db in
      try db.rows("SELECT * FROM checkouts WHERE state IN ('opening', 'closing') ORDER BY written_at LIMIT ?", [limit])
        .map { try CheckoutRecord(row: $0) }
    }
  }

  /// Open checkouts that must have expired by now; Stripe is asked, in case no event came.
  package func checkoutsOverdue(at now: Timestamp, limit: Int) throws -> [CheckoutRecord] {
    try read { db in
      try db.rows(
        "SELECT * FROM checkouts WHERE state = 'open' AND expires_at < ? ORDER BY expires_at LIMIT ?",
        [now.milliseconds, limit]
      )
      .map { try CheckoutRecord(row: $0) }
    }
  }

  package func noteCheckoutSend(_ checkout: CheckoutRecord, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE checkouts SET sends = sends + 1, sent_at = ? WHERE charge = ? AND number = ?",
        [now.milliseconds, checkout.charge.text, checkout.number])
    }
  }
}

extension Database {
  func checkout(_ charge: ChargeID, _ number: Int) throws -> CheckoutRecord {
    guard let row = try row("SELECT * FROM checkouts WHERE charge = ? AND number = ?", [charge.text, number]) else {
      throw LedgerError.unknown("checkout \(number) of charge \(charge)")
    }
    return try CheckoutRecord(row: row)
  }

  func close(_ checkout: CheckoutRecord, as state: CheckoutState, at now: Timestamp) throws {
    try run(
      "UPDATE checkouts SET state = ?, closed_at = ? WHERE charge = ? AND number = ?",
      [state.rawValue, now.milliseconds, checkout.charge.text, checkout.number])
    try clear(.cannotClose, checkout.charge.text, at: now)
    try note(
      .checkoutClosed, charge: checkout.charge, at: now, ["number": String(checkout.number), "state": state.rawValue])
  }
}
