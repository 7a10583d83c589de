package import Domain
import GRDB

/// What Stripe shows of a payment after it was made.
package struct MoneyBack: Sendable, Hashable {
  package let intent: PaymentIntentID
  /// All that has gone back so far, in minor units; less than before if a refund failed after all.
  package let refunded: Int64
  package let isDisputed: Bool
  /// What the ledger had before Stripe was asked: where it has more by now, this reading may be the older one.
  package let before: Int64?

  package init(intent: PaymentIntentID, refunded: Int64, isDisputed: Bool, before: Int64?) {
    self.intent = intent
    self.refunded = refunded
    self.isDisputed = isDisputed
    self.before = before
  }
}

/// What applying a reading came to.
package enum MoneyBackAnswer: Sendable, Equatable {
  case applied
  /// Somebody else has written since Stripe was asked; it is to be asked again.
  case outdated
  /// The payment is not in the ledger.
  case unknown
}

/// Refunds and disputes, whoever made them: what Stripe shows is applied, once for each change.
extension Ledger {
  package func moneyBack(_ seen: MoneyBack, at now: Timestamp) throws -> MoneyBackAnswer {
    try write(at: now) { db in
      guard let row = try db.row("SELECT * FROM payments WHERE payment_intent = ?", [seen.intent.text]) else {
        return .unknown
      }
      let payment = try PaymentRecord(row: row)
      if let before = seen.before, before != payment.refunded { return .outdated }
      if seen.refunded != payment.refunded { try db.refunded(payment, seen.refunded, at: now) }
      if seen.isDisputed, try db.times(.disputed, payment) == 0 { try db.disputed(payment, by: nil, at: now) }
      return .applied
    }
  }

  /// One more dispute of a payment of ours: the first one is seen by reading the payment, whichever event comes first.
  package func disputeOpened(_ dispute: String, of intent: PaymentIntentID, at now: Timestamp) throws {
    try write(at: now) { db in
      guard let row = try db.row("SELECT * FROM payments WHERE payment_intent = ?", [intent.text]) else { return }
      let payment = try PaymentRecord(row: row)
      // Open ones stand before a person already; one that was closed before this was heard of is over.
      let seen = try db.times(.disputed, payment)
      guard seen > 0, try seen <= db.times(.disputeClosed, payment),
        try !db.names(dispute, [.disputed, .disputeClosed], payment)
      else { return }
      try db.disputed(payment, by: dispute, at: now)
    }
  }

  /// The dispute is over, one way or the other; nothing is left to answer.
  package func disputeClosed(_ dispute: String, of intent: PaymentIntentID, at now: Timestamp) throws {
    try write(at: now) { db in
      guard let row = try db.row("SELECT * FROM payments WHERE payment_intent = ?", [intent.text]) else { return }
      let payment = try PaymentRecord(row: row)
      guard try db.times(.disputeClosed, payment) < db.times(.disputed, payment),
        try !db.names(dispute, [.disputeClosed], payment)
      else { return }
      try db.note(.disputeClosed, charge: payment.charge, at: now, ["intent": intent.text, "dispute": dispute])
      // Another payment of the charge may be disputed as well.
      let all = try db.rows("SELECT * FROM payments WHERE charge = ?", [payment.charge.text])
      let isOver = try all.allSatisfy { row in
        let other = try PaymentRecord(row: row)
        return try db.times(.disputed, other) <= db.times(.disputeClosed, other)
      }
      if isOver { try db.clear(.disputed, payment.charge.text, at: now) }
    }
  }
}

extension Database {
  fileprivate func refunded(_ payment: PaymentRecord, _ total: Int64, at now: Timestamp) throws {
    let charge = payment.charge
    try run(
      "UPDATE payments SET amount_refunded = ? WHERE payment_intent = ?", [total, payment.intent.text])
    // What the charge itself has given back; a second payment's refund only undoes that one.
    try run(
      """
      UPDATE charges SET amount_refunded =
          coalesce((SELECT sum(amount_refunded) FROM payments WHERE charge = ?1 AND is_extra = 0), 0) WHERE id = ?1
      """, [charge.text])
    try note(
      .refunded, charge: charge, at: now,
      [
        "amount": "\(Money(amount: total, currency: payment.received.currency))",
        "received": "\(payment.received)", "intent": payment.intent.text,
      ])
    // Counted: the same sum comes again when a refund has failed in between.
    let turn = try count("SELECT count(*) FROM history WHERE charge = ? AND what = 'refunded'", [charge.text])
    try tellMerchant(.chargeRefunded, of: charge, turn: "\(payment.intent.text)_\(total)_\(turn)", at: now)
    for matter in [HumanMatter.secondPayment, .wrongAmount, .paidAfterEnd] {
      if try isGivenBack(matter, charge) {
        try clear(matter, charge.text, at: now)
      } else if total < payment.refunded {
        try raiseAgain(matter, charge.text, at: now)
      }
    }
    try keepHeldInSight(charge, at: now)
  }

