import Domain
import Logging
import Storage
import Stripe

/// The charge pass: claims what is due in batches, sends many at a time and one per customer, and concludes together
/// what has been answered meanwhile.
extension Engine {
  /// A few refusals of our own making in a row: something is wrong with us, not with the cards.
  static let refusalsThatStop = 5
  /// A decline rate says nothing before so many attempts.
  static let attemptsBeforeRate = 20

  func charge(_ report: inout TickReport, limit: Int?, startedAt: Timestamp) async throws {
    try await makeWayForRetries(&report)
    var run = ChargeRun(
      remaining: settings.maxTickTotal, left: limit ?? Int.max, stopAtDeclinesPerMille: settings.stopAtDeclinesPerMille)
    let answers = Mailbox<AnsweredAttempt>()
    await withDiscardingTaskGroup { group in
      var inFlight = 0
      while true {
        if run.mayClaim, inFlight < settings.maxInFlight {
          let claimed = claim(&run, &report, room: settings.maxInFlight - inFlight, startedAt: startedAt)
          for attempt in claimed { group.addTask { answers.put(await self.carryOut(attempt)) } }
          inFlight += claimed.count
          if claimed.isEmpty, inFlight == 0, !run.heldSome { break }
        }
        if inFlight == 0 {
          if !run.mayClaim { break }
          continue
        }
        let answered = await answers.takeAll()
        inFlight -= answered.count
        conclude(answered, &run, &report)
      }
    }
    if let failure = run.failure { throw failure }
    if let reason = run.stoppedBecause {
      logger.error("the charge pass stopped: \(reason)")
      try ledger.raise(.tickStopped, "charge", advice: "the last tick stopped charging: \(reason)", at: now)
      report.errors += 1
    } else {
      try ledger.clear(.tickStopped, "charge", at: now)
    }
  }

  /// What may be sent now, written down. If that fails, nothing more is claimed, and what is on its way is still
  /// concluded.
  private func claim(
    _ run: inout ChargeRun, _ report: inout TickReport, room: Int, startedAt: Timestamp
  ) -> [ClaimedAttempt] {
    let request = ClaimRequest(
      now: now, tickStartedAt: startedAt, limit: min(room, run.left), catchUp: settings.catchUp,
      maxCharge: settings.maxCharge, remainingTotal: run.remaining, usableJobs: settings.usableJobs,
      manyPerTick: settings.manyPerTick,
      maxPerCard30Days: settings.policy.retry.maxPerCard30Days)
    let result: ClaimResult
    do {
      result = try ledger.claim(request, context: context, freeze: freeze)
    } catch {
      run.fail(error)
      return []
    }
    for attempt in result.attempts {
      let currency = attempt.charge.money.currency
      if let left = run.remaining[currency] { run.remaining[currency] = left - attempt.charge.money.amount }
    }
    run.left -= result.attempts.count
    run.heldSome = result.seen > result.attempts.count
    report.held += result.held
    report.attempted += result.attempts.count
    report.retried += result.attempts.count { $0.isRetry }
    return result.attempts
  }

  /// One attempt on its way: it is written; send and read.
  private func carryOut(_ attempt: ClaimedAttempt) async -> AnsweredAttempt {
    let reading = IntentReading(await send(StripeRequest(attempt.request), writtenAt: attempt.writtenAt))
    return AnsweredAttempt(attempt: attempt, reading: reading, conclusion: Conclusion(reading))
  }

  /// All that has been answered, in one commit. If that is not possible, each in one of its own, so that none keeps the
  /// others from being known; what still fails ends the pass once everything on its way has come back.
  private func conclude(_ answered: [AnsweredAttempt], _ run: inout ChargeRun, _ report: inout TickReport) {
    do {
      let after = try ledger.conclude(answered.map(ending))
      for (answer, charge) in zip(answered, after) { run.take(answer, charge, &report, logger) }
    } catch {
      guard answered.count > 1 else { return run.fail(error) }
      logger.warning(
        "answers could not be concluded together", metadata: ["count": "\(answered.count)", "reason": "\(error)"])
      for answer in answered { conclude([answer], &run, &report) }
    }
  }

