package import Domain
import GRDB

/// What the charge pass may send now, and within which limits.
package struct ClaimRequest: Sendable {
  package var now: Timestamp
  /// When this tick began: an agreement gets one charge a tick.
  package var tickStartedAt: Timestamp
  /// At most so many attempts in this claim.
  package var limit: Int
  /// Where the last claim of this round stopped; `nil`: a round begins.
  package var position: ClaimPosition?
  package var catchUp: Duration
  package var maxCharge: [Currency: Int64]
  /// What the tick may still send, by currency; absent: no limit.
  package var remainingTotal: [Currency: Int64]
  /// Jobs whose file can be used; the charges of others wait.
  package var usableJobs: Set<String>
  /// Jobs whose `missed` is `all`: their agreements may have several charges in one tick.
  package var manyPerTick: Set<String>
  /// Attempts on one card in 30 days, over all charges.
  package var maxPerCard30Days: Int

  package init(
    now: Timestamp, tickStartedAt: Timestamp, limit: Int, position: ClaimPosition?, catchUp: Duration,
    maxCharge: [Currency: Int64],
    remainingTotal: [Currency: Int64], usableJobs: Set<String>, manyPerTick: Set<String>, maxPerCard30Days: Int
  ) {
    self.now = now
    self.tickStartedAt = tickStartedAt
    self.limit = limit
    self.position = position
    self.catchUp = catchUp
    self.maxCharge = maxCharge
    self.remainingTotal = remainingTotal
    self.usableJobs = usableJobs
    self.manyPerTick = manyPerTick
    self.maxPerCard30Days = maxPerCard30Days
  }
}

/// How far a round has come among what is due. A pass that goes on from there looks at each charge once a round, however
/// many have to wait.
package struct ClaimPosition: Sendable, Hashable {
  /// First what is scheduled, then what is to be retried.
  fileprivate var list = 0
  fileprivate var turn = Int64.min
  fileprivate var charge = ""
}

/// An attempt that is written, and now to be sent.
package struct ClaimedAttempt: Sendable, Hashable {
  package let charge: Charge
  package let number: Int
  package let request: FrozenRequest
  package let method: PaymentMethod
  package let isRetry: Bool
  package let writtenAt: Timestamp
}

package struct ClaimResult: Sendable {
  package var attempts: [ClaimedAttempt] = []
  package var held = 0
  /// Without a chargeable method: gone straight to recovery.
  package var toRecovery = 0
  /// Candidates that did not have to wait: claimed, held or sent to recovery.
  package var seen = 0
  /// Where it stopped; `nil`: it came to the end.
  package var position: ClaimPosition?
}

extension Ledger {
  /// Where many are held or have to wait, others get their turn to write.
  private static let mostVisited = 500

  /// Claims what is due: attempt, idempotency key and exact bytes are committed before anything is sent (law 2).
  ///
  /// One transaction looks at a bounded number of charges; the next goes on at ``ClaimResult/position``.
  ///
  /// - Parameters:
  ///   - freeze: makes the request of an attempt; pure, because it runs inside the transaction.
  ///   - policy: the policy of a charge's job.
  package func claim(
    _ request: ClaimRequest, context: (Charge) -> StepContext,
    freeze: (Charge, PaymentMethod, _ number: Int) -> FrozenRequest
  ) throws -> ClaimResult {
    try writeRequests(at: request.now) { db in
      var result = ClaimResult()
      var customers = try db.customersInFlight()
      var remaining = request.remainingTotal
      var visited = 0
      result.position = try db.eachDue(request) { candidate in
        guard result.attempts.count < request.limit, visited < Self.mostVisited else { return false }
        visited += 1
        guard !customers.contains(candidate.customer.text), try db.mayStart(candidate, request) else { return true }
        result.seen += 1
        switch try db.verdict(on: candidate, request, remaining: remaining) {
        case .hold(let reason):
          try db.step(candidate, .heldBack(reason), context(candidate))
          try db.note(.held, charge: candidate.id, at: request.now, ["reason": reason.rawValue])
          result.held += 1
        case .noMethod(let isStopped):
          try db.goWithoutMethod(candidate, isStopped: isStopped, context(candidate))
          result.toRecovery += 1
        case .overBudget:
          if candidate.state == .scheduled {
            try db.goWithoutMethod(candidate, isStopped: false, context(candidate))
            result.toRecovery += 1
          }
          let context = context(candidate)
          try db.endRetry(candidate, .cardBudgetUsedUp, hasPublicURL: context.hasPublicURL, at: request.now)
        case .send(let method):
          customers.insert(candidate.customer.text)
          let currency = candidate.money.currency
          if let left = remaining[currency] { remaining[currency] = left - candidate.money.amount }
          result.attempts.append(
            try db.writeAttempt(candidate, method, at: request.now, context(candidate), freeze: freeze))
        }
        return true
      }
      try db.noteRequests(result.attempts.count)
      if !result.attempts.isEmpty { try db.noteCheckedTime(request.now) }
      return result
    }
  }
}

