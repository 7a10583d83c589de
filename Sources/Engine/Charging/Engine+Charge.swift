import Domain
import Logging
import Storage
import Stripe
import Transport

/// The charge pass: claims what is due in batches, sends many at a time and one per customer, and concludes together
/// what has been answered meanwhile.
extension Engine {
  /// What leaves so soon after its claim does not ask for a fence again.
  private static let claimVouches = Duration.milliseconds(100)

  func charge(_ report: inout TickReport, _ limits: inout SendingLimits, startedAt: Timestamp) async throws {
    try await makeWayForRetries(&report)
    var run = ChargeRun(limits: limits)
    defer { limits = run.limits }
    let answers = Collector<AnsweredAttempt>()
    let objection = Objection()
    await withDiscardingTaskGroup { group in
      var inFlight = 0
      while true {
        if Task.isCancelled { run.fail(CancellationError()) }
        if let failure = run.failure { objection.raise("the pass was stopped: \(failure)") }
        let room = run.room(inFlight: inFlight, most: settings.maxInFlight)
        if room > 0 {
          let claimed = claim(&run, &report, objection, room: room, startedAt: startedAt)
          for attempt in claimed { group.addTask { answers.put(await self.carryOut(attempt, objection)) } }
          inFlight += claimed.count
        }
        if inFlight == 0 {
          if run.isOver { break }
          continue
        }
        let answered = await answers.takeAll()
        inFlight -= answered.count
        conclude(answered, &run, &report)
      }
    }
    if let reason = run.limits.stoppedBecause {
      logger.error("the charge pass stopped: \(reason)")
      try ledger.raise(.tickStopped, "charge", advice: "the last tick stopped charging: \(reason)", at: now)
      report.errors += 1
    }
    if let failure = run.failure { throw failure }
    if run.limits.stoppedBecause == nil { try ledger.clear(.tickStopped, "charge", at: now) }
  }

  /// What may be sent now, written down. If that fails, nothing more is claimed, and what is on its way is still
  /// concluded.
  private func claim(
    _ run: inout ChargeRun, _ report: inout TickReport, _ objection: Objection, room: Int, startedAt: Timestamp
  ) -> [ClaimedAttempt] {
    let request = claimRequest(
      run.limits, limit: min(room, run.limits.left), from: run.position, startedAt: startedAt)
    let result: ClaimResult
    do {
      try checkClocks()
      result = try ledger.claim(request, context: context, freeze: freeze)
    } catch {
      run.fail(error)
      // What waits for its turn must not leave meanwhile.
      objection.raise("the pass was stopped: \(error)")
      return []
    }
    for attempt in result.attempts { run.limits.sends(attempt.charge.money) }
    run.came(to: result.position, seen: result.seen)
    report.held += result.held
    report.attempted += result.attempts.count
    report.retried += result.attempts.count { $0.isRetry }
    return result.attempts
  }

  /// The rules by which something may leave now.
  func claimRequest(
    _ limits: SendingLimits, limit: Int, from position: ClaimPosition?, startedAt: Timestamp
  ) -> ClaimRequest {
    ClaimRequest(
      now: now, tickStartedAt: startedAt, limit: limit, position: position, catchUp: settings.catchUp,
      maxCharge: settings.maxCharge, remainingTotal: limits.remaining, usableJobs: settings.usableJobs,
      manyPerTick: settings.manyPerTick, maxPerCard30Days: settings.policy.retry.maxPerCard30Days)
  }

