package import Domain
import GRDB

/// What a person found out about an attempt that stayed without an answer.
package enum Judgment: String, Sendable, CaseIterable {
  case paid, failed
}

extension Ledger {
  /// - Throws: as ``judge(_:as:note:keyLife:at:context:)`` does, before anything is asked or written for it.
  package func checkMayBeJudged(_ id: ChargeID, as judgment: Judgment, keyLife: Duration, at now: Timestamp) throws {
    try read { db in _ = try db.judgeable(id, as: judgment, keyLife: keyLife, at: now) }
  }

  /// Records a person's decision on an unresolved charge: the attempt ends, and the charge is paid, or recovers.
  ///
  /// Money that Stripe shows later is recorded: as the payment that was judged, or as what it is.
  /// - Parameter keyLife: `failed` is refused until the attempt's key is dead; before, Stripe may still execute it.
  /// - Throws: ``LedgerError/cannot(_:)`` unless the charge is unresolved, and old enough.
  package func judge(
    _ id: ChargeID, as judgment: Judgment, note text: String, keyLife: Duration, at now: Timestamp,
    context: (Charge) -> StepContext
  ) throws -> Charge {
    try write(at: now) { db in
      let (charge, live) = try db.judgeable(id, as: judgment, keyLife: keyLife, at: now)
      let state: AttemptState = judgment == .paid ? .succeeded : .refused
      try db.run(
        "UPDATE attempts SET state = ?, concluded_at = ?, reason = ? WHERE charge = ? AND state = 'unresolved'",
        [state.rawValue, now.milliseconds, text, id.text])
      try db.closeOnSession(id, at: now)
      try db.note(.judged, charge: id, at: now, ["as": judgment.rawValue, "reason": text])
      switch judgment {
      case .paid:
        return try db.step(charge, .paymentSeen, context(charge)) { paid in
          paid.paidAt = now
          paid.paidBy = live?.kind == .onSession ? .onSession : .offSession
        }
      case .failed: return try db.step(charge, .judgedFailed, context(charge))
      }
    }
  }
}

extension Database {
  /// The charge, and its attempt that has no answer, if there is one.
  fileprivate func judgeable(
    _ id: ChargeID, as judgment: Judgment, keyLife: Duration, at now: Timestamp
  ) throws -> (Charge, AttemptRecord?) {
    let charge = try charge(id)
    guard charge.state == .unresolved else {
      throw LedgerError.cannot("charge \(id) is \(charge.state.rawValue); only an unresolved one can be resolved")
    }
    let live = try row("SELECT * FROM attempts WHERE charge = ? AND state = 'unresolved'", [id.text])
      .map { try AttemptRecord(row: $0) }
    if judgment == .failed, let live, !live.isUnexecuted, now - live.firstSentAt < keyLife {
      throw LedgerError.cannot(
        "Stripe may still execute the attempt of charge \(id) until \(live.firstSentAt + keyLife); wait until then")
    }
    return (charge, live)
  }
}