  /// What a matter is about has gone back: of two payments either one, else what is one too many, or all there is.
  private func isGivenBack(_ matter: HumanMatter, _ charge: ChargeID) throws -> Bool {
    let owed = try self.charge(charge).money
    let kept = try rows("SELECT * FROM payments WHERE charge = ? AND amount_refunded < amount", [charge.text])
      .map { try PaymentRecord(row: $0) }
    switch matter {
    case .secondPayment:
      let extra = kept.count { $0.isExtra && $0.received == owed }
      let counted = try exists("SELECT 1 FROM payments WHERE charge = ? AND is_extra = 0", [charge.text])
      return extra == 0 || (extra == 1 && counted && kept.allSatisfy(\.isExtra))
    case .wrongAmount: return !kept.contains { $0.isExtra && $0.received != owed }
    default: return kept.isEmpty
    }
  }

  /// A refund has failed after all: what it had settled stands again.
  private func raiseAgain(_ matter: HumanMatter, _ subject: String, at now: Timestamp) throws {
    let stood = try row(
      "SELECT advice FROM matters WHERE kind = ? AND subject = ? ORDER BY number DESC", [matter.rawValue, subject])
    if let stood { try raise(matter, subject, stood["advice"], at: now) }
  }

  /// A charge that was held for its wrong amount is held when that has gone back, too, and wants a person.
  private func keepHeldInSight(_ id: ChargeID, at now: Timestamp) throws {
    guard try charge(id).state == .held, try !stands(.wrongAmount, id.text) else { return }
    try raise(.held, id.text, HumanMatter.held.advice, at: now)
  }

  /// A dispute pauses the agreement: nobody is charged again whose bank says that they did not want it.
  fileprivate func disputed(_ payment: PaymentRecord, by dispute: String?, at now: Timestamp) throws {
    let id = payment.charge
    try run("UPDATE charges SET disputed_at = coalesce(disputed_at, ?) WHERE id = ?", [now.milliseconds, id.text])
    try note(
      .disputed, charge: id, at: now,
      ["amount": "\(payment.received)", "intent": payment.intent.text, "dispute": dispute])
    if let agreement = try charge(id).origin.agreement {
      try pauseAgreement(agreement, reason: "charge \(id) is disputed", at: now)
    }
    let turn = try count("SELECT count(*) FROM history WHERE charge = ? AND what = 'disputed'", [id.text])
    try tellMerchant(.chargeDisputed, of: id, turn: String(turn), at: now)
    try raise(.disputed, id.text, HumanMatter.disputed.advice, at: now)
  }

  /// How often something was noted of a payment.
  fileprivate func times(_ what: Happening, _ payment: PaymentRecord) throws -> Int {
    try count(
      "SELECT count(*) FROM history WHERE charge = ? AND what = ? AND json_extract(detail, '$.intent') = ?",
      [payment.charge.text, what.rawValue, payment.intent.text])
  }

  /// Whether one dispute of a payment was noted already.
  fileprivate func names(_ dispute: String, _ whats: [Happening], _ payment: PaymentRecord) throws -> Bool {
    try whats.contains { what in
      try row(
        "SELECT 1 FROM history WHERE charge = ? AND what = ? AND json_extract(detail, '$.dispute') = ?",
        [payment.charge.text, what.rawValue, dispute]) != nil
    }
  }

  fileprivate func stands(_ matter: HumanMatter, _ subject: String) throws -> Bool {
    try exists(
      "SELECT 1 FROM matters WHERE kind = ? AND subject = ? AND cleared_at IS NULL", [matter.rawValue, subject])
  }
}