  private func ending(_ answer: AnsweredAttempt) -> AttemptEnding {
    AttemptEnding(
      charge: answer.attempt.charge.id, number: answer.attempt.number, conclusion: answer.conclusion,
      context: context(answer.attempt.charge))
  }

  /// A retry confirms the off-session intent, so the open checkout is closed first and seen closed (law 5). One that a
  /// customer opened within the last hour postpones the retry instead.
  private func makeWayForRetries(_ report: inout TickReport) async throws {
    let usableJobs = settings.usableJobs
    await each(try ledger.onSessionIntentsToClose(limit: 1000), &report) { intent, charge in
      try await closeIntent(intent, of: charge)
    }
    await each(try ledger.checkoutsBeforeRetry(at: now, limit: 1000), &report) { checkout in
      // A retry that its broken job file does not allow closes nothing.
      if let job = try ledger.charge(checkout.charge)?.origin.job, !usableJobs.contains(job) { return }
      let openedAgo = now - checkout.writtenAt
      if checkout.openedBy == .customer, openedAgo < .hours(1) {
        try ledger.postponeRetry(checkout.charge, until: checkout.writtenAt + .hours(1), at: now)
      } else {
        _ = try await close(checkout, reason: "a retry is due")
      }
    }
  }
}

/// An attempt that has come back, to be concluded.
private struct AnsweredAttempt: Sendable {
  let attempt: ClaimedAttempt
  let reading: IntentReading
  let conclusion: Conclusion
}

/// What a charge pass keeps in mind.
private struct ChargeRun {
  var remaining: [Currency: Int64]
  var left: Int
  var heldSome = false
  let stopAtDeclinesPerMille: Int?
  var concluded = 0
  var declined = 0
  var refusalsInARow = 0
  var stoppedBecause: String?
  /// The first step of the ledger that could not be taken.
  private(set) var failure: (any Error)?
  var mayClaim: Bool { stoppedBecause == nil && failure == nil && left > 0 }

  init(remaining: [Currency: Int64], left: Int, stopAtDeclinesPerMille: Int?) {
    self.remaining = remaining
    self.left = left
    self.stopAtDeclinesPerMille = stopAtDeclinesPerMille
  }

  mutating func fail(_ error: any Error) { failure = failure ?? error }

  mutating func take(_ answer: AnsweredAttempt, _ after: Charge, _ report: inout TickReport, _ logger: Logger) {
    logger.info(
      "attempt concluded",
      metadata: [
        "charge": "\(after.id)", "attempt": "\(answer.attempt.number)", "state": "\(after.state.rawValue)",
        "request": "\(answer.reading.requestID ?? "")",
      ])
    let reason = answer.conclusion.outcome.reason ?? ""
    var isRefusal = false
    switch answer.conclusion.outcome {
    case .succeeded: report.paid += 1
    case .processing: report.processing += 1
    case .declined, .needsCustomer:
      report.declined += 1
      declined += 1
    case .unresolved: report.unresolved += 1
    case .refused:
      report.held += 1
      isRefusal = true
    }
    concluded += 1
    if let most = stopAtDeclinesPerMille, concluded >= Engine.attemptsBeforeRate, declined * 1000 >= most * concluded {
      stoppedBecause = "\(declined) of \(concluded) attempts were declined, which is limits.stop_at_decline_rate"
    }
    refusalsInARow = isRefusal ? refusalsInARow + 1 : 0
    if answer.reading.isAuthenticationProblem { stoppedBecause = "Stripe does not accept the key: \(reason)" }
    if refusalsInARow >= Engine.refusalsThatStop {
      stoppedBecause = "\(refusalsInARow) requests in a row were refused: \(reason)"
    }
  }
}

extension Outcome {
  /// For the log: why it has no answer or was refused.
  var reason: String? {
    switch self {
    case .refused(_, let reason), .unresolved(let reason): reason
    case .succeeded, .processing, .declined, .needsCustomer: nil
    }
  }
}
