import Domain
import Foundation
import GRDB
import Transport

/// The laws of each request, judged in the moment in which it reaches Stripe.
extension Judge {
  private static let hour = 3_600_000

  /// A request is about to be executed.
  func reaches(_ call: Call, by process: SimulatedProcess) {
    guard let key = call.key else { return }
    checking("request \(key)") {
      judgeKey(key, call)
      try judgeReturn(key, call)
      guard let charge = charge(of: call) else { return }
      stripe.refresh(charge: charge)
      switch call.kind {
      case .createIntent, .confirmIntent:
        try judgeAttemptWritten(key, call)
        try judgeOffSession(charge, call, key)
      case .createSession:
        try judgeWritten(key, call, table: "checkouts")
        try judgeSession(charge, call)
      default: break
      }
    }
  }

  /// Laws 2 and 3: one key, the same bytes; never again once it may be dead.
  private func judgeKey(_ key: String, _ call: Call) {
    let moment = now()
    let story = state.withLock { $0.keys[key] }
    guard let story else {
      state.withLock { $0.keys[key] = KeyStory(path: call.path, body: call.body, since: moment) }
      return
    }
    if story.path != call.path || story.body != call.body {
      book.report("law 3: same key, same bytes", key, "\(story.path) became \(call.path), or its body changed")
    }
    // A checkout's request may be: what it makes is asked for by the session's own number, and expires.
    // Nor a confirmation on our page, which comes to its end within the hour.
    if call.charges, !isConfirmation(key), let process = story.endsWith, !process.isDead, !process.hasForgotten {
      book.report("law 3: a replayed answer ends resending", key, "sent once more")
    }
    // A process that began to send within the 20 hours may be a few seconds late. Attaching twice is attaching once.
    if call.kind != .attachMethod, let first = story.perhapsExecutedAt, moment - first > .hours(20) + .minutes(6) {
      book.report("law 3: never resent after 20 hours", key, "first sent at \(first), again at \(moment)")
    }
  }

  /// An attempt on our page has two requests: the second has a key of its own.
  private func judgeAttemptWritten(_ key: String, _ call: Call) throws {
    guard isConfirmation(key) else { return try judgeWritten(key, call, table: "attempts") }
    let row = try ledger.row("SELECT confirm_path, confirm_body FROM attempts WHERE confirm_key = ?", [key])
    guard let row, row["confirm_path"] as String == call.path, row["confirm_body"] as Data == call.body else {
      return book.report("law 2: written before sent", key, "it is not in the ledger, or with other bytes")
    }
  }

  /// Of what the customer has answered to their bank, on our page.
  func isConfirmation(_ key: String) -> Bool { key.contains(":confirm:") }

  /// The customer is there, and may try their card as often as they like.
  func isOnSession(_ key: String) -> Bool {
    if isConfirmation(key) { return true }
    do {
      return try ledger.row("SELECT 1 FROM attempts WHERE idempotency_key = ? AND kind = 'on_session'", [key]) != nil
    } catch {
      return false
    }
  }

  /// Law 2: path, body and key are committed before the first byte leaves.
  func judgeWritten(_ key: String, _ call: Call, table: String) throws {
    let row = try ledger.row("SELECT path, body FROM \(table) WHERE idempotency_key = ?", [key])
    guard let row else {
      book.report("law 2: written before sent", key, "it is not in the ledger")
      return
    }
    let path: String = row["path"]
    let body: Data = row["body"]
    if path != call.path || body != call.body {
      book.report("law 2: written before sent", key, "other bytes are in the ledger")
    }
  }

  private func judgeOffSession(_ charge: String, _ call: Call, _ key: String) throws {
    // Who sends what another has just seen declined only hears that once more.
    for session in stripe.sessions(of: charge) where session.status == "open" && !isReplay(key) {
      book.report("law 5: one live instrument", charge, "\(key) is sent while \(session.id) is open")
    }
    for session in stripe.sessions(of: charge) where session.status == "complete" && session.paymentStatus != "paid" {
      guard let intent = session.intent.flatMap({ stripe.intent($0) }), intent.status == "processing" else { continue }
      book.report("law 8: processing is never charged again", charge, "\(key) while \(session.id) is on its way")
    }
    for intent in stripe.intents(of: charge) where intent.status == "succeeded" || intent.status == "processing" {
      // The same intent again is harmless, and how an unanswered attempt is settled.
      if call.kind == .confirmIntent, call.object == intent.id { continue }
      if call.kind == .createIntent, isReplay(key) { continue }
      let law =
        intent.status == "processing" ? "law 8: processing is never charged again" : "law 7: never charged twice"
      book.report(law, charge, "\(key) while \(intent.id) is \(intent.status)")
    }
    try judgeState(charge, key)
    if !isConfirmation(key) { try judgeMethod(charge, call, key) }
    if !isOnSession(key) {
      try judgePace(charge, call, key)
      try judgeLimit(charge, key)
    }
    guard call.kind == .createIntent else { return }
    try judgeAmount(
      charge, amount: call.form["amount"], currency: call.form["currency"], customer: call.form["customer"])
    for intent in stripe.intents(of: charge) where intent.isOffSession && intent.counts && !isReplay(key) {
      book.report(
        "law 4: one off-session intent", charge, "\(key) makes another beside \(intent.id) (\(intent.status))")
    }
  }

