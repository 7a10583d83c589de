package import Domain
import GRDB

/// A notice that is to be made ready, or sent.
package struct NoticeRecord: Sendable, Hashable {
  /// Stable: the Message-ID is made from it.
  package let id: String
  package let kind: NoticeKind
  package let charge: ChargeID?
  package let agreement: AgreementID?
  package let customer: CustomerID
  /// Of an invitation: what the customer is asked to agree to.
  package let job: String?
  package let url: String?
  package let urlExpiresAt: Timestamp?
  package let tries: Int
  package let dueAt: Timestamp
  /// Of a mail ahead of time: when what it is about is due.
  package let aboutDueAt: Timestamp?
  package let createdAt: Timestamp

  /// What a person is pointed to.
  var subject: String { charge?.text ?? customer.text }
  /// In whose history it stands, where it is about no charge.
  var aboutAgreement: AgreementID? { charge == nil ? agreement : nil }

  init(row: Row) throws {
    id = row["id"]
    kind = try row.named("kind")
    charge = (row["charge"] as String?).map { ChargeID($0) }
    agreement = (row["agreement"] as String?).map { AgreementID($0) }
    customer = CustomerID(row["customer"])
    job = row["job"]
    createdAt = row.time("created_at")
    url = row["url"]
    urlExpiresAt = row.timeIfAny("url_expires_at")
    tries = row["tries"]
    dueAt = row.time("due_at")
    aboutDueAt = row.timeIfAny("about_due_at")
  }
}

/// Whether a notice may go out now.
package enum NoticeStanding: Sendable {
  case stands
  /// An attempt is on its way: what the mail says may be untrue in a minute.
  case waits
  /// The Checkout that it leads to is over, or about to be.
  case wantsLink
  case untrue
}

extension Ledger {
  /// Notices whose time has come and that still want their link.
  package func noticesPlanned(by now: Timestamp, limit: Int) throws -> [NoticeRecord] {
    try read { db in
      // Those whose charge has something on its way wait, and do not stand before the others.
      try db.rows(
        """
        SELECT notices.* FROM notices LEFT JOIN charges ON charges.id = notices.charge
          WHERE notices.state = 'planned' AND notices.due_at <= ?
            AND coalesce(charges.state, '') NOT IN ('attempting', 'unresolved', 'processing')
          ORDER BY notices.due_at, notices.id LIMIT ?
        """, [now.milliseconds, limit]
      )
      .map { try NoticeRecord(row: $0) }
    }
  }

