import Domain
import Logging
import Storage
import Stripe

/// The resolve pass: settles what had no answer (law 3), and reads what is on its way (law 8).
extension Engine {
  /// From here on never resend: Stripe may have forgotten the key after 24 hours, and a forgotten key is a new charge.
  static let resendLimit = Duration.hours(20)
  /// Stripe forgets a key after 24 hours; an hour more for what was on its way.
  package static let keyLife = Duration.hours(25)
  static let resendPause = Duration.minutes(1)
  static let unresolvedTooLong = AttemptRecord.unansweredTooLong
  static let processingTooLong = Duration.days(14)
  /// After so many questions in a row that do not reach Stripe, the next tick goes on asking.
  static let silencesThatEndAsking = 5

  func resolve(_ report: inout TickReport, _ limits: inout SendingLimits, startedAt: Timestamp) async throws {
    var open = 0
    var silences = 0
    await each(try ledger.attemptsToSettle(limit: 1000), &report) { attempt in
      let sentAt = attempt.sentAt ?? attempt.writtenAt
      if attempt.state == .unresolved, now - sentAt < Self.resendPause { return }
      guard silences < Self.silencesThatEndAsking else {
        open += 1
        return try sayUnresolved(attempt)
      }
      if try await !settle(attempt, &limits, &silences, startedAt: startedAt) { open += 1 }
    }
    report.unresolved += open
    try await settleOnSession(&report)
    try await settleRefunds(&report)
    await each(try ledger.attemptsProcessing(notAskedSince: now - .days(1), limit: 1000), &report) { attempt in
      try await readProcessing(attempt)
    }
    await each(try ledger.checkoutsProcessing(notAskedSince: now - .days(1), limit: 1000), &report) { checkout in
      guard let session = checkout.session else { return }
      try ledger.noteAsked(checkout, at: now)
      if case .processing = try await settle(session), now - (checkout.closedAt ?? now) > Self.processingTooLong {
        try ledger.raise(
          .processingTooLong, checkout.charge.text, advice: HumanMatter.processingTooLong.advice, at: now)
      }
    }
    try await endOldSetups(&report)
  }

  /// Only asks: what an earlier run left on the way is concluded where Stripe shows for certain what became of it.
  func askAboutAttempts() async {
    var report = TickReport()
    do {
      await each(try ledger.attemptsToSettle(limit: 1000), &report) { attempt in
        guard let charge = try ledger.charge(attempt.charge) else { return }
        guard case .certain(let reading) = await find(attempt, of: charge) else { return }
        try conclude(attempt, of: charge, reading)
      }
      await each(try ledger.onSessionAttempts(writtenBefore: now, limit: 1000), &report, askAboutOnSession)
    } catch {
      logger.warning("attempts could not be asked about", metadata: ["reason": "\(error)"])
    }
  }

  /// Something was made after it, so it was over by then: what Stripe does not show of it never was.
  func concludeSuperseded(_ attempt: AttemptRecord, of charge: Charge) async throws {
    switch await find(attempt, of: charge) {
    case .certain(let reading):
      try conclude(attempt, of: charge, reading)
    // Until its key is dead, another copy may still be sending it.
    case .nothing where !isDead(since: attempt.firstSentAt):
      throw LedgerError.cannot(
        "attempt \(attempt.number) may still be executed until \(attempt.firstSentAt + Self.keyLife); try again then, or decide it: dues charge resolve"
      )
    case .nothing:
      let nothing = Outcome.refused(.foundAtStripe, reason: "the ledger has forgotten what it came to")
      try conclude(attempt, of: charge, unanswered: nothing)
    case .unreadable, .unreachable:
      throw StripeTrouble.unreachable("attempt \(attempt.number) could not be asked about")
    }
  }