  /// One attempt on its way: it is written; send and read. The claim wrote it because no fence stood; one may have been
  /// raised before its turn comes.
  private func carryOut(_ attempt: ClaimedAttempt, _ objection: Objection) async -> AnsweredAttempt {
    let request = StripeRequest(attempt.request)
    let isOpen = { isOut(attempt.charge.id, attempt.number) }
    if attempt.isRetry, let reason = await whyPagesForbid(attempt.charge.customer) {
      let reading = IntentReading(StripeAnswer.notSent(reason: reason))
      return AnsweredAttempt(attempt: attempt, reading: reading, conclusion: Conclusion(reading))
    }
    let answer = await send(request, writtenAt: attempt.writtenAt, isOpen: isOpen) {
      // The claim looked for a fence in its own transaction.
      let isFresh = (.zero...Self.claimVouches).contains(clock.now() - attempt.writtenAt)
      return objection.reason ?? (isFresh ? nil : whyNothingLeaves(request))
    }
    let reading = IntentReading(answer)
    return AnsweredAttempt(attempt: attempt, reading: reading, conclusion: Conclusion(reading))
  }

  /// All that has been answered, in one commit. If that is not possible, each in one of its own, so that none keeps the
  /// others from being known; what still fails ends the pass once everything on its way has come back.
  private func conclude(_ answered: [AnsweredAttempt], _ run: inout ChargeRun, _ report: inout TickReport) {
    do {
      let after = try ledger.conclude(answered.map(ending))
      for (answer, charge) in zip(answered, after) { run.take(answer, charge, &report, logger) }
    } catch {
      if let alone = answered.first, answered.count == 1 {
        logger.error(
          "an answer could not be concluded; the next tick asks for it again",
          metadata: [
            "charge": "\(alone.attempt.charge.id)", "attempt": "\(alone.attempt.number)", "reason": "\(error)",
          ])
        return run.fail(error)
      }
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
    try await closeIntents(&report)
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

/// Why what waits for its turn must not leave any more.
private final class Objection: Sendable {
  private let text = Locked<String?>(nil)
  var reason: String? { text.withLock { $0 } }
  func raise(_ reason: String) { text.withLock { $0 = $0 ?? reason } }
}

/// What a charge pass keeps in mind.
private struct ChargeRun {
  var limits: SendingLimits
  /// Where the round stands among what is due; `nil`: at its beginning.
  private(set) var position: ClaimPosition?
  /// What the round has found to do, so far.
  private var seen = 0
  /// The last round came to its end, and found so much to do.
  private var lastRound: Int?
  /// The first step of the ledger that could not be taken.
  private(set) var failure: (any Error)?
  private var mayClaim: Bool { limits.maySend && failure == nil }

  init(limits: SendingLimits) { self.limits = limits }

  /// How many may be claimed now.
  func room(inFlight: Int, most: Int) -> Int {
    guard mayClaim else { return 0 }
    // The first answers decide whether there is anything wrong with all of them.
    let areFew = limits.answered < SendingLimits.answersBeforeRate
    if inFlight == 0 { return areFew ? min(most, SendingLimits.answersBeforeRate) : most }
    if areFew { return 0 }
    // Another round looks at all again that had to wait: for customers who have something on its way.
    if let lastRound, position == nil, inFlight > (lastRound > 0 ? most / 2 : 0) { return 0 }
    return most - inFlight
  }

  /// Nothing is on its way; whether there is nothing to be sent either.
  var isOver: Bool { !mayClaim || (position == nil && lastRound == 0) }

  mutating func came(to position: ClaimPosition?, seen more: Int) {
    self.position = position
    seen += more
    guard position == nil else { return }
    lastRound = seen
    seen = 0
  }

  mutating func fail(_ error: any Error) { failure = failure ?? error }

  mutating func take(_ answer: AnsweredAttempt, _ after: Charge, _ report: inout TickReport, _ logger: Logger) {
    logger.info(
      "attempt concluded",
      metadata: [
        "charge": "\(after.id)", "attempt": "\(answer.attempt.number)", "state": "\(after.state.rawValue)",
        "request": "\(answer.reading.requestID ?? "")",
      ])
    switch answer.conclusion.outcome {
    case .succeeded: report.paid += 1
    case .processing: report.processing += 1
    case .declined, .needsCustomer: report.declined += 1
    // Who has heard of it meanwhile has told.
    case .unresolved: if after.state == .unresolved { report.unresolved += 1 }
    case .refused: report.held += 1
    }
    limits.heard(answer.reading)
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