  package func queueNotice(_ id: String, url: String?, urlExpiresAt: Timestamp?, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET state = 'queued', url = ?, url_expires_at = ?, next_try_at = ? WHERE id = ? AND state = 'planned'",
        [url, urlExpiresAt?.milliseconds, now.milliseconds, id])
    }
  }

  package func noticesQueued(by now: Timestamp, limit: Int) throws -> [NoticeRecord] {
    try read { db in
      try db.rows(
        "SELECT * FROM notices WHERE state = 'queued' AND next_try_at <= ? ORDER BY next_try_at, id LIMIT ?",
        [now.milliseconds, limit]
      )
      .map { try NoticeRecord(row: $0) }
    }
  }

  /// Takes a queued notice for sending, so that `serve` and a tick do not send it at once. A process that dies with it
  /// leaves it to the next after `until`.
  package func take(_ notice: NoticeRecord, until: Timestamp, at now: Timestamp) throws -> Bool {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET next_try_at = ? WHERE id = ? AND state = 'queued' AND next_try_at <= ?",
        [until.milliseconds, notice.id, now.milliseconds])
      return db.changesCount == 1
    }
  }

  /// Whether a queued notice says the truth; asked right before it is sent.
  package func standing(of notice: NoticeRecord, at now: Timestamp) throws -> NoticeStanding {
    try read { db in
      guard try db.exists("SELECT 1 FROM notices WHERE id = ? AND state = 'queued'", [notice.id]) else {
        return .untrue
      }
      if notice.kind == .setupInvitation { return try db.isStillInvited(notice) ? .stands : .untrue }
      if notice.kind.isAhead { return try db.foretold(by: notice) == nil ? .untrue : .stands }
      guard notice.kind.asksForPayment, let id = notice.charge else { return .stands }
      let charge = try db.charge(id)
      if try charge.cancelRequested || db.isOvertaken(notice, at: now) { return .untrue }
      switch charge.state {
      case .recovering: return try db.hasLivingLink(notice, at: now) ? .stands : .wantsLink
      case .attempting, .unresolved: return .waits
      case .scheduled, .held, .processing, .paid, .uncollectible, .canceled: return .untrue
      }
    }
  }

  /// Where nothing could be sent for days, several reminders are due at once: the customer gets the last of them.
  package func isOvertaken(_ notice: NoticeRecord, at now: Timestamp) throws -> Bool {
    try read { db in try db.isOvertaken(notice, at: now) }
  }

  /// It has waited longer than its link lived: the next recover pass gives it another.
  package func noticeWantsLink(_ notice: NoticeRecord, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET state = 'planned', url = NULL, url_expires_at = NULL WHERE id = ? AND state = 'queued'",
        [notice.id])
      guard db.changesCount == 1 else { return }
      try db.note(
        .noticeDelayed, charge: notice.charge, agreement: notice.aboutAgreement, at: now,
        ["kind": notice.kind.rawValue, "reason": "its link is over", "next": "\(now)"])
    }
  }

  /// Customers sleep: the mail waits, and no try is counted.
  package func noticeWaits(_ notice: NoticeRecord, until: Timestamp, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET next_try_at = ? WHERE id = ? AND state = 'queued' AND next_try_at <= ?",
        [until.milliseconds, notice.id, now.milliseconds])
      guard db.changesCount == 1 else { return }
      try db.note(
        .noticeDelayed, charge: notice.charge, agreement: notice.aboutAgreement, at: now,
        ["kind": notice.kind.rawValue, "reason": "quiet hours", "next": "\(until)"])
    }
  }

  package func noticeSent(_ notice: NoticeRecord, to address: String, locale: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET state = 'sent', to_address = ?, locale = ?, sent_at = ?, tries = tries + 1 WHERE id = ?",
        [address, locale, now.milliseconds, notice.id])
      try db.note(
        .noticeSent, charge: notice.charge, agreement: notice.aboutAgreement, at: now,
        ["kind": notice.kind.rawValue, "to": address])
      try db.clear(.mailRefused, notice.subject, at: now)
      try db.clear(.mailNotSendable, notice.subject, at: now)
    }
  }

  package func noticeDelayed(_ notice: NoticeRecord, reason: String, nextTryAt: Timestamp, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET tries = tries + 1, next_try_at = ?, reason = ? WHERE id = ?",
        [nextTryAt.milliseconds, reason, notice.id])
      try db.note(
        .noticeDelayed, charge: notice.charge, agreement: notice.aboutAgreement, at: now,
        ["kind": notice.kind.rawValue, "reason": reason, "next": "\(nextTryAt)"])
    }
  }

  /// Never to be sent: refused for good, no address, or given up after 3 days.
  package func noticeRefused(_ notice: NoticeRecord, _ matter: HumanMatter, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET state = 'refused', tries = tries + 1, reason = ? WHERE id = ? AND state = 'queued'",
        [reason, notice.id])
      guard db.changesCount == 1 else { return }
      try db.note(
        .noticeRefused, charge: notice.charge, agreement: notice.aboutAgreement, at: now,
        ["kind": notice.kind.rawValue, "reason": reason])
      guard notice.kind.isAwaited else { return }
      try db.raise(matter, notice.subject, matter.advice, at: now)
    }
  }

  package func noticeDropped(_ notice: NoticeRecord, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET state = 'dropped', reason = ? WHERE id = ? AND state IN ('planned', 'queued')",
        [reason, notice.id])
      if notice.kind.isAhead { try db.forgetForetold(by: notice) }
      try db.note(
        .noticeDropped, charge: notice.charge, agreement: notice.aboutAgreement, at: now,
        ["kind": notice.kind.rawValue, "reason": reason])
    }
  }
}

extension Database {
  /// A link of ours lasts; a Checkout's own does not, and who reads the mail needs some time.
  fileprivate func hasLivingLink(_ notice: NoticeRecord, at now: Timestamp) throws -> Bool {
    guard let expiresAt = notice.urlExpiresAt, let url = notice.url else { return true }
    let isOpen = try exists(
      "SELECT 1 FROM checkouts WHERE charge = ? AND url = ? AND state = 'open'", [notice.charge?.text, url])
    return isOpen && expiresAt - now > .minutes(5)
  }

  /// A first notice that has not gone yet says more than a reminder, and of reminders the latest counts.
  fileprivate func isOvertaken(_ notice: NoticeRecord, at now: Timestamp) throws -> Bool {
    guard notice.kind == .reminder || notice.kind == .finalNotice, let charge = notice.charge else { return false }
    let others: String
    switch notice.kind {
    case .reminder:
      others =
        "kind IN ('payment_failed', 'authentication_needed') OR kind IN ('reminder', 'final_notice') AND due_at > ?2"
    default: others = "kind = 'final_notice' AND due_at > ?2"
    }
    return try exists(
      """
      SELECT 1 FROM notices WHERE charge = ?1 AND state IN ('planned', 'queued') AND due_at <= ?3 AND id <> ?4
        AND (\(others))
      """, [charge.text, notice.dueAt.milliseconds, now.milliseconds, notice.id])
  }
}
