package import Domain
import GRDB

/// What asking for an attempt on our own page came to.
package enum OnSessionOpening: Sendable {
  /// Written, and now to be sent.
  case written(AttemptRecord)
  /// One is on its way, or waits for the customer's bank.
  case live(AttemptRecord)
  /// The same was asked for a moment ago, and this is what became of it.
  case answered(AttemptRecord)
  /// This could collect as well, and is to be seen closed first (law 5).
  case besideCheckout(CheckoutRecord)
  case besideIntents([PaymentIntentID])
  /// The card was tried as often as the networks allow.
  case overBudget
  /// An attempt off session, or a debit, is on its way.
  case inFlight
  case notOwed(ChargeState)
}

/// Attempts that the customer makes on our own page: written before they are sent, like every other, and the only thing
/// that can collect as long as they last.
extension Ledger {
  /// - Parameters:
  ///   - method: already in the ledger.
  ///   - sameSince: an attempt with the same method that was written since and declined is the same click.
  ///   - maxPerCard30Days: attempts on one card in 30 days, over all charges.
  package func writeOnSession(
    of id: ChargeID, with method: PaymentMethodID, sameSince: Timestamp, maxPerCard30Days: Int, at now: Timestamp,
    freeze: (_ charge: Charge, _ number: Int) -> FrozenRequest
  ) throws -> OnSessionOpening {
    try writeRequests(at: now) { db in
      let charge = try db.charge(id)
      if let live = try db.row(
        "SELECT * FROM attempts WHERE charge = ? AND state IN ('sending', 'unresolved', 'processing')", [id.text])
      {
        let attempt = try AttemptRecord(row: live)
        return attempt.kind == .onSession && attempt.state != .processing ? .live(attempt) : .inFlight
      }
      switch charge.state {
      case .recovering where !charge.cancelRequested: break
      case .attempting, .unresolved, .processing: return .inFlight
      case .recovering: return .notOwed(.canceled)
      case .scheduled, .held, .paid, .uncollectible, .canceled: return .notOwed(charge.state)
      }
      if let last = try db.row(
        "SELECT * FROM attempts WHERE charge = ? AND kind = 'on_session' ORDER BY number DESC LIMIT 1", [id.text])
      {
        let attempt = try AttemptRecord(row: last)
        // Who has failed at their bank may be asked again.
        if attempt.method == method, attempt.writtenAt > sameSince, attempt.state != .needsCustomer {
          return .answered(attempt)
        }
      }
      if let row = try db.row(
        "SELECT * FROM checkouts WHERE charge = ? AND state IN ('opening', 'open', 'closing')", [id.text])
      {
        return .besideCheckout(try CheckoutRecord(row: row))
      }
      let intents = try db.wantOtherIntentsClosed(of: id, at: now)
      guard intents.isEmpty else { return .besideIntents(intents) }
      let key =
        try db.row("SELECT budget_key FROM payment_methods WHERE id = ?", [method.text])?["budget_key"] as String?
      guard try db.triesOnCard(key, since: now - .days(30)) < maxPerCard30Days else { return .overBudget }
      return .written(try db.writeOnSession(charge, method, at: now, freeze: freeze))
    }
  }

  /// The customer's bank asks: from now on the browser has what it takes to answer, and nothing else may collect.
  package func challengeOpened(
    _ charge: ChargeID, attempt number: Int, intent: PaymentIntentID, at now: Timestamp
  ) throws {
    try write(at: now) { db in
      let attempt = try db.attempt(charge, number)
      guard attempt.state.isLive else { return }
      try db.seeIntent(intent, of: charge, kind: AttemptKind.onSession.rawValue, .open, at: now)
      try db.run("UPDATE intents SET secret_left = 1 WHERE id = ?", [intent.text])
      // What was asked of the bank is answered: a later confirmation is another request.
      try db.run(
        """
        UPDATE attempts SET payment_intent = ?, state = 'sending', confirm_key = NULL, confirm_path = NULL,
          confirm_body = NULL WHERE charge = ? AND number = ?
        """, [intent.text, charge.text, number])
      let owed = try db.charge(charge)
      let isFound = owed.state == .unresolved
      if isFound {
        try db.step(owed, .customerAsked, StepContext(now: now, policy: .standard, hasPublicURL: true, zone: .utc))
      }
      guard attempt.intent == nil || isFound else { return }
      try db.note(
        .challengeOpened, charge: charge, at: now, ["number": String(number), "intent": intent.text])
    }
  }

  /// Writes the request that collects after the bank's question, once: whoever asks again sends the same.
  package func writeConfirmation(
    of charge: ChargeID, attempt number: Int, at now: Timestamp, freeze: (_ attempt: AttemptRecord) -> FrozenRequest
  ) throws -> AttemptRecord {
    try writeRequests(at: now) { db in
      let attempt = try db.attempt(charge, number)
      let owed = try db.charge(charge)
      // A withdrawn charge is not collected, whatever the bank has said.
      guard attempt.state.isLive, attempt.confirmation == nil, !owed.cancelRequested, !owed.state.isFinal else {
        return attempt
      }
      let request = freeze(attempt)
      try db.run(
        """
        UPDATE attempts SET confirm_key = ?, confirm_path = ?, confirm_body = ?, sends = sends + 1, sent_at = ?
          WHERE charge = ? AND number = ?
        """, [request.idempotencyKey, request.path, request.body, now.milliseconds, charge.text, number])
      try db.noteRequests(1)
      try db.note(.confirmationWritten, charge: charge, at: now, ["number": String(number)])
      return try db.attempt(charge, number)
    }
  }

