import Domain
import Logging
import Storage
import Stripe

extension Engine {
  /// More apart from Stripe's clock than this, and nothing is sent that moves money.
  package static let clockTolerance = ServerTime.tolerance

  /// All passes once, in their order; what the timer starts. The caller holds the ``TickLock``.
  ///
  /// A pass that fails does not stop the others, except that nothing is charged unless Stripe was read first and agrees
  /// on the time.
  ///
  /// - Parameter limit: at most so many attempts; `nil`: all that are due.
  package func tick(limit: Int?) async throws -> TickReport {
    let begun = clock.elapsed()
    var report = TickReport()
    let mayCharge: Bool
    switch await prepare(&report) {
    case .ready: mayCharge = true
    case .stripeIsSilent: mayCharge = false
    case .nothingIsKnown:
      // Not even the time: a mail or message that fails under a wrong clock would be tried again in a year.
      return try await told(&report, at: now)
    case .notAtHome: return try await told(&report, at: now)
    case .clockIsWrong:
      // Nothing is written in this machine's time; what must be said is said in Stripe's.
      return try await told(&report, at: stripeNow)
    }
    let started = now
    if mayCharge {
      var limits = SendingLimits(settings, limit: limit)
      await guarded("resolve", &report) { report in try await resolve(&report, &limits, startedAt: started) }
      // Periods become due by a clock that was checked: a wrong one would insert those of next year.
      await guarded("schedule", &report) { report in try schedule(&report) }
      await guarded("charge", &report) { report in try await charge(&report, &limits, startedAt: started) }
      await guarded("recover", &report) { report in try await recover(&report) }
    }
    // An older copy may have been found out in the middle of the tick: what it would tell was told.
    if try ledger.fence() == nil {
      await guarded("fulfill", &report) { report in try await fulfill(&report) }
      await guarded("notify", &report) { report in try await notify(&report) }
    }
    try judgeLateness()
    try ledger.tickEnded(at: now, clockWasChecked: mayCharge && !isClockOff)
    report.durationMs = (clock.elapsed() - begun).wholeMilliseconds
    report.isWhole =
      try mayCharge && report.stoppedPasses.isEmpty && ledger.standing(.tickStopped).isEmpty
    return try await told(&report, at: now)
  }

  /// New matters are told once, by the exit code and by a mail.
  private func told(_ report: inout TickReport, at moment: Timestamp) async throws -> TickReport {
    report.matters = try ledger.tellMatters(at: moment)
    await alert(at: moment)
    return report
  }

  /// The last two passes alone: what `serve` runs after an event or a landing, so that nobody waits for the timer. Safe
  /// beside a tick: both deliver at least once, under ids that stay the same.
  package func fulfillAndNotify() async -> (fulfilled: Int, emailsSent: Int) {
    var report = TickReport()
    do {
      guard try hasSomethingToTell() else { return (0, 0) }
      if let reason = try await whyNothingIsWritten() {
        logger.warning("nobody is told yet", metadata: ["reason": "\(reason)"])
        return (0, 0)
      }
    } catch {
      logger.error("nobody is told: the ledger cannot be read", metadata: ["reason": "\(error)"])
      return (0, 0)
    }
    await guarded("fulfill", &report) { report in try await fulfill(&report) }
    await guarded("notify", &report) { report in try await notify(&report) }
    return (report.fulfilled, report.emailsSent)
  }

  private func hasSomethingToTell() throws -> Bool {
    try !ledger.fulfillmentsQueued(by: now, limit: 1).isEmpty || !ledger.noticesQueued(by: now, limit: 1).isEmpty
  }

  private enum Readiness {
    case ready
    /// Stripe could not be read, but its answers told the time.
    case stripeIsSilent
    /// Nor did they.
    case nothingIsKnown
    case notAtHome
    case clockIsWrong
  }

  /// Reads what happened, and makes sure that charging is safe: Stripe answers, and the clocks agree.
  private func prepare(_ report: inout TickReport) async -> Readiness {
    do {
      guard try await whyNotAtHome() == nil else {
        report.errors += 1
        return .notAtHome
      }
      report.eventsApplied = try await sync(afterFirstAnswer: checkClocks).applied
      try ledger.clear(.clockWrong, "clock", at: now)
      if case .unproven? = try ledger.fence() {
        // Stripe's events of a while may be gone, and with them what was paid, given back, disputed or agreed.
        _ = try await reconcile(since: nil, refundsDuplicates: false)
      }
      guard try await isTheLedger() else {
        report.errors += 1
        return .notAtHome
      }
      return .ready
    } catch let wrong as WrongClock {
      report.errors += 1
      logger.error("nothing is charged: \(wrong.advice)")
      return .clockIsWrong
    } catch let trouble as StripeTrouble {
      report.stripeIsDown = trouble.description
      logger.notice("nothing is charged: Stripe could not be read", metadata: ["reason": "\(trouble)"])
    } catch {
      report.stoppedPasses.append("sync: \(error)")
      logger.error("nothing is charged: sync failed", metadata: ["reason": "\(error)"])
    }
    report.errors += 1
    return readinessWithoutStripe()
  }

  /// What a refusal or a 500 still tells: Stripe's time.
  private func readinessWithoutStripe() -> Readiness {
    guard stripe.serverTime.offset != nil else { return .nothingIsKnown }
    do {
      try checkClocks()
      return .stripeIsSilent
    } catch let wrong as WrongClock {
      logger.error("nothing is done: \(wrong.advice)")
      return .clockIsWrong
    } catch {
      logger.error("nothing is done: the ledger cannot be read", metadata: ["reason": "\(error)"])
      return .nothingIsKnown
    }
  }

  /// Before anything is written: a wrong clock would date it. Before each pass as well: it may have been set meanwhile.
  func checkClocks() throws {
    if stripe.serverTime.isDoubtful { throw WrongClock(advice: "Stripe's answers do not agree on what time it is") }
    let offset = stripe.serverTime.offset ?? .zero
    let behind = try ledger.mark().lastCommitAt - clock.now()
    guard isClockOff || behind > Self.clockTolerance else { return }
    let wrong = WrongClock(
      advice:
        "this machine's clock is \(offset.wholeSeconds) s behind Stripe's, and \(max(behind.wholeSeconds, 0)) s behind "
        + "the ledger's last tick; set it right")
    try ledger.raise(.clockWrong, "clock", advice: wrong.advice, at: stripeNow)
    throw wrong
  }

  /// One thing after another; one that fails is said, and does not stand before the others.
  func each<Item>(_ items: [Item], _ report: inout TickReport, _ body: (Item) async throws -> Void) async {
    for item in items {
      do {
        try await body(item)
      } catch {
        report.errors += 1
        logger.error(
          "one of many could not be done; the next tick tries again",
          metadata: ["item": "\(item)", "reason": "\(error)"])
      }
    }
  }

  private func guarded(
    _ pass: String, _ report: inout TickReport, _ body: (inout TickReport) async throws -> Void
  ) async {
    do {
      try checkClocks()
      try await body(&report)
    } catch {
      report.errors += 1
      report.stoppedPasses.append("\(pass): \(error)")
      logger.error("the \(pass) pass stopped early; the next tick goes on", metadata: ["reason": "\(error)"])
    }
  }
}

/// This machine's time cannot be trusted.
struct WrongClock: Error, CustomStringConvertible {
  let advice: String
  var description: String { advice }
}
