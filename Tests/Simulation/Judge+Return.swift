import Domain
import Foundation
import GRDB
import Transport

/// A refund as Stripe has it.
struct RefundTruth: Sendable {
  let id: String
  /// Our own number of it; `nil`: it is not ours.
  let number: Int?
  let intent: String
  let status: String
  let amount: Int
  let created: Int

  /// The money has left, or will.
  var counts: Bool { status != "failed" && status != "canceled" }

  init(_ object: [String: Any]) {
    let metadata = object["metadata"] as? [String: Any] ?? [:]
    id = object["id"] as? String ?? ""
    number = (metadata["dues_refund"] as? String).flatMap { Int($0.prefix { $0 != "-" }) }
    intent = object["payment_intent"] as? String ?? ""
    status = object["status"] as? String ?? ""
    amount = object["amount"] as? Int ?? 0
    created = object["created"] as? Int ?? 0
  }
}

/// The laws of money that goes back.
extension Judge {
  /// Somebody has asked for a refund.
  ///
  /// - Parameter amount: `nil` is all that is left.
  func mayRefund(_ intent: String, _ amount: Int?) {
    state.withLock { $0.refundsAsked[intent, default: []].append(amount) }
  }

  var refunds: [RefundTruth] { stripe.all("refund").map(RefundTruth.init) }

  /// A request about a refund or a setup is about to be executed.
  func judgeReturn(_ key: String, _ call: Call) throws {
    switch call.kind {
    case .createSetup: try judgeWritten(key, call, table: "setups")
    case .createCustomer, .attachMethod: try judgeWritten(key, call, table: "setup_requests")
    case .createRefund:
      try judgeWritten(key, call, table: "refunds")
      try judgeRefund(key, call)
    default: break
    }
  }

  private func judgeRefund(_ key: String, _ call: Call) throws {
    guard let intent = call.form["payment_intent"],
      let row = try ledger.row("SELECT charge, amount, written_at FROM refunds WHERE idempotency_key = ?", [key])
    else { return }
    let charge: String = row[0]
    if call.form["amount"] != String(row[1] as Int) {
      book.report("a refund is as asked", key, "\(call.form["amount"] ?? "all") instead of \(row[1] as Int)")
    }
    if call.form["reason"] == "duplicate" {
      try judgeDuplicate(key, charge: charge, intent: intent, writtenAt: row[2])
    } else if state.withLock({ $0.refundsAsked[intent] }) == nil {
      book.report("nothing goes back unasked", key, "nobody asked for a refund of \(intent)")
    }
  }

  /// What is refunded as a duplicate is one: when it was written another payment of the charge stood, whole.
  private func judgeDuplicate(_ key: String, charge: String, intent: String, writtenAt: Int64) throws {
    guard state.withLock({ $0.reconcilesThatRefund }) > 0 else {
      return book.report("nothing goes back unasked", key, "nobody asked for duplicates to be refunded")
    }
    stripe.refresh()
    guard let owed = try debt(of: charge) else { return }
    let all = refunds
    let others = stripe.allIntents.filter { other in
      // Staff may give back at the very moment in which it is written.
      let gone = all.filter { $0.intent == other.id && $0.counts && Int64($0.created) * 1000 < writtenAt - 120_000 }
      return other.id != intent && (other.charge ?? other.copyOf) == charge && other.hasSucceeded
        && other.received == owed.amount && gone.isEmpty
    }
    if others.isEmpty {
      book.report("a duplicate is never the only success", charge, "\(key) refunds \(intent), and no other stands")
    }
  }

  /// One refund for each that was written.
  func judgeRefundsMade() {
    for (number, made) in Dictionary(
      grouping: refunds.filter { $0.number != nil && !isForgotten($0.created) }, by: { $0.number ?? 0 })
    where made.count > 1 {
      book.report("a refund is made once", "refund \(number)", "\(made.map(\.id))")
    }
  }

  /// Everything has come to rest: what went back there is what the ledger says.
  func judgeMoneyBack() throws {
    judgeRefundsMade()
    let all = refunds
    for row in try ledger.rows("SELECT * FROM refunds ORDER BY number") { try judgeRefundRow(row, all) }
    try judgeUnwritten(all)
    for (intent, rows) in Dictionary(
      grouping: try ledger.rows("SELECT payment_intent, amount, state, body FROM refunds"), by: { $0[0] as String })
    {
      judgeAsked(intent, rows)
    }
    for row in try ledger.rows("SELECT * FROM payments ORDER BY payment_intent") { try judgePayment(row, all) }
    for charge in try ledger.rows(
      """
      SELECT id, amount_refunded, (SELECT coalesce(sum(amount_refunded), 0) FROM payments
        WHERE charge = charges.id AND is_extra = 0) FROM charges
      """) where charge[1] as Int != charge[2] as Int
    {
      book.report("what went back is known", charge[0] as String, "\(charge[1] as Int), payments \(charge[2] as Int)")
    }
  }