  /// Asks first, then resends under the same key, or leaves it to a person. Returns whether it is settled.
  private func settle(
    _ attempt: AttemptRecord, _ limits: inout SendingLimits, _ silences: inout Int, startedAt: Timestamp
  ) async throws -> Bool {
    guard let charge = try ledger.charge(attempt.charge) else { return true }
    let finding = await find(attempt, of: charge)
    if case .unreachable = finding { silences += 1 } else { silences = 0 }
    if case .certain(let reading) = finding {
      try conclude(attempt, of: charge, reading)
      return true
    }
    // Paid, ended, withdrawn, or held by money of another amount: nothing is sent for it any more; once its key is dead, it
    // came to nothing.
    if charge.state.isFinal || charge.state == .held || (charge.cancelRequested && !attempt.isUnexecuted) {
      guard case .nothing = finding, attempt.isUnexecuted || isDead(since: attempt.firstSentAt) else {
        guard charge.state.isFinal else { return try leave(attempt, of: charge) }
        try ledger.noteAsked(attempt, at: now)
        return false
      }
      let nothing = Outcome.refused(.unexpectedAnswer, reason: "never answered; the charge was settled or withdrawn")
      try conclude(attempt, of: charge, unanswered: nothing)
      return true
    }
    // Another copy may have led the customer to a page meanwhile.
    if try mayStillSend(attempt) && limits.maySend && ledger.recovery(of: charge.id) != nil,
      let reason = await whyPagesForbid(charge.customer)
    {
      logger.warning("an attempt waits", metadata: ["charge": "\(charge.id)", "reason": "\(reason)"])
      return try leave(attempt, of: charge)
    }
    switch try departure(of: attempt, charge, &limits, startedAt: startedAt) {
    case .waits: return try leave(attempt, of: charge)
    case .takenBack: return true
    case .leaves: break
    }
    let firstSentAt = attempt.isUnexecuted ? now : attempt.firstSentAt
    let answer = await send(attempt.request, of: charge.id, attempt: attempt.number, writtenAt: firstSentAt)
    let reading = IntentReading(answer)
    // One that decides nothing says nothing about what else is due.
    if attempt.isUnexecuted || reading.passingRefusal == nil { limits.heard(reading) }
    let after = try conclude(attempt, of: charge, reading, afterSilence: !attempt.isUnexecuted)
    if after.state == .unresolved { try sayUnresolved(attempt) }
    return after.state != .unresolved
  }

  private enum Departure { case leaves, waits, takenBack }

  /// Notes that it leaves, if it may; what never left counts as leaving for the first time.
  private func departure(
    of attempt: AttemptRecord, _ charge: Charge, _ limits: inout SendingLimits, startedAt: Timestamp
  ) throws -> Departure {
    guard mayStillSend(attempt), limits.stoppedBecause == nil else { return .waits }
    guard attempt.isUnexecuted else {
      return try ledger.noteResend(charge.id, attempt: attempt.number, at: now) ? .leaves : .takenBack
    }
    guard limits.maySend else { return .waits }
    let request = claimRequest(limits, limit: 1, from: nil, startedAt: startedAt)
    guard try ledger.letGo(attempt, request, context(charge)) else { return .takenBack }
    limits.sends(charge.money)
    return .leaves
  }

  /// It cannot be settled now. What was on its way has no answer; and nobody else will say so.
  private func leave(_ attempt: AttemptRecord, of charge: Charge) throws -> Bool {
    if attempt.state == .sending {
      let why = mayStillSend(attempt) ? "it could not be sent again yet" : "too old to be sent again"
      try conclude(attempt, of: charge, unanswered: .unresolved(reason: "never answered, and \(why)"))
    } else {
      try ledger.noteAsked(attempt, at: now)
    }
    try sayUnresolved(attempt)
    return false
  }

  /// Unanswered for too long, it is put before a person.
  func sayUnresolved(_ attempt: AttemptRecord) throws {
    guard attempt.isUnanswered(forLongAt: now) else { return }
    try ledger.raise(.unresolved, attempt.charge.text, advice: HumanMatter.unresolved.advice(attempt), at: now)
  }

  /// Concludes an attempt with what was read of it, as of this moment.
  ///
  /// - Parameter afterSilence: it is the answer to a request that had left before, and may still arrive.
  @discardableResult
  func conclude(
    _ attempt: AttemptRecord, of charge: Charge, _ reading: IntentReading, afterSilence: Bool = false
  ) throws -> Charge {
    try ledger.conclude(
      charge.id, attempt: attempt.number, Conclusion(reading, afterSilence: afterSilence), context(charge))
  }

  /// Concludes an attempt that Stripe has said nothing of.
  func conclude(_ attempt: AttemptRecord, of charge: Charge, unanswered outcome: Outcome) throws {
    _ = try ledger.conclude(charge.id, attempt: attempt.number, Conclusion(unanswered: outcome), context(charge))
  }

  /// Its key is alive, and sending it again can say something.
  private func mayStillSend(_ attempt: AttemptRecord) -> Bool {
    attempt.mayResend && (attempt.isUnexecuted || isAlive(since: attempt.firstSentAt))
  }

  /// What asking Stripe about an attempt came to.
  private enum Finding {
    case certain(IntentReading)
    /// Stripe answered, and shows nothing that is certain.
    case nothing
    /// Stripe answered, and not what was asked; others may be readable.
    case unreadable
    /// It did not answer, or not to this key.
    case unreachable
  }

