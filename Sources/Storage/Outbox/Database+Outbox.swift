import Domain
import GRDB

extension Database {
  /// Stages a notice in the step it belongs to. Its id is derived from its charge, kind and turn, so that the same
  /// notice always has the same Message-ID.
  func planNotice(_ kind: NoticeKind, _ charge: Charge, dueAt: Timestamp, state: String, at now: Timestamp) throws {
    let turn =
      try count("SELECT count(*) FROM notices WHERE charge = ? AND kind = ?", [charge.id.text, kind.rawValue]) + 1
    try run(
      """
      INSERT INTO notices (id, kind, state, charge, agreement, customer, due_at, next_try_at, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        "\(charge.id).\(kind.rawValue).\(turn)", kind.rawValue, state, charge.id.text, charge.origin.agreement?.text,
        charge.customer.text, dueAt.milliseconds, state == "queued" ? dueAt.milliseconds : nil, now.milliseconds,
      ])
    try note(.noticePlanned, charge: charge.id, at: now, ["kind": kind.rawValue, "due": "\(dueAt)"])
  }

  /// Stages a message to the merchant's system. `charge.recovering` and `charge.processing` are said once.
  func tellMerchant(_ kind: FulfillmentKind, _ charge: Charge, session: String? = nil, at now: Timestamp) throws {
    try run(
      """
      INSERT INTO fulfillments (id, kind, state, charge, agreement, session, line_items, made_at, next_try_at)
        VALUES (?, ?, 'queued', ?, ?, ?, '[]', ?, ?) ON CONFLICT (id) DO NOTHING
      """,
      [
        Self.messageID(kind, of: charge.id.text), kind.rawValue, charge.id.text, charge.origin.agreement?.text, session,
        now.milliseconds, now.milliseconds,
      ])
  }

  /// Stages a message that may be told more than once of a charge, once for each `turn`.
  func tellMerchant(_ kind: FulfillmentKind, of id: ChargeID, turn: String, at now: Timestamp) throws {
    let charge = try charge(id)
    try run(
      """
      INSERT OR IGNORE INTO fulfillments (id, kind, state, charge, agreement, line_items, made_at, next_try_at)
        VALUES (?, ?, 'queued', ?, ?, '[]', ?, ?)
      """,
      [
        Self.messageID(kind, of: id.text, turn: turn), kind.rawValue, id.text,
        charge.origin.agreement?.text, now.milliseconds, now.milliseconds,
      ])
  }

  func tellMerchant(_ kind: FulfillmentKind, agreement: AgreementID, turn: String, at now: Timestamp) throws {
    try run(
      """
      INSERT OR IGNORE INTO fulfillments (id, kind, state, agreement, line_items, made_at, next_try_at)
        VALUES (?, ?, 'queued', ?, '[]', ?, ?)
      """,
      [
        Self.messageID(kind, of: agreement.text, turn: turn), kind.rawValue, agreement.text,
        now.milliseconds, now.milliseconds,
      ])
  }

  /// The same message always has the same id, by which the merchant's system knows that it has heard it.
  private static func messageID(_ kind: FulfillmentKind, of subject: String, turn: String? = nil) -> String {
    "msg_\(subject.dropFirst(4))_\(kind.rawValue.replacing(".", with: "_"))" + (turn.map { "_\($0)" } ?? "")
  }

  /// Puts something before a person, once; it stands until it is cleared.
  func raise(_ matter: HumanMatter, _ subject: String, _ advice: String, at now: Timestamp) throws {
    try run(
      "INSERT OR IGNORE INTO matters (kind, subject, advice, since) VALUES (?, ?, ?, ?)",
      [matter.rawValue, subject, advice, now.milliseconds])
  }

  func clear(_ matter: HumanMatter, _ subject: String, at now: Timestamp) throws {
    try clear([matter], subject, at: now)
  }

  func clear(_ matters: [HumanMatter], _ subject: String, at now: Timestamp) throws {
    // Mostly nothing stands.
    guard try !matters.isEmpty && exists("SELECT 1 FROM matters WHERE subject = ? AND cleared_at IS NULL", [subject])
    else { return }
    for matter in matters {
      try run(
        "UPDATE matters SET cleared_at = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL",
        [now.milliseconds, matter.rawValue, subject])
    }
  }
}