  private func judgeRefundRow(_ row: Row, _ all: [RefundTruth]) throws {
    let number: Int = row["number"]
    let charge: String = row["charge"]
    let intent: String = row["payment_intent"]
    let state: String = row["state"]
    // One that was made after the older copy was taken, of a row that is in it, has been found again.
    let found: String? = row["refund"]
    let made = all.first { $0.number == number && (!isForgotten($0.created) || $0.id == found) }
    switch state {
    case "sending":
      let stands = matters("refund_unanswered").contains(charge)
      if !stands { book.report("no refund is forgotten", charge, "refund \(number) is still sending") }
    case "done":
      let isRight = made.map { $0.id == row["refund"] && $0.amount == row["amount"] && $0.intent == intent } ?? false
      if !isRight {
        book.report("a refund is as asked", charge, "refund \(number): \(made.map { "\($0)" } ?? "not there")")
      }
    default:
      if let made, made.counts {
        book.report("never lost: a refund is known", charge, "refund \(number) is \(state), \(made.id) \(made.status)")
      }
    }
  }

  private func judgeUnwritten(_ all: [RefundTruth]) throws {
    let known = Set(try ledger.rows("SELECT number FROM refunds").map { $0[0] as Int })
    for refund in all {
      if let number = refund.number, !known.contains(number), !isForgotten(refund.created) {
        book.report("law 2: written before sent", refund.id, "refund \(number) is not in the ledger")
      }
    }
  }

  /// As often as persons asked, and one for a duplicate.
  private func judgeAsked(_ intent: String, _ rows: [Row]) {
    let live = rows.filter { $0[2] as String != "refused" }
    let duplicates = live.filter { String(decoding: $0[3] as Data, as: UTF8.self).contains("reason=duplicate") }.count
    let asked = state.withLock { $0.refundsAsked[intent] ?? [] }
    // One that has failed at the bank may be asked for again.
    let failed = refunds.count { $0.intent == intent && !$0.counts }
    if live.count - duplicates > asked.count {
      book.report("nothing goes back unasked", intent, "\(live.count - duplicates) refunds, \(asked.count) asked for")
    }
    if duplicates > 1 + failed { book.report("a refund is made once", intent, "\(duplicates) as a duplicate") }
  }

  private func judgePayment(_ row: Row, _ all: [RefundTruth]) throws {
    let intent: String = row["payment_intent"]
    let charge: String = row["charge"]
    guard let latest = stripe.intent(intent)?.latestCharge, let truth = stripe.object(latest) else { return }
    let back = truth["amount_refunded"] as? Int ?? 0
    if back != row["amount_refunded"] as Int {
      book.report(
        "what went back is known", charge, "\(intent): \(row["amount_refunded"] as Int), Stripe \(back)")
    }
    let total = all.filter { $0.intent == intent && $0.counts }.map(\.amount).reduce(0, +)
    if total > row["amount"] as Int {
      book.report("never more back than came in", charge, "\(intent): \(total) of \(row["amount"] as Int)")
    }
    try judgeDispute(charge, intent, truth)
  }

  /// A dispute pauses its agreement, and stands before a person until it is closed.
  private func judgeDispute(_ charge: String, _ intent: String, _ truth: [String: Any]) throws {
    let disputes = stripe.all("dispute").filter { $0["payment_intent"] as? String == intent }
    guard truth["disputed"] as? Bool == true, let first = disputes.first?["created"] as? Int else { return }
    guard let row = try ledger.row("SELECT disputed_at, agreement FROM charges WHERE id = ?", [charge]) else { return }
    if row[0] == nil as Int64? { book.report("a dispute is seen", charge, "\(intent) is disputed") }
    let isOpen = disputes.contains {
      ["needs_response", "warning_needs_response", "under_review"].contains($0["status"] as? String ?? "")
    }
    if isOpen, !matters("disputed").contains(charge) {
      book.report("a dispute stands before a person", charge, "\(intent)")
    }
    guard let agreement = row[1] as String? else { return }
    let isActive = try ledger.row("SELECT 1 FROM agreements WHERE id = ? AND state = 'active'", [agreement]) != nil
    let resumed = try ledger.row(
      "SELECT 1 FROM history WHERE agreement = ? AND what IN ('agreement_resumed', 'agreement_activated') AND at >= ?",
      [agreement, Int64(first) * 1000])
    if isActive, resumed == nil {
      book.report("a dispute pauses its agreement", agreement, "\(charge) is disputed since \(first)")
    }
  }

  /// Where Stripe holds two payments for one charge, both are known, and a person is told.
  func judgeSecondPayments() throws {
    let copied = Set(stripe.allIntents.filter(\.hasSucceeded).compactMap(\.copyOf))
    for charge in copied.sorted() where try ledger.state(of: charge) == "paid" {
      let all = stripe.allIntents.filter { ($0.charge ?? $0.copyOf) == charge && $0.hasSucceeded }
      for intent in all where try ledger.row("SELECT 1 FROM payments WHERE payment_intent = ?", [intent.id]) == nil {
        book.report("a second success is said aloud", charge, "\(intent.id) is not in the ledger")
      }
      let held = all.filter { intent in
        let latest = intent.latestCharge.flatMap { stripe.object($0) }
        return latest?["amount_refunded"] as? Int ?? 0 < intent.received
      }
      guard held.count > 1, try !isShown(charge, as: "second_payment", "wrong_amount", "paid_after_end") else {
        continue
      }
      // One of another amount was shown when it came; who approves the charge all the same has seen it.
      let whole = try held.filter { intent in try debt(of: charge).map { $0.amount == intent.received } ?? true }
      let wasShown =
        try ledger.row("SELECT 1 FROM matters WHERE subject = ? AND kind = 'wrong_amount'", [charge]) != nil
      if whole.count > 1 || !wasShown {
        book.report("a second success is said aloud", charge, "\(held.map(\.id)) stand, and no person is told")
      }
    }
  }
}