/// What the claim makes of a charge that is due.
private enum Claim {
  case send(PaymentMethod)
  case hold(HeldReason)
  case noMethod(isStopped: Bool)
  /// The card was tried as often as the networks allow.
  case overBudget
}

extension Database {
  /// Visits the scheduled charges that are due and then the recoveries whose retry is, oldest first, a page at a time,
  /// until `visit` says that it has enough. Those that must wait do not stand before the others.
  ///
  /// - Returns: the last that was visited; `nil`: all were.
  fileprivate func eachDue(_ request: ClaimRequest, visit: (Charge) throws -> Bool) throws -> ClaimPosition? {
    let lists = [
      """
      SELECT charges.*, due_at AS turn FROM charges
        WHERE state = 'scheduled' AND due_at <= ?1 AND (due_at, id) > (?2, ?3) ORDER BY due_at, id LIMIT ?4
      """,
      """
      SELECT charges.*, recoveries.next_retry_at AS turn FROM recoveries JOIN charges ON charges.id = recoveries.charge
        WHERE recoveries.next_retry_at <= ?1 AND (recoveries.next_retry_at, recoveries.charge) > (?2, ?3)
          AND charges.state = 'recovering' AND recoveries.deadline_at > ?1 ORDER BY recoveries.next_retry_at, recoveries.charge LIMIT ?4
      """,
    ]
    // A few more than wanted: some will have to wait.
    let size = request.limit + 8
    var last = request.position ?? ClaimPosition()
    while last.list < lists.count {
      let page = try all(lists[last.list], [request.now.milliseconds, last.turn, last.charge, size]) { row in
        (charge: try Charge(row: row), turn: row["turn"] as Int64)
      }
      for candidate in page {
        guard try visit(candidate.charge) else { return last }
        last.turn = candidate.turn
        last.charge = candidate.charge.id.text
      }
      if page.count < size { last = ClaimPosition(list: last.list + 1) }
    }
    return nil
  }

  /// Nothing to charge it with: a first attempt becomes a recovery, a retry ends.
  fileprivate func goWithoutMethod(_ charge: Charge, isStopped: Bool, _ context: StepContext) throws {
    if charge.state == .scheduled {
      try step(charge, .methodMissing(isStopped: isStopped), context)
      return
    }
    if isStopped { try run("UPDATE recoveries SET other_method_only = 1 WHERE charge = ?", [charge.id.text]) }
    try endRetry(
      charge, isStopped ? .stopped : .needsNewDetails, hasPublicURL: context.hasPublicURL, at: context.now)
  }

  /// The card's budget counts over all charges; it may have been used up since a retry was planned.
  private func isWithinBudget(_ method: PaymentMethod, _ request: ClaimRequest) throws -> Bool {
    try triesOnCard(method.budgetKey, since: request.now - .days(30)) < request.maxPerCard30Days
  }

  /// Whose charges are on their way: a customer has one at a time.
  fileprivate func customersInFlight() throws -> Set<String> {
    Set(
      try all(
        """
        SELECT charges.customer FROM attempts JOIN charges ON charges.id = attempts.charge
          WHERE attempts.state IN ('sending', 'unresolved') AND attempts.state = 'sending'
        """
      ) { $0[0] })
  }

  /// Nothing else of this charge or its agreement stands in the way.
  fileprivate func mayStart(_ charge: Charge, _ request: ClaimRequest) throws -> Bool {
    guard !charge.cancelRequested, try !hasLiveInstrument(charge.id) else { return false }
    guard case .period(let agreement, _, let job) = charge.origin else { return true }
    guard request.usableJobs.contains(job) else { return false }
    return try mayStart(charge, of: agreement, job: job, request)
  }

