package import Domain
import GRDB

/// What an attempt came to, to be committed.
package struct AttemptEnding: Sendable {
  package let charge: ChargeID
  package let number: Int
  package let conclusion: Conclusion
  package let context: StepContext

  package init(charge: ChargeID, number: Int, conclusion: Conclusion, context: StepContext) {
    self.charge = charge
    self.number = number
    self.conclusion = conclusion
    self.context = context
  }
}

extension Ledger {
  /// Commits what an attempt came to: attempt, intent, charge, recovery, notices and messages in one step.
  ///
  /// An attempt that is already concluded is left alone (an event or another process was first), unless money has come:
  /// money is always recorded.
  package func conclude(
    _ charge: ChargeID, attempt number: Int, _ conclusion: Conclusion, _ context: StepContext
  ) throws -> Charge {
    try write(at: context.now) { db in
      try db.conclude(AttemptEnding(charge: charge, number: number, conclusion: conclusion, context: context))
    }
  }

  /// The same for several attempts, all or none: one commit costs as much for many as for one.
  ///
  /// - Returns: their charges, in the same order.
  package func conclude(_ endings: [AttemptEnding]) throws -> [Charge] {
    guard let now = endings.first?.context.now else { return [] }
    return try write(at: now) { db in try endings.map { try db.conclude($0) } }
  }

  /// An unanswered request is about to be sent again, under its own key.
  ///
  /// - Returns: whether it may; `false` if somebody has ended the attempt or the charge meanwhile, or withdrawn it.
  package func noteResend(_ charge: ChargeID, attempt number: Int, at now: Timestamp) throws -> Bool {
    try write(at: now) { db in
      let attempt = try db.attempt(charge, number)
      guard attempt.state == .sending || attempt.state == .unresolved, try !db.charge(charge).isOverOrWithdrawn else {
        return false
      }
      try db.noteResend(charge, attempt: number, at: now)
      return true
    }
  }
}

extension Database {
  func noteResend(_ charge: ChargeID, attempt number: Int, at now: Timestamp) throws {
    try run(
      """
      UPDATE attempts SET first_sent_at = CASE WHEN sends = unexecuted THEN ?1 ELSE first_sent_at END,
        sends = sends + 1, sent_at = ?1 WHERE charge = ?2 AND number = ?3
      """, [now.milliseconds, charge.text, number])
    try note(.attemptResent, charge: charge, at: now, ["number": String(number), "reason": "no answer yet"])
  }

  fileprivate func conclude(_ ending: AttemptEnding) throws -> Charge {
    let (id, number, conclusion, context) = (ending.charge, ending.number, ending.conclusion, ending.context)
    let before = try charge(id)
    let attempt = try first(
      "SELECT state, kind, payment_method FROM attempts WHERE charge = ? AND number = ?", [id.text, number]
    ) { row in
      (
        state: try row.named("state") as AttemptState, kind: try row.named("kind") as AttemptKind,
        method: row["payment_method"] as String?
      )
    }
    guard let (state, kind, method) = attempt else { throw LedgerError.unknown("attempt \(number) of charge \(id)") }
    // Told once: this success is concluded, and its money recorded.
    if state == .succeeded, case .succeeded = conclusion.outcome, let intent = conclusion.intent,
      try isRecorded(intent)
    {
      return before
    }
    if case .succeeded(let received) = conclusion.outcome, let intent = conclusion.intent {
      try finish(id, number, conclusion, at: context.now)
      // The step to paid writes its intent as well.
      let becomesPaid = try before.state != .paid && received == before.money && !isRecorded(intent)
      if !becomesPaid { try see(intent, conclusion, of: before, attempt: number, kind, at: context.now) }
      let after = try receive(
        received, through: intent, by: kind == .onSession ? .onSession : .offSession, session: nil,
        for: becomesPaid ? before : charge(id), context)
      if kind == .onSession, before.state != .paid, after.state == .paid {
        try keepMethod(method, paying: before, context)
      }
      // Money that was known already, and is not what is owed.
      guard state.isLive, after.state.isInFlight else { return after }
      try note(.held, charge: id, at: context.now, ["reason": HeldReason.wrongAmount.rawValue])
      return try step(after, .heldBack(.wrongAmount), context)
    }
    if let intent = conclusion.intent {
      try see(intent, conclusion, of: before, attempt: number, kind, at: context.now)
    }
    guard state.isLive else {
      if let intent = conclusion.intent {
        try run(
          "UPDATE attempts SET payment_intent = ? WHERE charge = ? AND number = ?", [intent.text, id.text, number])
      }
      return try charge(id)
    }
    try finish(id, number, conclusion, at: context.now)
    if kind == .onSession, !conclusion.outcome.attemptState.isLive { try closeOnSession(id, at: context.now) }
    // Paid or ended otherwise meanwhile: the attempt is concluded, the charge stays what it is, and nothing stays open.
    guard before.state.isInFlight else {
      if before.isOverOrWithdrawn, !conclusion.outcome.attemptState.isLive {
        try wantInstrumentsClosed(before, at: context.now)
      }
      return before
    }
    if kind == .onSession {
      return try followUpOnSession(
        try charge(id), number, method, conclusion, context)
    }
    return try followUp(try charge(id), number, conclusion, context)
  }

