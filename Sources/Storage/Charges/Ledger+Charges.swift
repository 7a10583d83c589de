package import Domain
import Foundation
import GRDB

extension Ledger {
  /// Inserts a one-off under its key; the same key with the same values is the same charge.
  ///
  /// - Parameter equalWithin: refuses an equal charge that was enqueued so recently under another key; `nil`: does not look.
  package func enqueue(_ charge: Charge, equalWithin: Duration?, at now: Timestamp) throws -> Addition<Charge> {
    try write(at: now) { db in
      if let found = try db.known(charge) { return found }
      if let equalWithin,
        let row = try db.row(
          """
          SELECT * FROM charges WHERE customer = ? AND key IS NOT NULL AND amount = ? AND currency = ? AND description = ?
            AND created_at > ? AND state <> 'canceled'
          """,
          [
            charge.customer.text, charge.money.amount, charge.money.currency.code, charge.description,
            (now - equalWithin).milliseconds,
          ])
      {
        return .again(try Charge(row: row))
      }
      try db.insert(charge, by: "admin", at: now)
      return .added(charge)
    }
  }

  /// Inserts one-offs under their keys, all or none; those that are there already stay as they are.
  ///
  /// - Throws: ``LedgerError/cannot(_:)`` if one is there with other values, which ``known(_:)`` says beforehand.
  /// - Returns: how many are new.
  package func enqueue(all charges: [Charge], at now: Timestamp) throws -> Int {
    try write(at: now) { db in
      var added = 0
      for charge in charges {
        switch try db.known(charge) {
        case nil:
          try db.insert(charge, by: "admin", at: now)
          added += 1
        case .differs(let difference)?:
          throw LedgerError.cannot("charge \(charge.id) is there already, with other values: \(difference)")
        case .added?, .existing?, .again?: continue
        }
      }
      return added
    }
  }

  /// What enqueueing a charge under its key would come to; `nil` if nothing has its key.
  package func known(_ charge: Charge) throws -> Addition<Charge>? { try read { db in try db.known(charge) } }

  /// The periods of one agreement that have become due, as one step: charges inserted, the agreement moved on.
  package func insert(
    _ charges: [Charge], of agreement: Agreement, becoming after: Agreement, at now: Timestamp
  ) throws -> Int {
    try write(at: now) { db in
      let stored = try db.agreement(agreement.id)
      // Ended, moved on or given other terms a moment ago: the next tick asks it again.
      guard stored.state == .active, stored.isAtTurn(of: agreement) else { return 0 }
      var inserted = 0
      for charge in charges where try db.row("SELECT 1 FROM charges WHERE id = ?", [charge.id.text]) == nil {
        var fresh = charge
        fresh.paymentMethod = stored.paymentMethod
        try db.insert(fresh, by: "schedule", at: now)
        inserted += 1
      }
      var moved = after
      moved.paymentMethod = stored.paymentMethod
      try db.write(moved)
      if stored.change != nil, moved.change == nil { try db.noteTerms(.termsChanged, of: moved, at: now) }
      return inserted
    }
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
    try read { db in try db.row("SELECT 1 FROM agreements WHERE job = ? AND state <> 'canceled'", [name]) != nil }
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
      var charge = try db.charge(id)
      let recovery = try db.row("SELECT ended_at FROM recoveries WHERE charge = ?", [id.text])
      if recovery?.timeIfAny("ended_at") != nil {
        throw LedgerError.cannot(
          "charge \(id) was over before it was held; cancel it, and enqueue what is still owed anew")
      }
      if let agreement = charge.origin.agreement, recovery == nil, try db.agreement(agreement).state == .canceled {
        throw LedgerError.cannot("the agreement of charge \(id) is canceled; cancel the charge as well")
      }
      let context = context(charge)
      charge.isApproved = true
      try db.note(.approved, charge: id, at: now)
      let after = try db.step(charge, .approved(isRecovering: recovery != nil), context)
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
      var charge = try db.charge(id)
      guard charge.cancelRequested, !charge.state.isFinal, try db.liveInstruments(of: id) == 0 else { return }
      charge.cancelRequested = false
      try db.step(charge, .closedForCancel, context)
      try db.note(.canceled, charge: id, at: context.now)
    }
  }
}

extension Database {
  fileprivate func known(_ charge: Charge) throws -> Addition<Charge>? {
    guard let row = try row("SELECT * FROM charges WHERE id = ?", [charge.id.text]) else { return nil }
    let there = try Charge(row: row)
    // Of what was found at Stripe nobody knows when it was due.
    let wasFound = try self.row(
      "SELECT 1 FROM history WHERE charge = ? AND what = 'created' AND detail ->> 'by' = 'found at Stripe'",
      [charge.id.text])
    return there.difference(from: charge, ignoresDueDate: wasFound != nil).map { .differs($0) } ?? .existing(there)
  }

  func insert(_ charge: Charge, by: String, at now: Timestamp) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try run(
      """
      INSERT INTO charges (id, state, customer, amount, currency, description, statement_descriptor_suffix, agreement, period,
          job, key, due_at, payment_method, held_reason, metadata, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        charge.id.text, charge.state.rawValue, charge.customer.text, charge.money.amount, charge.money.currency.code,
        charge.description, charge.statementDescriptorSuffix, charge.origin.agreement?.text,
        charge.origin.period?.text, charge.origin.job, charge.origin.key, charge.dueAt.milliseconds,
        charge.paymentMethod?.text, charge.heldReason?.rawValue,
        String(decoding: try encoder.encode(charge.metadata), as: UTF8.self), now.milliseconds,
      ])
    try note(.created, charge: charge.id, at: now, ["by": by])
    if let reason = charge.heldReason {
      try note(.held, charge: charge.id, at: now, ["reason": reason.rawValue])
      try raise(.held, charge.id.text, reason.advice, at: now)
    }
  }

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

extension Charge {
  fileprivate func difference(from other: Charge, ignoresDueDate: Bool) -> String? {
    if customer != other.customer { return "customer is \(customer), not \(other.customer)" }
    if money.currency != other.money.currency { return "currency is \(money.currency), not \(other.money.currency)" }
    if money != other.money { return "amount is \(money), not \(other.money)" }
    if !ignoresDueDate, dueAt != other.dueAt { return "due date is \(dueAt), not \(other.dueAt)" }
    return nil
  }
}
