import Domain
import Foundation
import GRDB
import Transport

/// The laws of the end: all faults have healed, weeks have passed, and nobody acted any more.
extension Judge {
  func charges(in states: [String]?) -> [String] {
    read {
      try ledger.rows("SELECT id, state FROM charges ORDER BY id").filter { states?.contains($0[1] as String) ?? true }
        .map { $0[0] }
    }
  }

  /// The subjects that `status` shows under a kind.
  func matters(_ kind: String) -> [String] {
    read {
      try ledger.texts("SELECT subject FROM matters WHERE kind = ? AND cleared_at IS NULL ORDER BY number", [kind])
    }
  }

  private func read(_ body: () throws -> [String]) -> [String] {
    do {
      return try body()
    } catch {
      book.report("checker", "ledger", "\(error)")
      return []
    }
  }

  /// - Parameter blocked: what has kept the fence up, when a person last wanted it lifted.
  func end(blocked: [String]) {
    stripe.refresh()
    step("the end")
    checking("the end") {
      try judgeForgotten()
      guard matters("fenced").isEmpty else {
        if blocked.isEmpty {
          book.report("a fence can be lifted", "ledger", "it stands, and nothing is said to keep it")
        }
        return book.cover { $0.happened("fenced at the end, and it is said why") }
      }
      for row in try ledger.rows("SELECT * FROM charges ORDER BY id") { try judgeEnd(of: row) }
      try judgeInstruments()
      try judgeNotices()
      judgeMessages()
      try judgePeriods()
      try judgeMoneyBack()
      try judgeSecondPayments()
      try judgeSetups()
    }
  }

  /// Paid, ended, or somebody is next.
  private func judgeEnd(of row: Row) throws {
    let charge: String = row["id"]
    let state: String = row["state"]
    book.cover { $0.ended(state) }
    let successes = stripe.intents(of: charge).filter(\.hasSucceeded)
    if state != "paid", let success = successes.first,
      try !isShown(charge, as: "held", "unresolved", "wrong_amount", "paid_after_end", "perhaps_paid", "not_in_ledger")
    {
      book.report(
        "never lost: Stripe's success is paid here", charge, "\(success.id) succeeded, the ledger says \(state)")
    }
    if state == "paid", successes.count != 1, !(try isAccountedFor(charge, successes)) {
      book.report("never twice: paid is one success", charge, "\(successes.count) successes")
    }
    if let debt = try debt(of: charge),
      debt.amount != row["amount"] as Int || debt.currency != row["currency"] as String
    {
      book.report("law 1: what is owed is fixed", charge, "the ledger says \(row["amount"] as Int)")
    }
    if state != "paid", isWithdrawn(charge), !["canceled", "uncollectible"].contains(state),
      try !isShown(charge, as: "unresolved", "cannot_close", "wrong_amount", "processing_too_long")
    {
      book.report("withdrawn is withdrawn", charge, "the admin withdrew it, and it is \(state)")
    }
    if let complaint = try whoIsNext(row, state) { book.report("somebody is next", charge, complaint) }
  }

  private func isWithdrawn(_ charge: String) -> Bool { state.withLock { $0.withdrawn[charge] != nil } }

  /// `nil`: the charge has ended, or it is clear who moves it.
  private func whoIsNext(_ row: Row, _ state: String) throws -> String? {
    let charge: String = row["id"]
    let moment = now().milliseconds
    let isWithdrawn: Int = row["cancel_requested"]
    switch state {
    case "paid", "uncollectible", "canceled": return nil
    case "held": return try isShown(charge, as: "held", "wrong_amount") ? nil : "held, and no person is told"
    case "attempting": return "still attempting"
    case "unresolved": return try isShown(charge, as: "unresolved") ? nil : "unresolved, and no person is told"
    case "processing":
      let isMoving =
        stripe.intents(of: charge).contains { $0.status == "processing" }
      return try isMoving || isShown(charge, as: "processing_too_long") ? nil : "processing here, and not at Stripe"
    case "recovering":
      let isStuck = try isShown(charge, as: "unresolved", "cannot_close", "wrong_amount")
      if isWithdrawn == 1 { return isStuck ? nil : "withdrawn, and still recovering" }
      guard let recovery = try ledger.row("SELECT * FROM recoveries WHERE charge = ?", [charge]) else {
        return "no recovery"
      }
      let deadline: Int64 = recovery["deadline_at"]
      if deadline < moment - 27 * 3_600_000 { return isStuck ? nil : "its deadline has passed unseen" }
      return nil
    case "scheduled":
      if row["due_at"] as Int64 > moment - 27 * 3_600_000 { return nil }
      if isWithdrawn == 1 { return "withdrawn, and still scheduled" }
      return try waitsFor(row) ? nil : "scheduled, due long ago, and waits for nobody"
    default: return "in a state that nobody knows: \(state)"
    }
  }

