import Domain
import Logging
import Storage
import Stripe

/// What becomes of an attempt on our page when the browser does not come back: the tick's half.
extension Engine {
  /// `serve` may still be sending it; three tries of 80 seconds and their pauses.
  private static let beingSent = Duration.minutes(5)
  /// Stripe lets a confirmation by hand wait for an hour; what was not answered by then is over.
  static let challengeLife = Duration.minutes(55)

  func settleOnSession(_ report: inout TickReport) async throws {
    var open = 0
    await each(try ledger.onSessionAttempts(writtenBefore: now - Self.beingSent, limit: 1000), &report) { attempt in
      if try await !settleOnSession(attempt) { open += 1 }
    }
    report.unresolved += open
  }

  /// - Returns: whether it is settled, or waits for the customer as it may.
  private func settleOnSession(_ attempt: AttemptRecord) async throws -> Bool {
    guard let charge = try ledger.charge(attempt.charge) else { return true }
    guard let intent = try await known(attempt, charge) else { return try await settleUnknown(attempt, charge) }
    if now - attempt.writtenAt >= Self.challengeLife {
      if try await end(attempt, intent, of: charge) { return true }
      try sayStuck(attempt, intent)
      return false
    }
    // A bank that was answered, and a confirmation without an answer, come to their end without the browser as well.
    switch try await goOn(attempt, intent, of: charge) {
    case .requiresAction, .paid, .declined, .notOwed, .unknown, .inFlight: return true
    case .unavailable: return false
    }
  }

  /// A question that should be over for an hour and cannot be closed is put before a person.
  private func sayStuck(_ attempt: AttemptRecord, _ intent: PaymentIntentID) throws {
    guard now - attempt.writtenAt > Self.challengeLife + Self.unresolvedTooLong else { return }
    try ledger.raise(
      .cannotClose, attempt.charge.text, advice: "\(HumanMatter.cannotClose.advice) (\(intent))", at: now)
  }

  /// Only asks, as who lifts a fence does.
  func askAboutOnSession(_ attempt: AttemptRecord) async throws {
    guard let charge = try ledger.charge(attempt.charge), let intent = try await known(attempt, charge) else { return }
    let shown = try await read(PaymentIntent.self, .retrieveIntent(intent))
    switch shown.status {
    case .canceled: _ = try ledger.onSessionEnded(charge.id, attempt: attempt.number, intent: intent, context(charge))
    case .succeeded, .processing, .requiresPaymentMethod:
      try conclude(attempt, of: charge, IntentReading(shown))
    case .requiresAction, .requiresConfirmation, .requiresCapture, .unknown: return
    }
  }

  private func known(_ attempt: AttemptRecord, _ charge: Charge) async throws -> PaymentIntentID? {
    if let intent = attempt.intent { return intent }
    return try await intent(of: attempt, charge)?.id
  }

  /// Stripe shows no intent of it: the same rule as off session, and nothing is sent for a charge that is over.
  private func settleUnknown(_ attempt: AttemptRecord, _ charge: Charge) async throws -> Bool {
    if attempt.mayResend, !charge.isOverOrWithdrawn, isAlive(since: attempt.writtenAt) {
      if let reason = await whyPagesForbid(charge.customer) {
        logger.warning("an attempt waits", metadata: ["charge": "\(charge.id)", "reason": "\(reason)"])
        try sayUnresolved(attempt)
        return false
      }
      guard try ledger.noteResend(charge.id, attempt: attempt.number, at: now) else { return true }
      let answer = try await carryOut(attempt, of: charge, afterSilence: !attempt.isUnexecuted)
      guard case .unavailable = answer else { return true }
      try sayUnresolved(attempt)
      return false
    }
    guard isDead(since: attempt.writtenAt) else {
      try sayUnresolved(attempt)
      return false
    }
    let nothing = Outcome.refused(.unexpectedAnswer, reason: "never answered, and Stripe shows nothing of it")
    try conclude(attempt, of: charge, unanswered: nothing)
    return true
  }

  /// Cancels what the customer could still answer, and sees it canceled.
  ///
  /// - Returns: whether nothing can be collected through it any more, or it was.
  func end(_ attempt: AttemptRecord, _ intent: PaymentIntentID, of charge: Charge) async throws -> Bool {
    switch await askToCancel(intent).holding(PaymentIntent.self) {
    case .object(let shown):
      guard shown.status == .canceled else { return false }
      _ = try ledger.onSessionEnded(charge.id, attempt: attempt.number, intent: intent, context(charge))
      return true
    case .failure(_, let error):
      // "Unexpected state": what the intent inside says is true.
      guard let shown = error.paymentIntent else { return false }
      switch shown.status {
      case .canceled:
        _ = try ledger.onSessionEnded(charge.id, attempt: attempt.number, intent: intent, context(charge))
      case .succeeded, .processing:
        try conclude(attempt, of: charge, IntentReading(shown))
      case .requiresAction, .requiresCapture, .requiresConfirmation, .requiresPaymentMethod, .unknown: return false
      }
      return true
    case .indeterminate(let reason, _), .notSent(let reason):
      logger.warning("a challenge could not be ended yet", metadata: ["intent": "\(intent)", "reason": "\(reason)"])
      return false
    }
  }
}