  /// Success and `processing` are certain wherever they are seen. A refusal is certain only on an intent that this very
  /// attempt made: creating and confirming are one call there. An intent confirmed again still shows the refusal of the
  /// attempt before until ours has been executed, so only the answer to our own key can say no.
  private func find(_ attempt: AttemptRecord, of charge: Charge) async -> Finding {
    do {
      guard let intent = try await intent(of: attempt, charge) else { return .nothing }
      let madeByThis = intent.metadata?["dues_attempt"] == String(attempt.number)
      let reading = IntentReading(intent)
      switch reading.outcome {
      case .succeeded, .processing: return .certain(reading)
      case .declined, .needsCustomer: return madeByThis ? .certain(reading) : .nothing
      case .refused: return intent.status == .canceled && !mayStillSend(attempt) ? .certain(reading) : .nothing
      case .unresolved: return .nothing
      }
    } catch {
      logger.warning(
        "an unanswered attempt could not be asked about", metadata: ["charge": "\(charge.id)", "reason": "\(error)"])
      switch error {
      case .unreachable, .refused(_, isAuthenticationProblem: true): return .unreachable
      case .missing, .refused, .unreadable: return .unreadable
      }
    }
  }

  /// By its id where one is known; otherwise among the customer's intents since the attempt, matched by our metadata.
  func intent(of attempt: AttemptRecord, _ charge: Charge) async throws(StripeTrouble) -> PaymentIntent? {
    // The charge's own may be another's: it was paid otherwise meanwhile. What an attempt confirms, it knows.
    if let known = attempt.intent { return try await read(PaymentIntent.self, .retrieveIntent(known)) }
    let since = inStripesTime(attempt.writtenAt) - .minutes(10)
    var after: PaymentIntentID?
    while true {
      let page = try await read(
        StripeList<PaymentIntent>.self,
        .listIntents(customer: charge.customer, createdSince: since, startingAfter: after))
      let match = page.data.first { intent in
        intent.metadata?["dues_ledger"] == ledger.id.text && intent.metadata?["dues_charge"] == charge.id.text
          && intent.metadata?["dues_attempt"] == String(attempt.number)
      }
      if let match { return match }
      guard page.hasMore, let last = page.data.last else { return nil }
      after = last.id
    }
  }

  private func readProcessing(_ attempt: AttemptRecord) async throws {
    guard let charge = try ledger.charge(attempt.charge), let intent = attempt.intent ?? charge.paymentIntent else {
      return
    }
    if now - attempt.firstSentAt > Self.processingTooLong {
      try ledger.raise(.processingTooLong, charge.id.text, advice: HumanMatter.processingTooLong.advice, at: now)
    }
    do {
      try await look(at: intent, attempt: attempt, of: charge)
    } catch let trouble as StripeTrouble {
      logger.warning(
        "a payment on its way could not be read", metadata: ["intent": "\(intent)", "reason": "\(trouble)"])
      try ledger.noteAsked(attempt, at: now)
    }
  }

  /// Reads an intent again and applies what is certain about it to its attempt; used for events as well.
  func look(at intent: PaymentIntentID, attempt: AttemptRecord, of charge: Charge) async throws {
    if attempt.kind == .onSession, attempt.state.isLive, attempt.state != .processing {
      _ = try await goOn(attempt, intent, of: charge)
      return
    }
    if attempt.kind == .onSession, attempt.state != .processing {
      // Over; only money still counts. Its intent is never the charge's own.
      let shown = IntentReading(try await read(PaymentIntent.self, .retrieveIntent(intent)))
      guard case .succeeded = shown.outcome else { return }
      try conclude(attempt, of: charge, shown)
      return
    }
    let read = try await read(PaymentIntent.self, .retrieveIntent(intent))
    let reading = IntentReading(read)
    let isFresh =
      attempt.state == .processing || (read.metadata?["dues_attempt"] == String(attempt.number) && attempt.state.isLive)
    switch reading.outcome {
    case .succeeded, .processing:
      try conclude(attempt, of: charge, reading)
      try await readMoneyBackIfAny(of: read)
    case .declined, .needsCustomer:
      guard isFresh else {
        // A person has decided on its attempt before Stripe showed it; open as it is, it is the charge's own.
        return try adopt(read, attempt: attempt.number, of: charge.id)
      }
      try conclude(attempt, of: charge, reading)
    case .refused:
      // An intent that is being made looks like this for a moment; only one that was on its way can have been canceled.
      guard attempt.state == .processing else { return }
      try conclude(attempt, of: charge, reading)
    case .unresolved: return
    }
  }
}

extension Conclusion {
  init(unanswered outcome: Outcome) {
    self.init(
      outcome: outcome, intent: nil, intentState: nil, networkDeclineCode: nil, networkAdviceCode: nil, requestID: nil,
      endsResending: false, isUnexecuted: false)
  }
}
