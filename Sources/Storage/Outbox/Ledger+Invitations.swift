package import Domain
import GRDB

/// What asking for an invitation came to.
package enum InvitationAnswer: Sendable {
  case queued(NoticeRecord)
  /// The customer was invited to the same a moment ago, and nobody said `--again`.
  case recently(Timestamp)
}

/// Mails that ask a customer to save a payment method.
extension Ledger {
  /// Queues an invitation. Its id, and so its Message-ID, counts the customer's invitations.
  ///
  /// - Parameter notSince: one to the same job that was queued since is enough; `nil`: another one all the same.
  package func invite(
    _ customer: CustomerID, job: String?, url: String, notSince: Timestamp?, at now: Timestamp
  ) throws -> InvitationAnswer {
    try write(at: now) { db in
      let last = try db.row(
        """
        SELECT max(created_at) AS at FROM notices WHERE customer = ? AND kind = 'setup_invitation' AND charge IS NULL
            AND job IS ? AND state IN ('planned', 'queued', 'sent')
        """, [customer.text, job])?.timeIfAny("at")
      if let notSince, let last, last > notSince { return .recently(last) }
      let turn = try db.count(
        "SELECT count(*) FROM notices WHERE customer = ? AND kind = 'setup_invitation' AND charge IS NULL",
        [customer.text])
      let id = "\(customer).\(NoticeKind.setupInvitation.rawValue).\(turn + 1)"
      let agreement = try job.flatMap { try db.liveAgreement(of: customer, job: $0) }
      try db.planInvitation(id: id, customer: customer, job: job, agreement: agreement?.id, url: url, at: now)
      guard let row = try db.row("SELECT * FROM notices WHERE id = ?", [id]) else {
        throw LedgerError.unknown("notice \(id)")
      }
      return .queued(try NoticeRecord(row: row))
    }
  }

  /// What became of a notice: `queued`, `sent` …
  package func noticeState(_ id: String) throws -> String? {
    try read { db in try db.row("SELECT state FROM notices WHERE id = ?", [id])?["state"] }
  }
}

extension Database {
  /// Stages an invitation in the step it belongs to; the same id is the same mail.
  func planInvitation(
    id: String, customer: CustomerID, job: String?, agreement: AgreementID?, url: String, at now: Timestamp
  ) throws {
    try run(
      """
      INSERT OR IGNORE INTO notices (id, kind, state, agreement, customer, job, due_at, url, next_try_at, created_at)
        VALUES (?, 'setup_invitation', 'queued', ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        id, agreement?.text, customer.text, job, now.milliseconds, url, now.milliseconds, now.milliseconds,
      ])
    guard changesCount == 1, let agreement else { return }
    try note(
      .noticePlanned, agreement: agreement, at: now,
      ["kind": NoticeKind.setupInvitation.rawValue, "due": "\(now)"])
  }

  /// Not once the customer has saved a method for it, or its agreement was canceled.
  func isStillInvited(_ notice: NoticeRecord) throws -> Bool {
    if let agreement = notice.agreement, try self.agreement(agreement).state == .canceled { return false }
    return try row(
      "SELECT 1 FROM setups WHERE customer = ? AND job IS ? AND state = 'complete' AND concluded_at >= ?",
      [notice.customer.text, notice.job, notice.createdAt.milliseconds]) == nil
  }
}
