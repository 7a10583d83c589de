import Domain
import Foundation
import GRDB
import Transport

/// The laws of methods that customers save, and of what they agree to by that.
extension Judge {
  /// What a customer was shown before they saved a method.
  struct Shown: Sendable, Equatable {
    let job: String?
    let amount: Int
    let currency: String
    let description: String
    let every: String
    let at: String
    /// Whom the session was made for, if it was made for somebody.
    let customer: String?
    var shownAt = Timestamp(seconds: 0)
  }

  func shows(_ session: String, _ shown: Shown) {
    var shown = shown
    shown.shownAt = now()
    state.withLock { [shown] in $0.setups[session] = shown }
  }

  /// What is owed by an agreement that a setup has made.
  func debt(bySetup agreement: String) throws -> Debt? {
    guard let row = try ledger.row("SELECT consent, payment_method FROM agreements WHERE id = ?", [agreement]) else {
      return nil
    }
    guard let shown = state.withLock({ $0.setups[row[0] as String] }), let owner = owner(of: row[0]) else { return nil }
    return Debt(amount: shown.amount, currency: shown.currency, customer: owner)
  }

  /// Whose a completed session is: its customer, or the one that Dues has made for it.
  private func owner(of session: String) -> String? {
    guard let object = stripe.object(session) else { return nil }
    if let customer = object["customer"] as? String { return customer }
    let number = (object["metadata"] as? [String: Any])?["dues_setup"] as? String
    return made(for: number).first ?? number.flatMap { number in state.withLock { $0.madeFor[number] } }
  }

  /// Stripe has made one.
  func noteMade(_ customer: [String: Any]) {
    guard let id = customer["id"] as? String, let metadata = customer["metadata"] as? [String: Any],
      let number = metadata["dues_setup"] as? String
    else { return }
    state.withLock { s in if s.madeFor[number] == nil { s.madeFor[number] = id } }
  }

  /// The customers that Dues has made for a setup, as their metadata say.
  private func made(for setup: String?) -> [String] {
    stripe.all("customer").filter { ($0["metadata"] as? [String: Any])?["dues_setup"] as? String == setup }
      .compactMap { setup == nil ? nil : $0["id"] as? String }
  }

  func judgeSetups() throws {
    let shown = state.withLock { $0.setups }
    for (session, terms) in shown.sorted(by: { $0.key < $1.key }) {
      guard let object = stripe.object(session) else { continue }
      let intent = (object["setup_intent"] as? String).flatMap { stripe.object($0) } ?? [:]
      if object["status"] as? String == "complete", intent["status"] as? String == "succeeded" {
        try judgeCompleted(session, terms, intent)
      }
      try judgeAgreements(madeBy: session, terms)
      let number = (object["metadata"] as? [String: Any])?["dues_setup"] as? String
      let customers = made(for: number)
      if customers.count > 1 { book.report("one customer for one setup", session, "\(customers)") }
    }
    for row in try ledger.rows(
      // One that has come to its end may have a successor.
      """
      SELECT customer, job, count(*) FROM agreements
        WHERE state <> 'canceled' AND NOT (state = 'active' AND next_due_at IS NULL)
          AND NOT coalesce(ends LIKE '% times' AND next_index + earlier_periods >= CAST(ends AS INTEGER), 0)
        GROUP BY customer, job HAVING count(*) > 1
      """
    ) {
      book.report("one agreement for one job", "\(row[0] as String) \(row[1] as String)", "\(row[2] as Int) live ones")
    }
  }

  /// The customer is done, and so is the bank.
  private func judgeCompleted(_ session: String, _ terms: Shown, _ intent: [String: Any]) throws {
    guard let row = try ledger.row("SELECT * FROM setups WHERE session = ?", [session]) else {
      return book.report("no setup is forgotten", session, "it is not in the ledger")
    }
    let state: String = row["state"]
    if state == "refused" {
      if try !isTold(row) { book.report("no setup is forgotten", session, "refused, and no person is told") }
      return
    }
    let isHeldUp = terms.job.map { matters("bad_job").contains($0) } ?? false
    guard state == "complete" else {
      if !isHeldUp { book.report("no setup is forgotten", session, "completed at Stripe, \(state) here") }
      return
    }
    let method = intent["payment_method"] as? String
    if row["payment_method"] as String? != method {
      book.report(
        "the method that was saved", session, "\(row["payment_method"] as String? ?? "none"), not \(method ?? "")")
    }
    // A customer who was deleted since is nobody's any more.
    if let owner = owner(of: session), row["customer"] as String? != owner {
      book.report("the method that was saved", session, "\(row["customer"] as String? ?? "none"), not \(owner)")
    }
    if terms.job != nil, row["agreement"] as String? == nil, !isHeldUp {
      book.report("a setup leads to its agreement", session, "there is none")
    }
  }

  /// A person was told that nothing was saved, or it does not matter any more: the agreement is over, or the customer has
  /// saved another one since.
  private func isTold(_ setup: Row) throws -> Bool {
    let agreement: String? = setup["agreement"]
    let session: String? = setup["session"]
    let told = try ledger.row(
      "SELECT 1 FROM matters WHERE kind = 'setup_failed' AND subject IN (?, ?)", [session, agreement])
    let isOver = try ledger.row("SELECT 1 FROM agreements WHERE id = ? AND state = 'canceled'", [agreement])
    let later = try ledger.row(
      "SELECT 1 FROM setups WHERE customer = ? AND job IS ? AND state = 'complete' AND completed_at >= ?",
      [setup["customer"] as String?, setup["job"] as String?, setup["completed_at"] as Int64?])
    return told != nil || isOver != nil || later != nil
  }

  /// What it has made is what was shown, once.
  private func judgeAgreements(madeBy session: String, _ terms: Shown) throws {
    let made = try ledger.rows("SELECT * FROM agreements WHERE consent = ? ORDER BY id", [session])
    if made.count > 1 { book.report("one agreement for one setup", session, "\(made.map { $0["id"] as String })") }
    for row in made {
      let found = Shown(
        job: row["job"], amount: row["amount"], currency: row["currency"], description: row["description"],
        every: row["every"], at: row["at"], customer: terms.customer, shownAt: terms.shownAt)
      if found != terms { book.report("the terms that were shown", session, "\(found) instead of \(terms)") }
      if let owner = owner(of: session), row["customer"] as String != owner {
        book.report("the terms that were shown", session, "of \(row["customer"] as String), not \(owner)")
      }
    }
  }
}