  /// Whether an attempt would be a second thing that can collect for a charge (law 5).
  private func hasLiveInstrument(_ charge: ChargeID) throws -> Bool {
    try exists(
      """
      SELECT 1 WHERE EXISTS
          (SELECT 1 FROM attempts WHERE charge = ?1 AND state IN ('sending', 'unresolved', 'processing'))
        OR EXISTS (SELECT 1 FROM checkouts WHERE charge = ?1 AND state IN ('opening', 'open', 'closing'))
        OR EXISTS (SELECT 1 FROM intents
          WHERE charge = ?1 AND (secret_left = 1 OR kind = 'on_session') AND state IN ('open', 'closing'))
      """, [charge.text])
  }

  private func mayStart(_ charge: Charge, of agreement: AgreementID, job: String, _ request: ClaimRequest) throws
    -> Bool
  {
    guard try exists("SELECT 1 FROM agreements WHERE id = ? AND state = 'active'", [agreement.text]) else {
      return false
    }
    // `while_recovering` keeps the next period waiting; retries do not wait for one another.
    let isBlocked =
      try charge.state != .recovering
      && exists(
        "SELECT 1 FROM recoveries WHERE agreement = ? AND ended_at IS NULL AND blocks_agreement = 1", [agreement.text])
    guard !isBlocked else { return false }
    if request.manyPerTick.contains(job) { return true }
    return try !exists(
      """
      SELECT 1 FROM charges JOIN attempts ON attempts.charge = charges.id
        WHERE charges.agreement = ? AND charges.id <> ? AND coalesce(attempts.sent_at, attempts.written_at) >= ?
      """, [agreement.text, charge.id.text, request.tickStartedAt.milliseconds])
  }

  fileprivate func verdict(
    on charge: Charge, _ request: ClaimRequest, remaining: [Currency: Int64]
  ) throws -> Claim {
    if charge.state == .scheduled, !charge.isApproved, try isTooLate(charge, request) {
      return .hold(.olderThanCatchUp)
    }
    if !charge.isApproved, let most = request.maxCharge[charge.money.currency], charge.money.amount > most {
      return .hold(.overMaxCharge)
    }
    if !charge.isApproved, let left = remaining[charge.money.currency], charge.money.amount > left {
      return .hold(.overMaxTickTotal)
    }
    let usable = try first(
      "SELECT * FROM payment_methods WHERE id = ? AND is_detached = 0 AND mandate_ended = 0",
      [charge.paymentMethod?.text]
    ) { row in (method: PaymentMethod(row: row), stopped: row["stopped"] as String?) }
    guard let usable else { return .noMethod(isStopped: false) }
    switch usable.stopped {
    case nil: return try isWithinBudget(usable.method, request) ? .send(usable.method) : .overBudget
    case StopKind.final.rawValue: return .hold(.cardStopped)
    default: return .noMethod(isStopped: true)
    }
  }

  /// Late is counted from the due time, or from when the recovery that kept the agreement waiting ended.
  private func isTooLate(_ charge: Charge, _ request: ClaimRequest) throws -> Bool {
    guard request.now - charge.dueAt > request.catchUp else { return false }
    var since = charge.dueAt
    if let agreement = charge.origin.agreement,
      let freed = try row(
        "SELECT max(ended_at) AS at FROM recoveries JOIN charges ON charges.id = recoveries.charge WHERE charges.agreement = ?",
        [agreement.text])?.timeIfAny("at")
    {
      since = max(since, freed)
    }
    return request.now - since > request.catchUp
  }

  fileprivate func writeAttempt(
    _ charge: Charge, _ method: PaymentMethod, at now: Timestamp, _ context: StepContext,
    freeze: (Charge, PaymentMethod, Int) -> FrozenRequest
  ) throws -> ClaimedAttempt {
    let number = try nextAttempt(of: charge.id)
    let request = freeze(charge, method, number)
    let isRetry = charge.state == .recovering
    try insertAttempt(
      number, of: charge.id, .offSession, request, with: method.id, called: method.label,
      reusing: charge.paymentIntent, isRetry: isRetry, at: now)
    if isRetry { try run("UPDATE recoveries SET next_retry_at = NULL WHERE charge = ?", [charge.id.text]) }
    let written = try step(charge, .attemptWritten, context)
    return ClaimedAttempt(
      charge: written, number: number, request: request, method: method, isRetry: isRetry, writtenAt: now)
  }
}