  /// A due charge waits while its agreement is not active, or another of its charges is recovering, or is charged one by one.
  private func waitsFor(_ row: Row) throws -> Bool {
    guard let agreement = row["agreement"] as String? else { return false }
    let isActive = try ledger.row("SELECT 1 FROM agreements WHERE id = ? AND state = 'active'", [agreement]) != nil
    let another = try ledger.row(
      "SELECT 1 FROM recoveries WHERE agreement = ? AND ended_at IS NULL AND blocks_agreement = 1", [agreement])
    // One charge a tick, the oldest first; and who was waited for may have ended only now.
    let yesterday = now().milliseconds - 27 * 3_600_000
    let justMoved = try ledger.row(
      """
      SELECT 1 FROM charges LEFT JOIN attempts ON attempts.charge = charges.id LEFT JOIN recoveries ON recoveries.charge = charges.id
        WHERE charges.agreement = ? AND (attempts.written_at > ? OR recoveries.ended_at > ?)
      """, [agreement, yesterday, yesterday])
    return !isActive || another != nil || justMoved != nil
  }

  /// What the ledger says of Stripe's objects is what Stripe says.
  private func judgeInstruments() throws {
    for row in try ledger.rows("SELECT charge, number, state FROM attempts WHERE state = 'sending'") {
      book.report("nothing is left on its way", row[0] as String, "attempt \(row[1] as Int) is sending")
    }
    for row in try ledger.rows("SELECT charge, number, state, session FROM checkouts") {
      let state: String = row[2]
      let session: String? = row[3]
      let charge: String = row[0]
      let truth = session.flatMap { stripe.session($0) }
      if state == "opening" || state == "closing" {
        if try !isShown(charge, as: "cannot_close", "unresolved") {
          book.report("nothing is left on its way", charge, "checkout \(row[1] as Int) is \(state)")
        }
      } else if state == "expired" || state == "complete", let truth, truth.status != state {
        book.report("seen closed is closed", charge, "\(truth.id) is \(truth.status), the ledger says \(state)")
      }
    }
    for row in try ledger.rows("SELECT id, charge, state FROM intents") {
      let id: String = row[0]
      let state: String = row[2]
      guard let truth = stripe.intent(id), truth.isOffSession else { continue }
      if state == "canceled" || state == "succeeded", truth.status != state {
        book.report("seen closed is closed", row[1] as String, "\(id) is \(truth.status), the ledger says \(state)")
      }
      if state == "closing", try !isShown(row[1], as: "cannot_close") {
        book.report("nothing is left on its way", row[1] as String, "\(id) is still to be closed")
      }
    }
    try judgeOrphans()
  }

  /// A person is told of it, as one of these matters: another does not speak of the fact.
  func isShown(_ charge: String, as kinds: String...) throws -> Bool {
    !Set(try ledger.texts("SELECT kind FROM matters WHERE subject = ? AND cleared_at IS NULL", [charge]))
      .isDisjoint(with: kinds)
  }

  /// Nothing at Stripe can still collect for a charge that has ended.
  private func judgeOrphans() throws {
    for charge in stripe.charges {
      guard let state = try ledger.state(of: charge), ["paid", "canceled", "uncollectible"].contains(state) else {
        continue
      }
      let open = stripe.sessions(of: charge).filter { $0.status == "open" }.map(\.id)
      let intents = stripe.intents(of: charge)
        .filter { $0.isOffSession && ["requires_payment_method", "requires_action"].contains($0.status) }.map(\.id)
      if !(open + intents).isEmpty, try !isShown(charge, as: "cannot_close", "unresolved") {
        book.report("what has ended cannot collect", charge, "\(state), and open at Stripe: \(open + intents)")
      }
    }
  }

  private func judgeNotices() throws {
    let moment = now().milliseconds
    let late = try ledger.rows(
      """
      SELECT notices.id, notices.state, charges.state FROM notices LEFT JOIN charges ON charges.id = notices.charge
        WHERE notices.state IN ('planned', 'queued') AND notices.due_at < ?
          AND coalesce(charges.state, '') NOT IN ('attempting', 'unresolved', 'processing')
      """, [moment - 27 * 3_600_000])
    for row in late {
      book.report("no notice is forgotten", row[0] as String, "still \(row[1] as String)")
    }
    let arrived = Set(state.withLock { $0.mails.map(\.id) })
    let known = try ledger.rows("SELECT id, state FROM notices")
    for row in known where row[1] as String == "sent" {
      let id: String = row[0]
      if !arrived.contains("<\(id)@acme.example>") { book.report("sent is sent", id, "it never arrived") }
    }
    let ids = Set(known.map { "<\($0[0] as String)@acme.example>" })
    for mail in arrived.subtracting(ids).sorted() {
      book.report("one notice, one Message-ID", mail, "no notice is called so")
    }
  }

