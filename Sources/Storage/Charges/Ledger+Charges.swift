package import Domain
import GRDB

/// An agreement's periods that have become due, as charges, and the agreement after them.
package struct DueTurns: Sendable {
  package let agreement: Agreement
  package var charges: [Charge] = []
  package var after: Agreement

  package init(of agreement: Agreement) {
    self.agreement = agreement
    after = agreement
  }
}

extension Ledger {
  /// Inserts what has become due and moves the agreements on, all in one commit.
  ///
  /// - Returns: how many charges are new.
  package func insert(_ due: [DueTurns], at now: Timestamp) throws -> Int {
    try write(at: now) { db in try due.reduce(0) { sum, turns in try sum + db.insert(turns, at: now) } }
  }

  /// Active agreements whose next period is due, a page at a time.
  package func agreementsDue(by now: Timestamp, after: (dueAt: Timestamp, id: AgreementID)?, limit: Int) throws
    -> [Agreement]
  {
    try read { db in
      try db.rows(
        """
        SELECT * FROM agreements WHERE next_due_at <= ? AND (next_due_at, id) > (?, ?) ORDER BY next_due_at, id LIMIT ?
        """,
        [now.milliseconds, after?.dueAt.milliseconds ?? Int64.min, after?.id.text ?? "", limit]
      ).map { try Agreement(row: $0) }
    }
  }

  /// Charges whose id begins so, at most `limit`: what a short reference means.
  package func charges(startingWith prefix: String, limit: Int) throws -> [ChargeID] {
    try read { db in
      try db.rows("SELECT id FROM charges WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT ?2", [prefix, limit])
        .map { ChargeID($0["id"]) }
    }
  }

  /// The jobs by which active agreements have something due.
  package func jobsOfDueAgreements(by now: Timestamp) throws -> [String] {
    try read { db in
      try db.rows("SELECT DISTINCT job FROM agreements WHERE next_due_at <= ?", [now.milliseconds]).map { $0["job"] }
    }
  }

  package func isJobInUse(_ name: String) throws -> Bool {
    try read { db in try db.exists("SELECT 1 FROM agreements WHERE job = ? AND state <> 'canceled'", [name]) }
  }

  package func charge(_ id: ChargeID) throws -> Charge? {
    try read { db in try db.row("SELECT * FROM charges WHERE id = ?", [id.text]).map { try Charge(row: $0) } }
  }

  /// The customer is gone at Stripe: what is owed is held, because neither a charge nor a link can work any more, and
  /// the agreements are paused.
  package func customerGone(_ id: CustomerID, at now: Timestamp, context: (Charge) -> StepContext) throws {
    try write(at: now) { db in
      for row in try db.rows(
        "SELECT * FROM charges WHERE customer = ? AND state IN ('scheduled', 'recovering')", [id.text])
      {
        let charge = try Charge(row: row)
        try db.run("UPDATE recoveries SET next_retry_at = NULL, wants_link = 0 WHERE charge = ?", [charge.id.text])
        try db.wantInstrumentsClosed(charge, at: now)
        try db.note(.held, charge: charge.id, at: now, ["reason": HeldReason.customerGone.rawValue])
        try db.step(charge, .heldBack(.customerGone), context(charge))
      }
      for row in try db.rows(
        "SELECT id FROM agreements WHERE customer = ? AND state IN ('active', 'pending')", [id.text])
      {
        try db.pauseAgreement(AgreementID(row["id"]), reason: "the customer is gone", at: now)
        try db.raise(.held, row["id"], "its customer no longer exists at Stripe; `dues agreement cancel` it", at: now)
      }
    }
  }

  /// What is held for a reason, the oldest first; absent filters do not filter.
  package func charges(heldFor reason: HeldReason, job: String?, customer: CustomerID?) throws -> [Charge] {
    try read { db in
      try db.rows(
        """
        SELECT charges.* FROM matters JOIN charges ON charges.id = matters.subject
          WHERE matters.cleared_at IS NULL AND charges.state = 'held' AND charges.held_reason = ?1
            AND (?2 IS NULL OR charges.job = ?2) AND (?3 IS NULL OR charges.customer = ?3)
          GROUP BY charges.id ORDER BY charges.due_at, charges.id
        """, [reason.rawValue, job, customer?.text]
      ).map { try Charge(row: $0) }
    }
  }