  /// The customer went away, and what they could have answered was seen canceled: owed as before, and retried as planned.
  package func onSessionEnded(
    _ charge: ChargeID, attempt number: Int, intent: PaymentIntentID, _ context: StepContext
  ) throws -> Charge {
    try write(at: context.now) { db in
      try db.run(
        "UPDATE intents SET state = 'canceled', canceled_by_us = 1 WHERE id = ? AND state <> 'succeeded'",
        [intent.text])
      let attempt = try db.attempt(charge, number)
      let before = try db.charge(charge)
      guard attempt.state.isLive else { return before }
      try db.run(
        "UPDATE attempts SET state = 'needs_customer', concluded_at = ?, reason = ? WHERE charge = ? AND number = ?",
        [context.now.milliseconds, "the customer did not finish it", charge.text, number])
      try db.note(
        .attemptConcluded, charge: charge, at: context.now,
        [
          "number": String(number), "state": AttemptState.needsCustomer.rawValue, "intent": intent.text,
          "reason": "the customer did not finish it",
        ])
      try db.clear(.cannotClose, charge.text, at: context.now)
      guard before.state.isInFlight else { return before }
      return try db.step(before, .onSessionFailed, context)
    }
  }

  /// Attempts on our page that nobody has finished, written before a moment.
  package func onSessionAttempts(writtenBefore: Timestamp, limit: Int) throws -> [AttemptRecord] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM attempts WHERE state IN ('sending', 'unresolved') AND kind = 'on_session' AND written_at <= ?
          ORDER BY written_at LIMIT ?
        """, [writtenBefore.milliseconds, limit]
      ).map { try AttemptRecord(row: $0) }
    }
  }
}

extension Database {
  func attempt(_ charge: ChargeID, _ number: Int) throws -> AttemptRecord {
    guard let row = try row("SELECT * FROM attempts WHERE charge = ? AND number = ?", [charge.text, number]) else {
      throw LedgerError.unknown("attempt \(number) of charge \(charge)")
    }
    return try AttemptRecord(row: row)
  }

  /// What a browser could still collect through is closed, and seen closed, before anything else may.
  func closeOnSession(_ charge: ChargeID, at now: Timestamp) throws {
    for row in try rows(
      "SELECT id FROM intents WHERE charge = ? AND kind = 'on_session' AND state = 'open'", [charge.text])
    {
      try wantIntentClosed(row["id"], of: charge, at: now)
    }
  }

  /// - Returns: those that are to be seen canceled before anything else may collect.
  fileprivate func wantOtherIntentsClosed(of charge: ChargeID, at now: Timestamp) throws -> [PaymentIntentID] {
    let open = try rows(
      "SELECT id, state FROM intents WHERE charge = ? AND kind <> 'checkout' AND state IN ('open', 'closing')",
      [charge.text])
    for row in open where row["state"] == "open" { try wantIntentClosed(row["id"], of: charge, at: now) }
    return open.map { PaymentIntentID($0["id"]) }
  }

  fileprivate func writeOnSession(
    _ charge: Charge, _ method: PaymentMethodID, at now: Timestamp, freeze: (Charge, Int) -> FrozenRequest
  ) throws -> AttemptRecord {
    let number = try nextAttempt(of: charge.id)
    let request = freeze(charge, number)
    let label = try row("SELECT * FROM payment_methods WHERE id = ?", [method.text]).map {
      PaymentMethod(row: $0).label
    }
    try insertAttempt(
      number, of: charge.id, .onSession, request, with: method, called: label ?? method.text, reusing: nil,
      isRetry: true, at: now)
    try noteRequests(1)
    try step(charge, .attemptWritten, StepContext(now: now, policy: .standard, hasPublicURL: true, zone: .utc))
    return try attempt(charge.id, number)
  }

  /// The attempt as it is sent first: key and exact bytes, before anything leaves (law 2).
  ///
  /// - Parameters:
  ///   - label: what people call the payment method, for the charge's story.
  ///   - intent: the one that is confirmed again; `nil` makes another.
  func insertAttempt(
    _ number: Int, of charge: ChargeID, _ kind: AttemptKind, _ request: FrozenRequest, with method: PaymentMethodID,
    called label: String, reusing intent: PaymentIntentID?, isRetry: Bool, at now: Timestamp
  ) throws {
    try run(
      """
      INSERT INTO attempts (charge, number, kind, state, idempotency_key, path, body, payment_method, budget_key,
          payment_intent, written_at, sent_at, sends)
        VALUES (?1, ?2, ?3, 'sending', ?4, ?5, ?6, ?7, (SELECT budget_key FROM payment_methods WHERE id = ?7), ?8, ?9,
          ?9, 1)
      """,
      [
        charge.text, number, kind.rawValue, request.idempotencyKey, request.path, request.body, method.text,
        intent?.text, now.milliseconds,
      ])
    try run("UPDATE charges SET attempts_made = ? WHERE id = ?", [number, charge.text])
    try note(
      .attemptWritten, charge: charge, at: now,
      ["number": String(number), "method": label, "retry": isRetry ? "yes" : nil])
  }

  /// Never a number that Stripe knows, even if the ledger has forgotten the attempt (see `adopt`).
  func nextAttempt(of charge: ChargeID) throws -> Int {
    try count(
      """
      SELECT max(attempts_made, (SELECT coalesce(max(number), 0) FROM attempts WHERE charge = charges.id)) FROM charges
        WHERE id = ?
      """, [charge.text]) + 1
  }
}