  /// Stripe has executed this key already, and will only repeat its answer.
  private func isReplay(_ key: String) -> Bool {
    let moment = now()
    if state.withLock({ s in s.executed[key].map { moment - $0 < .hours(24) } ?? false }) { return true }
    // A double click: the second sends what the first has sent, and Stripe repeats its answer.
    if isConfirmation(key), state.withLock({ $0.keys[key]?.perhapsExecutedAt != nil }) { return true }
    let parts = key.split(separator: ":")
    guard parts.count == 2, let number = Int(parts[1]) else { return false }
    // What this attempt made is there, whatever was said about it.
    return stripe.intents(of: String(parts[0])).contains { $0.attempt == number && $0.counts }
  }

  private func judgeSession(_ charge: String, _ call: Call) throws {
    try judgeAmount(
      charge, amount: call.form["line_items[0][price_data][unit_amount]"],
      currency: call.form["line_items[0][price_data][currency]"], customer: call.form["customer"])
    // Asked for once more because its answer was lost, or by two at once: Stripe only repeats what it answered, also
    // where the customer has paid meanwhile.
    let key = call.key ?? ""
    guard !stripe.sessions(of: charge).contains(where: { madeSession(key, $0.id) }) else { return }
    try judgeState(charge, key)
    for session in stripe.sessions(of: charge) where session.status == "open" {
      book.report("law 5: one live instrument", charge, "\(key) while \(session.id) is open")
    }
    for intent in stripe.intents(of: charge) where intent.status == "succeeded" || intent.status == "processing" {
      book.report("law 5: one live instrument", charge, "\(key) while \(intent.id) is \(intent.status)")
    }
  }

  /// The session that this very key has made.
  private func madeSession(_ key: String, _ session: String) -> Bool {
    guard let number = key.split(separator: ":").last else { return false }
    let metadata = stripe.object(session)?["metadata"] as? [String: Any]
    return metadata?["dues_checkout"] as? String == String(number)
  }

  /// Law 7: what has ended is not asked for any more.
  private func judgeState(_ charge: String, _ key: String) throws {
    if let since = state.withLock({ $0.withdrawn[charge] }), try wasWritten(key, soonAfter: since) == false {
      book.report("law 7: nothing is sent after the end", charge, "\(key), and the admin withdrew it at \(since)")
    }
    // What was written before a person called it paid elsewhere is sent once more to be found, and then closed.
    if let settled = state.withLock({ $0.asked.settled[charge]?.last }), try wasWritten(key, soonAfter: settled) == true
    {
      return
    }
    guard let state = try ledger.state(of: charge) else { return }
    // Within the seconds of a tick its own attempt may have been seen paid by `serve`; the key is executed, and only repeats.
    if ["paid", "canceled", "uncollectible"].contains(state), !isReplay(key) {
      book.report("law 7: nothing is sent after the end", charge, "\(key) while the ledger says \(state)")
    }
  }

  /// Whether an attempt or a checkout was written before a moment, or by who was just at it; `nil`: there is none of this
  /// idempotency key.
  private func wasWritten(_ key: String, soonAfter moment: Timestamp) throws -> Bool? {
    let row = try ledger.row(
      "SELECT written_at FROM attempts WHERE idempotency_key = ?1 UNION ALL SELECT written_at FROM checkouts WHERE idempotency_key = ?1",
      [key])
    return row.map { ($0[0] as Int64) <= moment.milliseconds + 360_000 }
  }

  /// Law 1: what was asked for, to the cent.
  private func judgeAmount(_ charge: String, amount: String?, currency: String?, customer: String?) throws {
    guard let debt = try debt(of: charge) else {
      book.report("law 1: what is owed is fixed", charge, "nobody asked for this charge")
      return
    }
    if amount != String(debt.amount) || currency != debt.currency || customer != debt.customer {
      book.report(
        "law 1: what is owed is fixed", charge,
        "\(amount ?? "-") \(currency ?? "-") of \(customer ?? "-") instead of \(debt)")
    }
  }

  /// Nobody is ever charged with somebody else's method.
  private func judgeMethod(_ charge: String, _ call: Call, _ key: String) throws {
    guard let method = call.form["payment_method"], let debt = try debt(of: charge) else {
      book.report("the method is named", charge, "\(key) names no payment method")
      return
    }
    let owner = stripe.object(method)?["customer"] as? String
    if let owner, owner != debt.customer {
      book.report("nobody pays with another's method", charge, "\(method) is \(owner)'s, not \(debt.customer)'s")
    }
  }

