package import Domain
import GRDB

/// A notice that is to be made ready, or sent.
package struct NoticeRecord: Sendable, Hashable {
  /// Stable: the Message-ID is made from it.
  package let id: String
  package let kind: NoticeKind
  package let charge: ChargeID?
  package let customer: CustomerID
  package let url: String?
  package let urlExpiresAt: Timestamp?
  package let tries: Int
  package let createdAt: Timestamp

  /// What a person is pointed to.
  var subject: String { charge?.text ?? customer.text }

  init(row: Row) throws {
    id = row["id"]
    kind = try row.named("kind")
    charge = (row["charge"] as String?).map { ChargeID($0) }
    customer = CustomerID(row["customer"])
    url = row["url"]
    urlExpiresAt = row.timeIfAny("url_expires_at")
    tries = row["tries"]
    createdAt = row.time("created_at")
  }
}

extension Ledger {
  /// Notices whose time has come and that still want their link.
  package func noticesPlanned(by now: Timestamp, limit: Int) throws -> [NoticeRecord] {
    try read { db in
      try db.rows("SELECT * FROM notices WHERE state = 'planned' AND due_at <= ? ORDER BY due_at, id LIMIT ?", [now.milliseconds, limit])
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
      try db.rows("SELECT * FROM notices WHERE state = 'queued' AND next_try_at <= ? ORDER BY next_try_at, id LIMIT ?", [now.milliseconds, limit])
        .map { try NoticeRecord(row: $0) }
    }
  }

  /// Whether a queued notice still says the truth; asked right before it is sent.
  package func stillStands(_ notice: NoticeRecord) throws -> Bool {
    try read { db in
      guard try db.row("SELECT 1 FROM notices WHERE id = ? AND state = 'queued'", [notice.id]) != nil else { return false }
      guard notice.kind.asksForPayment, let charge = notice.charge else { return true }
      return try db.charge(charge).state == .recovering
    }
  }

  package func noticeSent(_ notice: NoticeRecord, to address: String, locale: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET state = 'sent', to_address = ?, locale = ?, sent_at = ?, tries = tries + 1 WHERE id = ?",
        [address, locale, now.milliseconds, notice.id])
      try db.note(.noticeSent, charge: notice.charge, at: now, ["kind": notice.kind.rawValue, "to": address])
      try db.clear(.mailRefused, notice.subject, at: now)
    }
  }

  package func noticeDelayed(_ notice: NoticeRecord, reason: String, nextTryAt: Timestamp, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE notices SET tries = tries + 1, next_try_at = ?, reason = ? WHERE id = ?",
        [nextTryAt.milliseconds, reason, notice.id])
      try db.note(
        .noticeDelayed, charge: notice.charge, at: now,
        ["kind": notice.kind.rawValue, "reason": reason, "next": "\(nextTryAt)"])
    }
  }

  /// Never to be sent: refused for good, no address, or given up after 3 days.
  package func noticeRefused(_ notice: NoticeRecord, _ matter: HumanMatter, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run("UPDATE notices SET state = 'refused', tries = tries + 1, reason = ? WHERE id = ?", [reason, notice.id])
      try db.note(.noticeRefused, charge: notice.charge, at: now, ["kind": notice.kind.rawValue, "reason": reason])
      try db.raise(matter, notice.subject, matter.advice, at: now)
    }
  }

  package func noticeDropped(_ notice: NoticeRecord, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run("UPDATE notices SET state = 'dropped', reason = ? WHERE id = ? AND state IN ('planned', 'queued')", [reason, notice.id])
      try db.note(.noticeDropped, charge: notice.charge, at: now, ["kind": notice.kind.rawValue, "reason": reason])
    }
  }
}
