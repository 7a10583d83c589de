import Domain
import GRDB

extension Ledger {
  /// An attempt that never left is to leave now, under its own key, or is taken back: what has come since it was written
  /// may stand against it, so the rules of the claim are asked once more (docs/decisions/0015).
  ///
  /// Taken back, its charge stands where it stood before, or where the rules have put it.
  ///
  /// - Returns: whether it leaves; its send is noted then.
  package func letGo(_ attempt: AttemptRecord, _ request: ClaimRequest, _ context: StepContext) throws -> Bool {
    try write(at: request.now) { db in
      let written = try db.attempt(attempt.charge, attempt.number)
      let charge = try db.charge(attempt.charge)
      // Another process was first.
      guard written.isUnexecuted, written.state == .sending || written.state == .unresolved, charge.state.isInFlight
      else { return false }
      var leaves = false
      // The rules judge it as if it had not been written; if they let it go, it is as it was.
      try db.inSavepoint {
        let waiting = try db.takeBack(written, charge, context)
        leaves = try db.mayLeave(written, waiting, request, context)
        return leaves ? .rollback : .commit
      }
      if leaves { try db.noteResend(written.charge, attempt: written.number, at: request.now) }
      return leaves
    }
  }
}

extension Database {
  fileprivate func takeBack(_ attempt: AttemptRecord, _ charge: Charge, _ context: StepContext) throws -> Charge {
    try run(
      "UPDATE attempts SET state = 'refused', concluded_at = ?, reason = ? WHERE charge = ? AND number = ?",
      [context.now.milliseconds, "never left; taken back", charge.id.text, attempt.number])
    try note(.attemptTakenBack, charge: charge.id, at: context.now, ["number": String(attempt.number)])
    let isRecovering = try exists("SELECT 1 FROM recoveries WHERE charge = ? AND ended_at IS NULL", [charge.id.text])
    let waiting = try step(charge, .attemptTakenBack(isRecovering: isRecovering), context)
    let state = try charge.origin.agreement.map { try agreement($0).state } ?? .active
    switch (isRecovering, state) {
    case (true, .active):
      try run("UPDATE recoveries SET next_retry_at = ? WHERE charge = ?", [context.now.milliseconds, charge.id.text])
    case (true, _): try endRetry(waiting, .agreementPaused, hasPublicURL: context.hasPublicURL, at: context.now)
    // Never tried, it ends with its agreement.
    case (false, .canceled): try requestCancel(waiting, reason: "the agreement was canceled", at: context.now)
    case (false, _): break
    }
    return waiting
  }

  /// Asks the rules, and writes what they come to.
  fileprivate func mayLeave(
    _ attempt: AttemptRecord, _ waiting: Charge, _ request: ClaimRequest, _ context: StepContext
  ) throws -> Bool {
    let isOver = try exists(
      "SELECT 1 FROM recoveries WHERE charge = ? AND deadline_at <= ?", [waiting.id.text, request.now.milliseconds])
    guard !isOver else { return false }
    let turn = try takeTurn(waiting, request, remaining: request.remainingTotal, context)
    // With another card it is another request.
    guard case .goes(let method) = turn else { return false }
    return method.id == attempt.method
  }
}