  /// Notes an intent's id and state as soon as any answer names it, so that none stays open for ever unseen.
  fileprivate func see(
    _ intent: PaymentIntentID, _ conclusion: Conclusion, of charge: Charge, attempt number: Int, _ kind: AttemptKind,
    at now: Timestamp
  ) throws {
    let state = conclusion.intentState ?? .open
    try seeIntent(intent, of: charge.id, kind: kind.rawValue, state, at: now)
    // One of our page is never confirmed off session, and is closed with its attempt.
    if kind == .onSession { return }
    if state == .canceled {
      try run(
        "UPDATE charges SET payment_intent = NULL WHERE id = ? AND payment_intent = ?", [charge.id.text, intent.text])
    } else if state != .succeeded, !charge.state.isFinal {
      // An older attempt's intent never takes the place of the newest's.
      let isNewest = try !exists(
        "SELECT 1 FROM attempts WHERE charge = ? AND number > ?", [charge.id.text, number])
      if isNewest { try takeAsOwn(intent, of: charge.id) }
    }
  }

  /// A canceled or succeeded intent never becomes open again, or is to be closed, and one that we want closed stays wanted.
  func seeIntent(
    _ intent: PaymentIntentID, of charge: ChargeID, kind: String, _ state: IntentState, at now: Timestamp
  ) throws {
    try run(
      """
      INSERT INTO intents (id, charge, kind, state, seen_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at,
          state = CASE WHEN excluded.state = 'open' OR excluded.state = 'closing' AND state <> 'open' THEN state
            ELSE excluded.state END
      """, [intent.text, charge.text, kind, state.rawValue, now.milliseconds])
  }

  fileprivate func finish(_ charge: ChargeID, _ number: Int, _ conclusion: Conclusion, at now: Timestamp) throws {
    let facts = conclusion.outcome.facts
    let isOpen = conclusion.outcome.attemptState.isLive
    try run(
      """
      UPDATE attempts SET state = ?, payment_intent = coalesce(?, payment_intent), concluded_at = ?, code = ?, decline_code = ?, advice_code = ?, network_decline_code = ?,
          network_advice_code = ?, remedy = ?, safe_reason = ?, reason = ?, request_id = coalesce(?, request_id),
          may_resend = CASE WHEN ? THEN 0 ELSE may_resend END, asked_at = ?, unexecuted = min(sends, unexecuted + ?)
        WHERE charge = ? AND number = ?
      """,
      [
        conclusion.outcome.attemptState.rawValue, conclusion.intent?.text, isOpen ? nil : now.milliseconds,
        facts.decline?.code,
        facts.decline?.declineCode, facts.decline?.adviceCode, conclusion.networkDeclineCode,
        conclusion.networkAdviceCode, facts.remedy?.rawValue, facts.safeReason?.rawValue, facts.reason,
        conclusion.requestID, conclusion.endsResending, now.milliseconds, conclusion.isUnexecuted, charge.text, number,
      ])
    try note(
      .attemptConcluded, charge: charge, at: now,
      [
        "number": String(number), "state": conclusion.outcome.attemptState.rawValue, "code": facts.decline?.code,
        "decline_code": facts.decline?.declineCode, "advice_code": facts.decline?.adviceCode,
        "network_decline_code": conclusion.networkDeclineCode, "network_advice_code": conclusion.networkAdviceCode,
        "remedy": facts.remedy?.rawValue, "reason": facts.reason, "intent": conclusion.intent?.text,
      ])
  }

