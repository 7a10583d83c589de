import Domain
import Logging
import Storage
import Stripe

extension Engine {
  /// More apart from Stripe's clock than this, and nothing is sent that moves money.
  static let clockTolerance = Duration.minutes(5)

  /// All passes once, in their order; what the timer starts. The caller holds the ``TickLock``.
  ///
  /// A pass that fails does not stop the others, except that nothing is charged unless Stripe was read first and agrees
  /// on the time.
  ///
  /// - Parameter limit: at most so many attempts; `nil`: all that are due.
  package func tick(limit: Int?) async throws -> TickReport {
    let started = now
    var report = TickReport()
    let mayCharge = await prepare(&report)
    if mayCharge { await guarded("resolve", &report) { report in try await resolve(&report) } }
    await guarded("schedule", &report) { report in try schedule(&report) }
    if mayCharge {
      await guarded("charge", &report) { report in try await charge(&report, limit: limit, startedAt: started) }
      await guarded("recover", &report) { report in try await recover(&report) }
    }
    await guarded("fulfill", &report) { report in try await fulfill(&report) }
    await guarded("notify", &report) { report in try await notify(&report) }
    report.matters = try ledger.tellMatters(at: now)
    try ledger.tickEnded(at: now)
    report.durationMs = (now - started).wholeMilliseconds
    return report
  }

  /// The last two passes alone: what `serve` runs after an event or a landing, so that nobody waits for the timer. Safe
  /// beside a tick: both deliver at least once, under ids that stay the same.
  package func fulfillAndNotify() async -> (fulfilled: Int, emailsSent: Int) {
    var report = TickReport()
    await guarded("fulfill", &report) { report in try await fulfill(&report) }
    await guarded("notify", &report) { report in try await notify(&report) }
    return (report.fulfilled, report.emailsSent)
  }

  /// Reads what happened, and makes sure that charging is safe: Stripe answers, and the clocks agree.
  private func prepare(_ report: inout TickReport) async -> Bool {
    do {
      report.eventsApplied = try await sync().applied
      return try clocksAgree(&report)
    } catch let trouble as StripeTrouble {
      report.errors += 1
      report.stripeIsDown = trouble.description
      logger.notice("nothing is charged: Stripe could not be read", metadata: ["reason": "\(trouble)"])
    } catch {
      report.errors += 1
      logger.error("nothing is charged: sync failed", metadata: ["reason": "\(error)"])
    }
    return false
  }

  private func clocksAgree(_ report: inout TickReport) throws -> Bool {
    let offset = stripe.serverTime.offset ?? .zero
    let behind = try ledger.mark().lastCommitAt - now
    if max(offset, .zero - offset) > Self.clockTolerance || behind > Self.clockTolerance {
      let advice = "this machine's clock is \(offset.wholeSeconds) s behind Stripe's, and \(max(behind.wholeSeconds, 0)) s behind the ledger's last commit; set it right"
      try ledger.raise(.clockWrong, "clock", advice: advice, at: now)
      logger.error("nothing is charged: \(advice)")
      report.errors += 1
      return false
    }
    try ledger.clear(.clockWrong, "clock", at: now)
    return true
  }

  private func guarded(
    _ pass: String, _ report: inout TickReport, _ body: (inout TickReport) async throws -> Void
  ) async {
    do {
      try await body(&report)
    } catch {
      report.errors += 1
      logger.error("the \(pass) pass stopped early; the next tick goes on", metadata: ["reason": "\(error)"])
    }
  }
}
