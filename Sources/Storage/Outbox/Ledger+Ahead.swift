package import Domain
import GRDB

/// Something that will be due, and that its customer may hear of ahead of time.
package struct Foretold: Sendable, Hashable {
  /// `nil`: a one-off.
  package let agreement: Agreement?
  package let charge: Charge?
  package let dueAt: Timestamp
  package let method: PaymentMethod?
  /// A failed charge of the agreement is being asked for: another mail would contradict it.
  package let isRecovering: Bool

  package var customer: CustomerID { agreement?.customer ?? charge?.customer ?? CustomerID("") }
  package var job: String? { agreement?.job }
}

/// Mails ahead of a charge. Each due time is looked at once for each kind; again, if the mail was dropped before it went.
extension Ledger {
  /// What is due by `end`, and was not looked at yet; the earliest first. While a failed charge of an agreement is being
  /// asked for, another mail would contradict it: it is looked at once that is over.
  package func toForetell(_ kind: NoticeKind, dueBy end: Timestamp, limit: Int) throws -> [Foretold] {
    let column = Self.column(of: kind)
    return try read { db in
      let agreements = try db.rows(
        """
        SELECT * FROM agreements WHERE next_due_at IS NOT NULL AND \(column) <> next_due_at AND next_due_at <= ?
          AND NOT EXISTS (SELECT 1 FROM recoveries WHERE agreement = agreements.id AND ended_at IS NULL)
          ORDER BY next_due_at LIMIT ?
        """, [end.milliseconds, limit]
      ).map { try db.foretold(Agreement(row: $0)) }
      let charges = try db.rows(
        """
        SELECT * FROM charges WHERE state = 'scheduled' AND key IS NOT NULL AND \(column) <> due_at AND due_at <= ?
          ORDER BY due_at LIMIT ?
        """, [end.milliseconds, limit]
      ).map { try db.foretold(Charge(row: $0)) }
      return agreements + charges
    }
  }

  /// The customers are not written to about these, and why; one commit for all of them, because most say nothing.
  package func keepQuiet(
    _ kind: NoticeKind, about quiet: [(foretold: Foretold, reason: String?)], at now: Timestamp
  ) throws {
    guard !quiet.isEmpty else { return }
    try write(at: now) { db in
      for (foretold, reason) in quiet {
        guard try db.mark(foretold, kind, column: Self.column(of: kind)), let reason else { continue }
        try db.note(
          .noticeDropped, charge: foretold.charge?.id, agreement: foretold.agreement?.id, at: now,
          ["kind": kind.rawValue, "reason": reason])
      }
    }
  }

  /// Queues the mail, once: for the same due time, and about the same card's end, never again.
  package func foretell(_ kind: NoticeKind, _ foretold: Foretold, url: String?, at now: Timestamp) throws {
    try write(at: now) { db in
      guard try db.mark(foretold, kind, column: Self.column(of: kind)) else { return }
      let subject = foretold.agreement?.id.text ?? foretold.charge?.id.text ?? ""
      let turn: String
      if kind == .cardExpiring, let method = foretold.method {
        turn = "\(method.id).\(method.expiryYear ?? 0)-\(method.expiryMonth ?? 0)"
      } else {
        turn = "\(foretold.dueAt.milliseconds)"
      }
      let id = "\(subject).\(kind.rawValue).\(turn)"
      // One that was dropped, because its agreement was paused just then, is made anew under another id.
      let dropped = try db.count(
        "SELECT count(*) FROM notices WHERE (id = ?1 OR id LIKE ?1 || '.%') AND state = 'dropped'", [id])
      try db.run(
        """
        INSERT OR IGNORE INTO notices (id, kind, state, charge, agreement, customer, job, due_at, url, next_try_at,
            about_due_at, created_at)
          VALUES (?1, ?2, 'queued', ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?7)
        """,
        [
          dropped == 0 ? id : "\(id).\(dropped + 1)", kind.rawValue, foretold.charge?.id.text,
          foretold.agreement?.id.text, foretold.customer.text, foretold.job, now.milliseconds, url,
          foretold.dueAt.milliseconds,
        ])
      guard db.changesCount == 1 else { return }
      try db.note(
        .noticePlanned, charge: foretold.charge?.id, agreement: foretold.agreement?.id, at: now,
        ["kind": kind.rawValue, "due": "\(now)"])
    }
  }

  /// What a mail ahead of time is about, as it is now; `nil`: it is not due then any more.
  package func foretold(by notice: NoticeRecord) throws -> Foretold? {
    try read { db in try db.foretold(by: notice) }
  }

  fileprivate static func column(of kind: NoticeKind) -> String {
    switch kind {
    case .cardExpiring: "expiring_for"
    case .upcomingCharge, .paymentFailed, .authenticationNeeded, .reminder, .finalNotice, .paymentRecovered,
      .setupInvitation:
      "upcoming_for"
    }
  }
}

extension Database {
  /// `false`: it was looked at meanwhile, or is due at another time.
  fileprivate func mark(_ foretold: Foretold, _ kind: NoticeKind, column: String) throws -> Bool {
    if let agreement = foretold.agreement {
      try run(
        "UPDATE agreements SET \(column) = next_due_at WHERE id = ?1 AND next_due_at = ?2 AND \(column) <> next_due_at",
        [agreement.id.text, foretold.dueAt.milliseconds])
    } else {
      try run(
        "UPDATE charges SET \(column) = due_at WHERE id = ?1 AND due_at = ?2 AND \(column) <> due_at",
        [foretold.charge?.id.text, foretold.dueAt.milliseconds])
    }
    return changesCount == 1
  }

  fileprivate func foretold(_ agreement: Agreement) throws -> Foretold {
    let turn = agreement.nextTurn
    let isRecovering =
      try exists("SELECT 1 FROM recoveries WHERE agreement = ? AND ended_at IS NULL", [agreement.id.text])
    return Foretold(
      agreement: turn?.agreement ?? agreement, charge: nil, dueAt: turn?.period.dueAt ?? agreement.createdAt,
      method: try method(agreement.paymentMethod), isRecovering: isRecovering)
  }

  fileprivate func foretold(_ charge: Charge) throws -> Foretold {
    Foretold(
      agreement: nil, charge: charge, dueAt: charge.dueAt, method: try method(charge.paymentMethod), isRecovering: false
    )
  }

  func foretold(by notice: NoticeRecord) throws -> Foretold? {
    let found: Foretold
    if let id = notice.charge {
      let charge = try charge(id)
      guard charge.state == .scheduled, !charge.cancelRequested else { return nil }
      found = try foretold(charge)
    } else if let id = notice.agreement {
      let agreement = try agreement(id)
      guard agreement.state == .active, agreement.nextDueAt != nil else { return nil }
      found = try foretold(agreement)
    } else {
      return nil
    }
    return found.dueAt == notice.aboutDueAt && !found.isRecovering ? found : nil
  }

  /// Its mail was dropped: what it was about is looked at again, if it still comes.
  func forgetForetold(by notice: NoticeRecord) throws {
    let table = notice.charge == nil ? "agreements" : "charges"
    try run(
      "UPDATE \(table) SET \(Ledger.column(of: notice.kind)) = 0 WHERE id = ?",
      [notice.charge?.text ?? notice.agreement?.text])
  }

  private func method(_ id: PaymentMethodID?) throws -> PaymentMethod? {
    try id.flatMap { id in
      try row("SELECT * FROM payment_methods WHERE id = ? AND is_detached = 0", [id.text]).map {
        PaymentMethod(row: $0)
      }
    }
  }
}
