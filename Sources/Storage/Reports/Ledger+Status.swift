package import Domain
import GRDB

/// What `dues status` says.
package struct LedgerStatus: Sendable {
  package let charges: [ChargeState: Int]
  /// Due and not started.
  package let overdue: Int
  /// Since when the oldest of them could have been sent.
  package let oldestDue: Timestamp?
  package let lastTickAt: Timestamp?
  package let fencedBecause: String?
  package let matters: [Matter]
}

/// Something that a person must look at.
package struct Matter: Sendable, Hashable {
  package let kind: HumanMatter
  /// A charge's, customer's, agreement's or message's id, or a job's name.
  package let subject: String
  package let advice: String
  package let since: Timestamp
}

/// What the start of a tick must know of the ledger itself.
package struct LedgerMark: Sendable {
  package let stripeAccount: String?
  package let livemode: Bool?
  package let keyDigest: String?
  package let lastCommitAt: Timestamp
  package let lastTickAt: Timestamp?
}

extension Ledger {
  package func status(at now: Timestamp) throws -> LedgerStatus {
    // A copy says so before its first tick.
    var fence = try fence()
    // The next tick looks by itself.
    if case .unproven? = fence { fence = nil }
    return try read { db in
      let ledger = try db.row("SELECT last_tick_at FROM ledger")
      var matters = try db.matters("cleared_at IS NULL")
      if let fence, !matters.contains(where: { $0.kind == .fenced }) {
        matters.append(Matter(kind: .fenced, subject: "ledger", advice: fence.advice, since: now))
      }
      matters += try db.unansweredForLong(at: now, beside: matters)
      let lastTickAt = ledger?.timeIfAny("last_tick_at")
      let oldestDue = try db.oldestDue(at: now)
      if let silent = db.timerIsSilent(lastTickAt: lastTickAt, oldestDue: oldestDue, at: now) { matters.append(silent) }
      return LedgerStatus(
        charges: try db.countsByState(),
        overdue: try db.count(
          "SELECT count(*) FROM charges WHERE state = 'scheduled' AND due_at <= ?", [now.milliseconds]),
        oldestDue: oldestDue, lastTickAt: lastTickAt,
        fencedBecause: matters.first { $0.kind == .fenced }?.advice,
        matters: matters)
    }
  }

  /// Matters that no tick has told yet; told from now on.
  package func tellMatters(at now: Timestamp) throws -> [Matter] {
    try write(at: now) { db in
      let new = try db.matters("cleared_at IS NULL AND told_at IS NULL")
      if !new.isEmpty {
        try db.run("UPDATE matters SET told_at = ? WHERE told_at IS NULL AND cleared_at IS NULL", [now.milliseconds])
      }
      return new
    }
  }

  package func raise(_ matter: HumanMatter, _ subject: String, advice: String, at now: Timestamp) throws {
    try write(at: now) { db in try db.raise(matter, subject, advice, at: now) }
  }

  /// Commits nothing where nothing stands: a tick clears what is mostly not there.
  package func clear(_ matter: HumanMatter, _ subject: String, at now: Timestamp) throws {
    guard try standing(matter).contains(subject) else { return }
    try write(at: now) { db in try db.clear(matter, subject, at: now) }
  }

  /// The subjects of all standing matters of a kind.
  package func standing(_ matter: HumanMatter) throws -> [String] {
    try read { db in
      try db.rows("SELECT subject FROM matters WHERE kind = ? AND cleared_at IS NULL", [matter.rawValue])
        .map { $0["subject"] }
    }
  }

  package func mark() throws -> LedgerMark {
    try read { db in
      guard let row = try db.row("SELECT * FROM ledger") else { throw LedgerError.unknown("the ledger's own row") }
      return LedgerMark(
        stripeAccount: row["stripe_account"], livemode: row["livemode"], keyDigest: row["key_digest"],
        lastCommitAt: row.time("last_commit_at"),
        lastTickAt: row.timeIfAny("last_tick_at"))
    }
  }

  /// Binds the ledger to a Stripe account and mode, once, and remembers the key that proved it.
  ///
  /// - Returns: whether the ledger belongs to this account and mode.
  package func bind(account: String, livemode: Bool, keyDigest: String, at now: Timestamp) throws -> Bool {
    try write(at: now) { db in
      try db.run(
        "UPDATE ledger SET stripe_account = ?, livemode = ? WHERE stripe_account IS NULL", [account, livemode])
      try db.run(
        "UPDATE ledger SET key_digest = ? WHERE stripe_account = ? AND livemode = ?", [keyDigest, account, livemode])
      return db.changesCount == 1
    }
  }

  /// - Parameter clockWasChecked: `false`: Stripe was silent, so this moment proves nothing.
  package func tickEnded(at now: Timestamp, clockWasChecked: Bool) throws {
    try write(at: now) { db in
      try db.run("UPDATE ledger SET last_tick_at = ?", [now.milliseconds])
      if clockWasChecked { try db.noteCheckedTime(now) }
    }
  }
}

extension Database {
  /// How many charges stand where; states without any are left out. Each part has an index of its own.
  fileprivate func countsByState() throws -> [ChargeState: Int] {
    let counts = try all(
      """
      SELECT 'paid' AS state, count(*) AS n FROM charges WHERE paid_at IS NOT NULL HAVING n > 0
      UNION ALL
      SELECT state, count(*) FROM charges
        WHERE paid_at IS NULL AND state <> 'scheduled' AND state <> 'attempting' AND state <> 'unresolved' GROUP BY state
      UNION ALL
      SELECT 'scheduled', count(*) AS n FROM charges WHERE state = 'scheduled' HAVING n > 0
      UNION ALL
      SELECT charges.state, count(*) FROM attempts JOIN charges ON charges.id = attempts.charge
        WHERE attempts.state IN ('sending', 'unresolved') AND charges.state IN ('attempting', 'unresolved')
        GROUP BY charges.state
      """
    ) { row in (try row.named("state") as ChargeState, row["n"] as Int) }
    return Dictionary(uniqueKeysWithValues: counts)
  }

  /// How far the ledger has come, on a clock that was compared with Stripe's in the same tick. Commands and pages do not
  /// move it: a clock that was wrong once must not stop charging for ever.
  func noteCheckedTime(_ now: Timestamp) throws {
    try run("UPDATE ledger SET last_commit_at = max(last_commit_at, ?)", [now.milliseconds])
  }
}

extension Database {
  func matters(_ condition: String) throws -> [Matter] {
    try rows("SELECT * FROM matters WHERE \(condition) ORDER BY since, number").map { row in
      Matter(kind: try row.named("kind"), subject: row["subject"], advice: row["advice"], since: row.time("since"))
    }
  }
}