  /// The card that paid on our page becomes the one of what follows, if cards are to be kept: Stripe has attached it.
  fileprivate func keepMethod(_ method: String?, paying charge: Charge, _ context: StepContext) throws {
    guard let method, method != charge.paymentMethod?.text, context.policy.recovery.saveNewCard else { return }
    let isThere = try exists("SELECT 1 FROM payment_methods WHERE id = ? AND is_detached = 0", [method])
    guard isThere else { return }
    try run("UPDATE payment_methods SET customer = ? WHERE id = ?", [charge.customer.text, method])
    try replaceMethod(
      of: charge.customer, from: charge.paymentMethod, to: PaymentMethodID(method), reason: "paid with it",
      at: context.now)
  }

  /// What an attempt on our page came to that did not pay. Another card that fails says nothing about the charge's own.
  fileprivate func followUpOnSession(
    _ charge: Charge, _ number: Int, _ method: String?, _ conclusion: Conclusion, _ context: StepContext
  ) throws -> Charge {
    switch conclusion.outcome {
    case .declined(_, let verdict):
      guard let stop = verdict.stop else { break }
      if try isSameCard(method, charge.paymentMethod) { return try followUp(charge, number, conclusion, context) }
      // Another card that was stopped is never charged either; this charge is asked for as before.
      if let method { try stopCard(method, stop) }
    case .needsCustomer: break
    // Our request was refused: the page says that it cannot be done here, and the link goes on.
    case .refused(let reason, _) where reason != .customerGone: break
    case .refused, .processing, .unresolved, .succeeded: return try followUp(charge, number, conclusion, context)
    }
    return try step(charge, .onSessionFailed, context)
  }

  /// Typed again, the same card has another name.
  private func isSameCard(_ method: String?, _ own: PaymentMethodID?) throws -> Bool {
    try row(
      """
      SELECT 1 FROM payment_methods a JOIN payment_methods b ON a.budget_key = b.budget_key WHERE a.id = ? AND b.id = ?
      """, [method, own?.text]) != nil
  }

  fileprivate func followUp(
    _ charge: Charge, _ number: Int, _ conclusion: Conclusion, _ context: StepContext
  ) throws -> Charge {
    let after = try step(charge, .attemptConcluded(conclusion.outcome), context)
    switch conclusion.outcome {
    case .processing where charge.state != .processing:
      try note(.processing, charge: charge.id, at: context.now, ["intent": conclusion.intent?.text])
    case .refused(let reason, let text):
      try note(.held, charge: charge.id, at: context.now, ["reason": reason.rawValue, "detail": text])
    case .declined where after.state == .uncollectible:
      try note(.uncollectible, charge: charge.id, at: context.now, ["reason": "stop"])
    case .needsCustomer(let decline) where decline.code == "payment_intent_action_required":
      // It waits for the customer at Stripe, beside any link of ours (microdeposits): closed before a link is handed out.
      try run(
        "UPDATE intents SET state = 'closing' WHERE id = ? AND state = 'open'", [conclusion.intent?.text])
      try note(.intentClosing, charge: charge.id, at: context.now, ["intent": conclusion.intent?.text])
    case .succeeded, .processing, .declined, .needsCustomer, .unresolved: break
    }
    return after
  }
}

extension Outcome {
  /// What of an outcome is stored with the attempt.
  fileprivate var facts: (decline: Decline?, remedy: Remedy?, safeReason: SafeReason?, reason: String?) {
    switch self {
    case .succeeded, .processing: (nil, nil, nil, nil)
    case .declined(let decline, let verdict): (decline, verdict.remedy, verdict.safeReason, nil)
    case .needsCustomer(let decline): (decline, .authenticate, .confirmationNeeded, nil)
    case .refused(_, let reason): (nil, .ourFault, nil, reason)
    case .unresolved(let reason): (nil, nil, nil, reason)
    }
  }
}