  /// What is over the limit leaves only because a person has approved it.
  private func judgeLimit(_ charge: String, _ key: String) throws {
    guard let debt = try debt(of: charge), !isReplay(key),
      let most = plan.maxCharge.first(where: { $0.key.code == debt.currency })?.value, debt.amount > most
    else { return }
    let approved = try ledger.row("SELECT 1 FROM history WHERE charge = ? AND what = 'approved'", [charge])
    if approved == nil { book.report("a limit holds", charge, "\(key) is over \(most), and nobody approved it") }
  }

  /// Never twice in 24 hours on one card, and never more than its budget.
  private func judgePace(_ charge: String, _ call: Call, _ key: String) throws {
    guard let method = call.form["payment_method"], !isReplay(key) else { return }
    let card = fingerprint(of: method)
    let expiry = expiry(of: method)
    let moment = now()
    // What a person judged as failed counts as never tried (a gap that is known: the bank may have seen it).
    let judged = Set(try ledger.texts("SELECT idempotency_key FROM attempts WHERE state = 'refused'"))
    let trials = state.withLock { $0.trials.filter { !judged.contains($0.key) } }
    if let last = trials.last(where: { $0.charge == charge && $0.card == card && $0.expiry == expiry && $0.failed }),
      moment - last.at < .hours(24) - .minutes(10), !waives24Hours(charge, since: last.at)
    {
      book.report("never twice in 24 hours", charge, "\(key) at \(moment), \(last.key) was declined at \(last.at)")
    }
    let month = trials.count { $0.card == card && $0.failed && moment - $0.at < .days(30) - .minutes(10) }
    if month >= plan.maxPerCard {
      book.report("the card's budget", card, "\(key) is number \(month + 1) of at most \(plan.maxPerCard)")
    }
  }

  func fingerprint(of method: String) -> String {
    let object = stripe.object(method) ?? [:]
    for type in ["card", "us_bank_account", "sepa_debit"] {
      if let mark = (object[type] as? [String: Any])?["fingerprint"] as? String { return mark }
    }
    return method
  }

  /// With another expiry it is another card, even under the same number.
  private func expiry(of method: String) -> String {
    let card = stripe.object(method)?["card"] as? [String: Any]
    return "\(card?["exp_month"] as? Int ?? 0)/\(card?["exp_year"] as? Int ?? 0)"
  }

  /// Stripe has acted.
  func acted(_ call: Call, _ response: HTTPResponse?, by process: SimulatedProcess) {
    guard call.key != nil else { return }
    if let response, let object = StripeTruth.parse(response.body) {
      let inner = (object["error"] as? [String: Any])?["payment_intent"] as? [String: Any]
      for id in [object["id"] as? String, inner?["id"] as? String].compactMap({ $0 }) { stripe.read(id) }
    } else {
      stripe.refresh()
    }
    if call.kind == .createCustomer { for customer in stripe.all("customer") { noteMade(customer) } }
    if call.charges {
      noteTrial(call, response)
      noteExecuted(call, response)
    }
    if call.kind == .createRefund { judgeRefundsMade() }
    guard let charge = charge(of: call) else { return }
    judgeLive(charge)
  }

  /// What Stripe has begun to execute it answers the same for a day, also by a 500; a refusal before that is forgotten.
  private func noteExecuted(_ call: Call, _ response: HTTPResponse?) {
    guard let key = call.key, isExecuted(response) else { return }
    let moment = now()
    state.withLock { s in
      // A key that Stripe has forgotten is executed anew: an older ledger may come to use it again.
      if let known = s.executed[key], moment - known < .hours(24) { return }
      s.executed[key] = moment
    }
  }

  private func isExecuted(_ response: HTTPResponse?) -> Bool {
    response.map { $0.status == 200 || $0.status == 402 || $0.status >= 500 } ?? true
  }

  private func noteTrial(_ call: Call, _ response: HTTPResponse?) {
    guard let key = call.key, let method = call.form["payment_method"], let charge = charge(of: call) else { return }
    guard isExecuted(response), !isReplay(key), !isOnSession(key) else { return }
    stripe.refresh(charge: charge)
    let mine = stripe.intents(of: charge).last { $0.isOffSession }
    guard let mine, response?.status != 500 || mine.created >= Int(now().seconds) - 1 else { return }
    let failed = !(mine.status == "succeeded" || mine.status == "processing")
    let trial = Trial(
      key: key, charge: charge, at: now(), card: fingerprint(of: method), expiry: expiry(of: method), failed: failed)
    state.withLock { $0.trials.append(trial) }
  }

  /// What Dues has learned from an exchange.
  func wasAnswered(_ call: Call, _ response: HTTPResponse?, isCertainlyUnexecuted: Bool, by process: SimulatedProcess) {
    guard let key = call.key else { return }
    let isReplayed = response?.header("Idempotent-Replayed") == "true" && response?.status == 500
    let moment = now()
    state.withLock { s in
      if isReplayed { s.keys[key]?.endsWith = process }
      if !isCertainlyUnexecuted, s.keys[key] == nil {
        s.keys[key] = KeyStory(path: call.path, body: call.body, since: moment)
      }
      if !isCertainlyUnexecuted, s.keys[key]?.perhapsExecutedAt == nil { s.keys[key]?.perhapsExecutedAt = moment }
    }
  }
}
