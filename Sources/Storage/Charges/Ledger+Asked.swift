package import Domain
import GRDB

/// What a person decides about a charge that has failed, or was paid elsewhere.
extension Ledger {
  /// Retries a recovering charge in the next tick.
  ///
  /// - Parameters:
  ///   - waives24Hours: a person takes it upon themselves to try the card again within a day.
  ///   - maxPerCard30Days: the card's budget over all charges.
  /// - Throws: ``LedgerError/cannot(_:)``, saying what stands against it.
  package func retryNow(
    _ id: ChargeID, waives24Hours: Bool, maxPerCard30Days: Int, at now: Timestamp, context: (Charge) -> StepContext
  ) throws -> Charge {
    try write(at: now) { db in
      let charge = try db.charge(id)
      if let why = try db.whyNoRetry(
        charge, waives24Hours: waives24Hours, maxPerCard30Days: maxPerCard30Days, context(charge))
      {
        throw LedgerError.cannot("charge \(id) is not retried: \(why)")
      }
      try db.run(
        "UPDATE recoveries SET next_retry_at = ?, no_retry_because = NULL WHERE charge = ?",
        [now.milliseconds, id.text])
      try db.note(
        .retryAsked, charge: id, at: now, ["reason": waives24Hours ? "the 24 hours were waived" : nil])
      return charge
    }
  }

  /// Records that a charge was paid in another way: cash, a transfer, another system.
  ///
  /// What could still collect it is closed; money that arrives all the same is a second payment, and said aloud.
  /// - Throws: ``LedgerError/cannot(_:)`` if it is paid, or something of it is on its way.
  package func settleOutside(_ id: ChargeID, note text: String, at now: Timestamp, context: (Charge) -> StepContext)
    throws
    -> Charge
  {
    try write(at: now) { db in
      let charge = try db.charge(id)
      guard charge.state != .paid else { throw LedgerError.cannot("charge \(id) is paid already") }
      guard !charge.state.isInFlight else {
        throw LedgerError.cannot(
          "charge \(id) is \(charge.state.rawValue): what is on its way may still bring the money; wait for it")
      }
      try db.note(.settled, charge: id, at: now, ["reason": text])
      try db.note(.paid, charge: id, at: now, ["by": PaidBy.outside.rawValue])
      let paid = try db.step(charge, .paymentSeen, context(charge)) { settled in
        settled.paidAt = now
        settled.paidBy = .outside
        settled.cancelRequested = false
      }
      // Of one that was over: who says so knows.
      try db.clear(.paidAfterEnd, id.text, at: now)
      return paid
    }
  }
}

/// How often a charge's card may still be tried.
package struct AttemptsLeft: Sendable, Equatable {
  /// For this charge.
  package let ofCharge: Int
  /// On this card, over all charges of 30 days.
  package let ofCard: Int
}

extension Ledger {
  /// `nil` where nothing will be tried: it is over, has no method, or its card was stopped.
  package func attemptsLeft(
    of charge: Charge, maxPerCard30Days: Int, _ context: StepContext
  ) throws -> AttemptsLeft? {
    guard !charge.state.isFinal, let id = charge.paymentMethod else { return nil }
    return try read { db in
      guard let row = try db.row("SELECT * FROM payment_methods WHERE id = ? AND stopped IS NULL", [id.text]) else {
        return nil
      }
      let method = PaymentMethod(row: row)
      let made = try db.attemptsMade(of: charge.id, on: method.budgetKey)
      let tried = try db.triesOnCard(method.budgetKey, since: context.now - .days(30))
      return AttemptsLeft(
        ofCharge: max(0, context.policy.retry.mostAttempts(isBankDebit: method.isBankDebit) - made),
        ofCard: max(0, maxPerCard30Days - tried))
    }
  }
}

extension Database {
  /// Off session, and seen by a bank.
  fileprivate func attemptsMade(of charge: ChargeID, on budgetKey: String) throws -> Int {
    try count(
      """
      SELECT count(*) FROM attempts WHERE charge = ? AND kind = 'off_session' AND state <> 'refused' AND budget_key = ?
      """, [charge.text, budgetKey])
  }

  /// What stands against a retry that a person asks for; `nil`: nothing.
  fileprivate func whyNoRetry(
    _ charge: Charge, waives24Hours: Bool, maxPerCard30Days: Int, _ context: StepContext
  ) throws -> String? {
    guard charge.state == .recovering, !charge.cancelRequested,
      let recovery = try row("SELECT * FROM recoveries WHERE charge = ? AND ended_at IS NULL", [charge.id.text])
    else { return "it is \(charge.state.rawValue)\(charge.cancelRequested ? ", and withdrawn" : ""), not recovering" }
    guard recovery.time("deadline_at") > context.now else { return "its deadline has passed" }
    if let agreement = charge.origin.agreement {
      let state = try self.agreement(agreement).state
      guard state == .active else { return "its agreement is \(state.rawValue)" }
    }
    guard let method = charge.paymentMethod,
      let card = try row(
        "SELECT * FROM payment_methods WHERE id = ? AND is_detached = 0 AND mandate_ended = 0", [method.text])
    else { return "it has no payment method that can be charged; the customer is to save one" }
    let isStopped: String? = card["stopped"]
    if isStopped != nil || recovery["other_method_only"] {
      return "its card was stopped and is never tried again; the customer is to pay with another"
    }
    return try whyNotYet(
      charge, PaymentMethod(row: card), waives24Hours: waives24Hours, maxPerCard30Days: maxPerCard30Days, context)
  }

  private func whyNotYet(
    _ charge: Charge, _ method: PaymentMethod, waives24Hours: Bool, maxPerCard30Days: Int, _ context: StepContext
  ) throws -> String? {
    let budgetKey = method.budgetKey
    let tries = try triesOnCard(budgetKey, since: context.now - .days(30))
    guard tries < maxPerCard30Days else {
      return "its card has had \(tries) attempts in 30 days, and retry.max_per_card_30_days is \(maxPerCard30Days)"
    }
    let made = try attemptsMade(of: charge.id, on: budgetKey)
    let most = context.policy.retry.mostAttempts(isBankDebit: method.isBankDebit)
    guard made < most else { return "it has had \(made) attempts with this card, and it may have \(most)" }
    let last = try row(
      "SELECT max(coalesce(sent_at, written_at)) AS at FROM attempts WHERE charge = ? AND budget_key = ?",
      [charge.id.text, budgetKey])?.timeIfAny("at")
    if !waives24Hours, let last, context.now - last < .hours(24) {
      return "its card was tried less than 24 hours ago; from \(last + .hours(24)) on it may be, or now with --force"
    }
    return nil
  }
}