  /// Law 7: the merchant hears once of each payment, under one id.
  private func judgeMessages() {
    let messages = state.withLock { $0.messages }
    var ids: [String: Set<String>] = [:]
    for message in messages where message.type == "charge.paid" {
      ids[message.charge ?? "", default: []].insert(message.id)
    }
    for charge in charges(in: ["paid"]) where ids[charge]?.count != 1 {
      book.report("paid is told once", charge, "under \(ids[charge]?.count ?? 0) ids")
    }
    let paid = Set(charges(in: ["paid"]))
    for charge in Set(ids.keys).subtracting(paid).sorted() {
      book.report("paid is told once", charge, "told although it is not paid")
    }
    let known = Set(read { try ledger.texts("SELECT id FROM fulfillments") })
    for id in Set(messages.map(\.id)).subtracting(known).sorted() {
      book.report("one message, one id", id, "no message is called so")
    }
    for row in read({ try ledger.texts("SELECT id FROM fulfillments WHERE state = 'queued'") }) {
      book.report("no message is forgotten", row, "still queued")
    }
    for row in read({ try ledger.texts("SELECT id FROM events WHERE state = 'waiting'") }) {
      if !matters("event_failing").contains(row) { book.report("no event is forgotten", row, "still waiting") }
    }
  }

  /// Law 1: each period of an agreement that was never paused is there, exactly once, and no other.
  private func judgePeriods() throws {
    for row in try ledger.rows("SELECT * FROM agreements ORDER BY id") {
      let id: String = row["id"]
      // Of an agreement that an older copy had forgotten as well, what was found at Stripe is known by the period's id.
      let found = try ledger.texts(
        """
        SELECT period FROM charges WHERE agreement = ?1
          UNION SELECT substr(key, length(?1) + 2) FROM charges WHERE key LIKE ?1 || ' %' ORDER BY 1
        """, [id])
      guard let start: String = row["start"] else { continue }
      // What was charged and forgotten may have been skipped before it came back.
      let skips = state.withLock { s in
        (s.rollbacks.isEmpty ? s.asked.skipped[id] ?? [] : [], s.asked.perhapsSkipped[id] ?? [])
      }
      let expected = Self.periods(start: start, every: row["every"], at: row["at"], ends: row["ends"], until: now())
        .filter { !skips.0.contains($0) }
      let wrong = Set(found).subtracting(expected)
      if !wrong.isEmpty { book.report("law 1: no period but the agreed", id, "\(wrong.sorted())") }
      let stopped = try ledger.row(
        "SELECT 1 FROM history WHERE agreement = ? AND what IN ('agreement_paused', 'agreement_canceled')", [id])
      if stopped == nil, row["state"] as String == "active", found != expected.dropLast(0) {
        let missing = Set(expected).subtracting(found).subtracting(skips.1)
        if missing.count > 1 || (missing.first.map { $0 != expected.last } ?? false) {
          book.report("law 1: each period once", id, "missing \(missing.sorted())")
        }
      }
    }
  }

  /// The due dates of an agreement by a calendar of our own: UTC only, days, weeks and months.
  private static func periods(start: String, every: String, at: String, ends: String?, until: Timestamp) -> [String] {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    let date = start.split(separator: "-").compactMap { Int($0) }
    let clock = at.split(separator: ":").compactMap { Int($0) }
    let words = every.split(separator: " ")
    let anchor = DateComponents(
      calendar: calendar, year: date[0], month: date[1], day: date[2], hour: clock[0], minute: clock[1]
    ).date
    guard let anchor, let count = Int(words[0]) else { return [] }
    let unit: Calendar.Component = words[1].hasPrefix("day") ? .day : words[1].hasPrefix("week") ? .weekOfYear : .month
    var found: [String] = []
    let end = ends?.split(separator: " ").map(String.init) ?? []
    let most = end.last == "times" ? Int(end[0]) ?? 0 : 400
    for index in 0..<min(400, most) {
      guard let due = calendar.date(byAdding: unit, value: index * count, to: anchor), due <= until.date else { break }
      let parts = calendar.dateComponents([.year, .month, .day], from: due)
      let period = [parts.year ?? 0, parts.month ?? 0, parts.day ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
        .joined(separator: "-")
      if end.first == "until", period > end[1] { break }
      found.append(period)
    }
    return found
  }
}
