import Domain
import GRDB

/// What the claim makes of a charge whose time has come.
enum Turn {
  case goes(PaymentMethod)
  /// Something else of the charge or its agreement comes first.
  case waits
  case held
  /// It has nothing to be charged with: its recovery has opened.
  case toRecovery
  /// Nor has a recovering one any more: the customer is next.
  case retryEnded
}

/// The rules by which a charge may be attempted. Asked when it is claimed, and once more before an attempt leaves that could
/// not at once.
extension Database {
  /// Asks the rules, and writes what they come to, except the attempt itself.
  ///
  /// - Parameters:
  ///   - charge: scheduled, or recovering with its retry due.
  ///   - remaining: what the tick may still send, by currency; absent: no limit.
  func takeTurn(
    _ charge: Charge, _ request: ClaimRequest, remaining: [Currency: Int64], _ context: StepContext
  ) throws -> Turn {
    guard try mayStart(charge, request) else { return .waits }
    switch try verdict(on: charge, request, remaining: remaining) {
    case .send(let method): return .goes(method)
    case .wait: return .waits
    case .hold(let reason):
      try step(charge, .heldBack(reason), context)
      try note(.held, charge: charge.id, at: request.now, ["reason": reason.rawValue])
      return .held
    case .noMethod(let isStopped): return try goWithoutMethod(charge, isStopped: isStopped, context)
    case .overBudget:
      let turn =
        charge.state == .scheduled ? try goWithoutMethod(charge, isStopped: false, context) : .retryEnded
      try endRetry(charge, .cardBudgetUsedUp, hasPublicURL: context.hasPublicURL, at: request.now)
      return turn
    }
  }

  /// Nothing to charge it with: a first attempt becomes a recovery, a retry ends.
  private func goWithoutMethod(_ charge: Charge, isStopped: Bool, _ context: StepContext) throws -> Turn {
    if charge.state == .scheduled {
      try step(charge, .methodMissing(isStopped: isStopped), context)
      return .toRecovery
    }
    if isStopped { try run("UPDATE recoveries SET other_method_only = 1 WHERE charge = ?", [charge.id.text]) }
    try endRetry(
      charge, isStopped ? .stopped : .needsNewDetails, hasPublicURL: context.hasPublicURL, at: context.now)
    return .retryEnded
  }

  /// The card's budget counts over all charges; it may have been used up since a retry was planned. What is being sent may
  /// succeed: nothing is over because of it, and what could be one too many waits for the tick's next round.
  private func ruling(ofBudget method: PaymentMethod, _ request: ClaimRequest) throws -> Ruling {
    let since = request.now - .days(30)
    let most = request.maxPerCard30Days
    if try triesOnCard(method.budgetKey, since: since) < most { return .send(method) }
    return try failuresOnCard(method.budgetKey, since: since) < most ? .wait : .overBudget
  }

  /// Nothing else of this charge or its agreement stands in the way.
  private func mayStart(_ charge: Charge, _ request: ClaimRequest) throws -> Bool {
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
        -- One that is to be closed is no longer ours to confirm: a cancel of it may be on its way.
        OR EXISTS (SELECT 1 FROM intents
          WHERE charge = ?1 AND (state = 'closing' OR state = 'open' AND (secret_left = 1 OR kind = 'on_session')))
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

  private func verdict(
    on charge: Charge, _ request: ClaimRequest, remaining: [Currency: Int64]
  ) throws -> Ruling {
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
    case nil: return try ruling(ofBudget: usable.method, request)
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
}

/// What the rules say.
private enum Ruling {
  case send(PaymentMethod)
  /// Other tries of its card are being sent.
  case wait
  case hold(HeldReason)
  case noMethod(isStopped: Bool)
  /// The card was tried as often as the networks allow.
  case overBudget
}
