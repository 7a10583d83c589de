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
        guard !customers.contains(candidate.customer.text) else { return true }
        switch try db.takeTurn(candidate, request, remaining: remaining, context(candidate)) {
        case .waits: return true
        case .held: result.held += 1
        case .toRecovery: result.toRecovery += 1
        case .retryEnded: break
        case .goes(let method):
          customers.insert(candidate.customer.text)
          let currency = candidate.money.currency
          if let left = remaining[currency] { remaining[currency] = left - candidate.money.amount }
          result.attempts.append(
            try db.writeAttempt(candidate, method, at: request.now, context(candidate), freeze: freeze))
        }
        result.seen += 1
        return true
      }
      try db.noteRequests(result.attempts.count)
      if !result.attempts.isEmpty { try db.noteCheckedTime(request.now) }
      return result
    }
  }
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
