package import Domain
import GRDB

/// The dead man's switch: what says that nothing happens although something should (law 9).
extension Ledger {
  /// When the oldest charge fell due that could have been sent and was not; `nil`: nothing waits that should not.
  package func oldestDue(at now: Timestamp) throws -> Timestamp? { try read { db in try db.oldestDue(at: now) } }

  /// What stands, and was not mailed to the operator within a day; the computed causes are to be among `more`.
  package func mattersToAlert(and more: [Matter], at now: Timestamp) throws -> [Matter] {
    try read { db in
      let sent = try db.rows("SELECT cause, sent_at FROM alerts")
      let times = Dictionary(uniqueKeysWithValues: sent.map { ($0["cause"] as String, $0.time("sent_at")) })
      return (try db.matters("cleared_at IS NULL") + more).filter { matter in
        guard let last = times[matter.kind.rawValue] else { return true }
        return matter.since > last && now - last >= .days(1)
      }
    }
  }

  /// The operator has been written to.
  package func alerted(_ causes: Set<HumanMatter>, at now: Timestamp) throws {
    try write(at: now) { db in
      for cause in causes {
        try db.run(
          "INSERT INTO alerts (cause, sent_at) VALUES (?1, ?2) ON CONFLICT (cause) DO UPDATE SET sent_at = ?2",
          [cause.rawValue, now.milliseconds])
      }
    }
  }
}

extension Database {
  /// Since when something waits that could have been sent: from its due time, or from when it was made, let go, or freed by
  /// another charge of its agreement. Charges of paused agreements, behind a failed one, or of broken jobs wait for good
  /// reasons that are said elsewhere.
  func oldestDue(at now: Timestamp) throws -> Timestamp? {
    let charge = try row(
      """
      SELECT min(since) AS since FROM (
        SELECT max(charges.due_at, charges.created_at,
            coalesce((SELECT max(at) FROM history WHERE charge = charges.id AND what = 'approved'), 0),
            coalesce((SELECT max(ended_at) FROM recoveries WHERE recoveries.agreement = charges.agreement), 0),
            coalesce((SELECT max(at) FROM history WHERE agreement = charges.agreement AND what = 'agreement_resumed'), 0),
            coalesce((SELECT max(attempts.written_at) FROM charges AS others JOIN attempts ON attempts.charge = others.id
              WHERE others.agreement = charges.agreement), 0)) AS since
          FROM charges LEFT JOIN agreements ON agreements.id = charges.agreement
          WHERE charges.state = 'scheduled' AND charges.due_at <= ? AND charges.cancel_requested = 0
            AND coalesce(agreements.state, 'active') = 'active'
            AND NOT EXISTS (SELECT 1 FROM recoveries WHERE recoveries.agreement = charges.agreement
              AND ended_at IS NULL AND blocks_agreement = 1)
            AND NOT EXISTS (SELECT 1 FROM matters WHERE kind = 'bad_job' AND subject = charges.job AND cleared_at IS NULL)
          ORDER BY charges.due_at LIMIT 1000)
      """, [now.milliseconds])?.timeIfAny("since")
    // Periods that no tick has made charges of yet.
    let period = try row(
      """
      SELECT min(since) AS since FROM (
        SELECT max(next_due_at, created_at) AS since FROM agreements WHERE next_due_at <= ?
            AND NOT EXISTS (SELECT 1 FROM matters WHERE kind = 'bad_job' AND subject = agreements.job
              AND cleared_at IS NULL)
          ORDER BY next_due_at LIMIT 1000)
      """, [now.milliseconds])?.timeIfAny("since")
    return [charge, period].compactMap { $0 }.min()
  }

  /// The timer has not run for a day, or not for an hour while something is due.
  func timerIsSilent(lastTickAt: Timestamp?, oldestDue: Timestamp?, at now: Timestamp) -> Matter? {
    let dueFor = oldestDue.map { now - $0 } ?? .zero
    let silentFor = lastTickAt.map { now - $0 }
    guard dueFor > .hours(1) && (silentFor ?? .days(1)) > .hours(1) || (silentFor ?? .zero) > .hours(26) else {
      return nil
    }
    let last = lastTickAt.map { "the last tick ended at \($0)" } ?? "no tick has ended yet"
    let due = oldestDue.map { ", and something has been due since \($0)" } ?? ""
    return Matter(
      kind: .timerSilent, subject: "timer", advice: "\(last)\(due): \(HumanMatter.timerSilent.advice)",
      since: lastTickAt ?? oldestDue ?? now)
  }
}
