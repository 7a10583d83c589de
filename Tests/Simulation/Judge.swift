import Domain
import Foundation
import GRDB
import Sandbox
import Transport

/// Judges every exchange, every commit and the end of a world by the laws of docs/ARCHITECTURE.md. It knows Stripe's JSON
/// and the ledger's tables, and nothing of the engine.
final class Judge: Sendable {
  /// What the world owes, as it was asked for; the ledger is not believed.
  struct Debt: Sendable, Equatable {
    let amount: Int
    let currency: String
    let customer: String
  }

  /// What is known of an idempotency key.
  struct KeyStory: Sendable {
    let path: String
    let body: Data
    let since: Timestamp
    /// When it was sent for the first time so that Stripe may have executed it, as far as Dues can know.
    var perhapsExecutedAt: Timestamp?
    /// The process that learned that Stripe's stored answer says nothing and will not change.
    var endsWith: SimulatedProcess?
  }

  /// A charge that a bank has judged.
  struct Trial: Sendable {
    let key: String
    let charge: String
    let at: Timestamp
    let card: String
    let expiry: String
    let failed: Bool
  }

  struct State: Sendable {
    var debts: [String: Debt] = [:]
    var agreements: [String: Debt] = [:]
    var keys: [String: KeyStory] = [:]
    /// Idempotency keys of charges whose first answer Stripe has stored, and repeats for a day.
    var executed: [String: Timestamp] = [:]
    var trials: [Trial] = []
    var charges: [String: String] = [:]
    var history = 0
    var withdrawn: [String: Timestamp] = [:]
    var asked = Asked()
    var rollbacks: [Rollback] = []
    var mails: [(id: String, at: Timestamp)] = []
    /// What persons asked to be given back, by intent.
    var refundsAsked: [String: [Int?]] = [:]
    var reconcilesThatRefund = 0
    /// The first customer that Dues has made for a setup, by its number; staff may delete them.
    var madeFor: [String: String] = [:]
    /// What was shown to who saves a method, by session.
    var setups: [String: Shown] = [:]
    var messages: [(id: String, type: String, charge: String?, at: Timestamp)] = []
  }

  let stripe: StripeTruth
  let ledger: LedgerTruth
  let book: Book
  let plan: Plan
  let now: @Sendable () -> Timestamp
  let state = Locked(State())

  init(stripe: StripeTruth, ledger: LedgerTruth, book: Book, plan: Plan, now: @escaping @Sendable () -> Timestamp) {
    self.stripe = stripe
    self.ledger = ledger
    self.book = book
    self.plan = plan
    self.now = now
  }

  /// Somebody has asked for a one-off.
  func owes(_ charge: String, _ debt: Debt) { state.withLock { $0.debts[charge] = debt } }
  /// Somebody has agreed to pay regularly.
  ///
  /// - Returns: whether nobody had agreed to this before.
  func agreesOnce(_ agreement: String, _ debt: Debt) -> Bool {
    state.withLock { state in
      guard state.agreements[agreement] == nil else { return false }
      state.agreements[agreement] = debt
      state.asked.costs[agreement] = [debt.amount]
      state.asked.everCost[agreement] = [debt.amount]
      return true
    }
  }
  /// The admin has been told that a charge is withdrawn, or will be.
  func withdrew(_ charge: String) {
    let moment = now()
    state.withLock { $0.withdrawn[charge] = $0.withdrawn[charge] ?? moment }
  }
  func mailed(_ messageID: String) {
    let moment = now()
    state.withLock { $0.mails.append((messageID, moment)) }
  }

  /// The merchant's system has taken a message.
  func told(id: String, body: Data) {
    let object = StripeTruth.parse(body) ?? [:]
    let charge = (object["data"] as? [String: Any])?["charge"] as? [String: Any]
    let type = object["type"] as? String ?? ""
    let moment = now()
    state.withLock { $0.messages.append((id, type, charge?["id"] as? String, moment)) }
  }

  /// Which charge a call is about.
  func charge(of call: Call) -> String? {
    if let named = call.form["metadata[dues_charge]"] { return named }
    guard let object = call.object ?? call.form["payment_intent"] ?? call.query["payment_intent"] else { return nil }
    return stripe.intent(object)?.charge ?? stripe.session(object)?.charge
  }

  /// What a charge is, by what was asked for.
  func debt(of charge: String) throws -> Debt? {
    if let known = state.withLock({ $0.debts[charge] }) { return known }
    guard let agreement = try ledger.row("SELECT agreement FROM charges WHERE id = ?", [charge])?[0] as String? else {
      return nil
    }
    if let known = state.withLock({ $0.agreements[agreement] }) { return known }
    guard let shown = try debt(bySetup: agreement) else { return nil }
    state.withLock { $0.debts[charge] = shown }
    return shown
  }

  /// A period has its charge from now on: what it costs was agreed at some time, and stays.
  ///
  /// - Parameter isFound: it was charged before an older copy was put back; what was changed since is of what follows.
  func freezeDebt(of charge: String, agreement: String, amount: Int, isFound: Bool) {
    let isAgreed = state.withLock { s in
      guard s.debts[charge] == nil, let debt = s.agreements[agreement] else { return true }
      let agreed = isFound ? s.asked.everCost[agreement] : s.asked.costs[agreement]
      let isAgreed = agreed?.contains(amount) ?? false
      let owed = isAgreed ? amount : debt.amount
      s.debts[charge] = Debt(amount: owed, currency: debt.currency, customer: debt.customer)
      s.asked.periods.insert(charge)
      return isAgreed
    }
    if !isAgreed { book.report("law 1: what is owed is fixed", charge, "\(amount) was never agreed") }
  }

  /// How many charges have lived, and how many of them met three faults or more: such as were about the charge itself, or
  /// about all that were there; and how many of these met three before they had come to rest.
  func lives() throws -> (all: Int, hard: Int, hardBeforeRest: Int) {
    let wrongs = book.wrongs
    let own = Dictionary(grouping: wrongs.filter { $0.charge != nil }, by: { $0.charge ?? "" }).mapValues(\.count)
    let shared = wrongs.filter { $0.charge == nil }.map(\.at.milliseconds)
    let rows = try ledger.rows(
      "SELECT charge, min(at), max(at) FROM history WHERE charge IS NOT NULL GROUP BY charge ORDER BY charge")
    func met(_ row: Row, until end: Int64) -> Int {
      let birth: Int64 = row[1]
      return own[row[0], default: 0] + shared.count { moment in birth <= moment && moment <= end }
    }
    // What is fenced at the end was not judged to its end.
    guard matters("fenced").isEmpty else { return (rows.count, 0, 0) }
    return (
      rows.count, rows.count { met($0, until: .max) >= 3 }, rows.count { met($0, until: $0[2]) >= 3 }
    )
  }

  /// Runs a check; one that cannot be made is a violation, too.
  func checking(_ what: String, _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      book.report("checker", what, "\(error)")
    }
  }
}
