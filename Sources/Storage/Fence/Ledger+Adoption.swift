package import Domain
import GRDB

/// What Stripe has and the ledger has forgotten, taken over before a fence is lifted: paid, processing, or held before a
/// person. Its number is remembered, so that its idempotency key is never used for something else.
extension Ledger {
  /// A charge that the ledger has forgotten altogether.
  package func adopt(_ charge: Charge, at now: Timestamp) throws {
    try write(at: now) { db in
      guard try !db.exists("SELECT 1 FROM charges WHERE id = ?", [charge.id.text]) else { return }
      try db.insert(charge, by: "found at Stripe", at: now)
    }
  }

  /// - Throws: ``LedgerError/cannot(_:)`` if something else of the charge is still without an answer.
  package func adopt(_ attempt: AdoptedAttempt, _ context: StepContext) throws {
    try write(at: context.now) { db in
      try db.refuseBesideLive(attempt.charge)
      var charge = try db.charge(attempt.charge)
      try db.insert(attempt, method: charge.paymentMethod)
      let intentState: IntentState? =
        switch attempt.outcome {
        case .succeeded: .succeeded
        case .canceled: .canceled
        // Of a charge that is over, or withdrawn, it is closed, and seen closed.
        case .open: charge.isOverOrWithdrawn ? .closing : .open
        case .processing: .open
        // Not the charge's own, which another attempt has made since or will make (law 4).
        case .drafted: nil
        }
      if let intentState {
        try db.seeIntent(attempt.intent, of: charge.id, kind: "off_session", intentState, at: context.now)
      }
      try db.note(
        .foundAtStripe, charge: charge.id, at: context.now,
        ["number": String(attempt.number), "intent": attempt.intent.text, "state": attempt.outcome.word])
      if case .succeeded(let received) = attempt.outcome {
        _ = try db.receive(
          received, through: attempt.intent, by: .offSession, session: nil, for: db.charge(charge.id), context)
        return
      }
      charge = try db.hold(charge, context)
      switch attempt.outcome {
      case .processing where charge.state.after(.checkoutProcessing) != nil:
        try db.note(.processing, charge: charge.id, at: context.now, ["intent": attempt.intent.text])
        try db.step(charge, .checkoutProcessing, context) { found in
          found.paymentIntent = attempt.intent
          // What was withdrawn stays so, if nothing comes of it.
          if found.state == .canceled { found.cancelRequested = true }
        }
      // A next attempt confirms this one (law 4).
      case .open where !charge.state.isFinal && charge.paymentIntent == nil:
        try db.run(
          "UPDATE charges SET payment_intent = ? WHERE id = ?", [attempt.intent.text, charge.id.text])
      case .processing, .open, .canceled, .drafted, .succeeded: break
      }
    }
  }

  /// Its end, or its payment, is then read from Stripe as that of any other.
  ///
  /// - Throws: ``LedgerError/cannot(_:)`` if something else of the charge is still without an answer.
  package func adopt(_ checkout: AdoptedCheckout, _ context: StepContext) throws {
    try write(at: context.now) { db in
      try db.refuseBesideLive(checkout.charge)
      let charge = try db.charge(checkout.charge)
      // Its number may have been given here as well.
      let last = try db.count("SELECT coalesce(max(number), 0) FROM checkouts WHERE charge = ?", [charge.id.text])
      let number = max(checkout.number, last + 1)
      let closedAt = checkout.isExpired ? context.now.milliseconds : nil
      try db.run(
        """
        INSERT INTO checkouts (charge, number, state, opened_by, idempotency_key, path, body, session, expires_at,
            written_at, sends, sent_at, closed_at, reason)
          VALUES (?, ?, ?, 'engine', ?, '/v1/checkout/sessions', x'', ?, ?, ?, 1, ?, ?, 'found at Stripe')
        """,
        [
          charge.id.text, number, checkout.isExpired ? "expired" : "closing",
          number == checkout.number ? "\(charge.id):checkout:\(number)" : "found:\(checkout.session)",
          checkout.session.text, checkout.expiresAt.milliseconds,
          checkout.madeAt.milliseconds, checkout.madeAt.milliseconds, closedAt,
        ])
      try db.note(
        .foundAtStripe, charge: charge.id, at: context.now,
        ["number": String(number), "session": checkout.session.text])
      _ = try db.hold(charge, context)
    }
  }
}

extension Database {
  /// One live instrument (law 5): what is still open is settled first.
  fileprivate func refuseBesideLive(_ charge: ChargeID) throws {
    let live = try count(
      """
      SELECT (SELECT count(*) FROM attempts WHERE charge = ?1 AND state IN ('sending', 'unresolved', 'processing'))
        + (SELECT count(*) FROM checkouts WHERE charge = ?1 AND state IN ('opening', 'open', 'closing'))
      """, [charge.text])
    guard live == 0 else {
      throw LedgerError.cannot("charge \(charge) has something that is not settled yet; `dues reconcile`, or wait")
    }
  }

  /// Known by its number and key, and over, unless it is on its way: it is never sent again.
  fileprivate func insert(_ attempt: AdoptedAttempt, method: PaymentMethodID?) throws {
    let isOnItsWay = attempt.outcome == .processing
    try run(
      """
      INSERT INTO attempts (charge, number, kind, state, idempotency_key, path, body, payment_method, budget_key,
          payment_intent, written_at, sent_at, sends, may_resend, concluded_at, reason)
        VALUES (?1, ?2, 'off_session', ?3, ?4, '/v1/payment_intents', x'', ?5,
          (SELECT budget_key FROM payment_methods WHERE id = ?5), ?6, ?7, ?7, 1, 0, ?8, 'found at Stripe')
      """,
      [
        attempt.charge.text, attempt.number, attempt.outcome.state.rawValue, "\(attempt.charge):\(attempt.number)",
        method?.text, attempt.intent.text, attempt.madeAt.milliseconds,
        isOnItsWay ? nil : attempt.madeAt.milliseconds,
      ])
    try run(
      "UPDATE charges SET attempts_made = max(attempts_made, ?) WHERE id = ?", [attempt.number, attempt.charge.text])
  }

  /// Neither retried nor offered by a link until a person has looked.
  fileprivate func hold(_ charge: Charge, _ context: StepContext) throws -> Charge {
    guard charge.state == .scheduled || charge.state == .recovering else { return charge }
    try run("UPDATE recoveries SET next_retry_at = NULL, wants_link = 0 WHERE charge = ?", [charge.id.text])
    try note(.held, charge: charge.id, at: context.now, ["reason": HeldReason.foundAtStripe.rawValue])
    return try step(charge, .heldBack(.foundAtStripe), context)
  }
}

extension AdoptedAttempt.Outcome {
  fileprivate var state: AttemptState {
    switch self {
    case .succeeded: .succeeded
    case .processing: .processing
    case .open: .declined
    case .canceled, .drafted: .refused
    }
  }

  fileprivate var word: String {
    switch self {
    case .succeeded: "succeeded"
    case .processing: "processing"
    case .open: "open"
    case .canceled: "canceled"
    case .drafted: "never confirmed"
    }
  }
}