  /// Lets a held charge go. Its recovery, if it has one, goes on with a link, and with time left to use it.
  package func approve(_ id: ChargeID, at now: Timestamp, context: (Charge) -> StepContext) throws -> Charge {
    try write(at: now) { db in
      let charge = try db.charge(id)
      guard charge.state == .held else {
        throw LedgerError.cannot("charge \(id) is \(charge.state.rawValue); only a held one can be approved")
      }
      let recovery = try db.row("SELECT ended_at FROM recoveries WHERE charge = ?", [id.text])
      if recovery?.timeIfAny("ended_at") != nil {
        throw LedgerError.cannot(
          "charge \(id) was over before it was held; cancel it, and enqueue what is still owed anew")
      }
      if let agreement = charge.origin.agreement, recovery == nil, try db.agreement(agreement).state == .canceled {
        throw LedgerError.cannot("the agreement of charge \(id) is canceled; cancel the charge as well")
      }
      // Held by money of another amount while its debit was on its way.
      let isUnderWay = try db.exists(
        """
        SELECT 1 WHERE EXISTS
            (SELECT 1 FROM attempts WHERE charge = ?1 AND state IN ('sending', 'unresolved', 'processing'))
          OR EXISTS (SELECT 1 FROM intents WHERE charge = ?1 AND kind = 'checkout' AND state = 'open')
        """, [id.text])
      if isUnderWay {
        throw LedgerError.cannot("a payment of charge \(id) is still on its way; approve it when that is over")
      }
      let context = context(charge)
      try db.note(.approved, charge: id, at: now)
      let after = try db.step(charge, .approved(isRecovering: recovery != nil), context) { $0.isApproved = true }
      if recovery != nil { try db.reviveRecovery(after, context) }
      return after
    }
  }

  /// Withdraws a charge. What is in flight ends first: the recover pass then closes what is open and says `canceled`.
  package func requestCancel(_ id: ChargeID, reason: String, at now: Timestamp) throws -> Charge {
    try write(at: now) { db in
      let charge = try db.charge(id)
      guard charge.state.after(.cancelRequested) != nil else {
        throw LedgerError.cannot("charge \(id) is \(charge.state.rawValue); it cannot be canceled")
      }
      try db.requestCancel(charge, reason: reason, at: now)
      return try db.charge(id)
    }
  }

  /// Withdrawn charges with nothing in flight and every instrument seen closed.
  package func chargesToCancel(limit: Int) throws -> [Charge] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM charges WHERE cancel_requested = 1 AND state IN ('scheduled', 'held', 'recovering')
          AND NOT EXISTS (SELECT 1 FROM checkouts WHERE charge = charges.id AND state IN ('opening', 'open', 'closing'))
          AND NOT EXISTS (SELECT 1 FROM intents WHERE charge = charges.id AND kind <> 'checkout' AND state IN ('open', 'closing'))
          ORDER BY id LIMIT ?
        """, [limit]
      ).map { try Charge(row: $0) }
    }
  }

  package func finishCancel(_ id: ChargeID, _ context: StepContext) throws {
    try write(at: context.now) { db in
      let charge = try db.charge(id)
      guard charge.cancelRequested, !charge.state.isFinal, try db.liveInstruments(of: id) == 0 else { return }
      try db.step(charge, .closedForCancel, context) { $0.cancelRequested = false }
      try db.note(.canceled, charge: id, at: context.now)
    }
  }
}

extension Database {
  func requestCancel(_ charge: Charge, reason: String, at now: Timestamp) throws {
    try run("UPDATE charges SET cancel_requested = 1 WHERE id = ?", [charge.id.text])
    try run("UPDATE recoveries SET next_retry_at = NULL, wants_link = 0 WHERE charge = ?", [charge.id.text])
    try note(.cancelRequested, charge: charge.id, at: now, ["reason": reason])
    try wantInstrumentsClosed(charge, at: now)
  }

  /// What could still collect for a charge: live attempts, checkouts and intents of ours.
  func liveInstruments(of charge: ChargeID) throws -> Int {
    try count(
      """
      SELECT (SELECT count(*) FROM attempts WHERE charge = ?1 AND state IN ('sending', 'unresolved', 'processing'))
        + (SELECT count(*) FROM checkouts WHERE charge = ?1 AND state IN ('opening', 'open', 'closing'))
        + (SELECT count(*) FROM intents WHERE charge = ?1 AND kind <> 'checkout' AND state IN ('open', 'closing'))
      """, [charge.text])
  }
}

extension Database {
  fileprivate func insert(_ due: DueTurns, at now: Timestamp) throws -> Int {
    let stored = try agreement(due.agreement.id)
    // Ended, moved on or given other terms a moment ago: the next tick asks it again.
    guard stored.state == .active, stored.isAtTurn(of: due.agreement) else { return 0 }
    var inserted = 0
    for charge in due.charges where try !exists("SELECT 1 FROM charges WHERE id = ?", [charge.id.text]) {
      var fresh = charge
      fresh.paymentMethod = stored.paymentMethod
      try insert(fresh, by: "schedule", at: now)
      inserted += 1
    }
    var moved = due.after
    moved.paymentMethod = stored.paymentMethod
    try write(moved)
    if let taken = stored.change, moved.change == nil {
      try noteTerms(.termsChanged, of: moved, from: taken.from, at: now)
    }
    return inserted
  }
}
