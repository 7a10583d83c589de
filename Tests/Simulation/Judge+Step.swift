import Domain
import Foundation
import GRDB
import Transport

/// The laws that hold at every moment: after each commit, and after each thing that happened.
extension Judge {
  /// Law 10 and law 9: a new state comes with its own line of history, in the same commit.
  func committed(by process: SimulatedProcess?) {
    checking("commit") {
      let known = state.withLock { ($0.charges, $0.history) }
      var changed: [(charge: String, from: String?, to: String)] = []
      for row in try ledger.rows("SELECT id, state, agreement, amount FROM charges") {
        let id: String = row[0]
        let to: String = row[1]
        guard known.0[id] != to else { continue }
        changed.append((id, known.0[id], to))
        if known.0[id] == nil, let agreement = row[2] as String? {
          let isFound =
            try ledger.row(
              "SELECT 1 FROM history WHERE charge = ? AND what = 'created' AND detail ->> 'by' = 'found at Stripe'",
              [id]) != nil
          freezeDebt(of: id, agreement: agreement, amount: row[3], isFound: isFound)
        }
      }
      let lines = try ledger.rows("SELECT number, charge FROM history WHERE number > ? ORDER BY number", [known.1])
      let last: Int = lines.last?[0] ?? known.1
      process?.isBusy(with: lines.last?[1])
      for change in changed {
        process?.isBusy(with: change.charge)
        book.note("  \(change.charge.prefix(12)) \(change.from ?? "new") -> \(change.to)")
        let lines = try ledger.texts(
          "SELECT what FROM history WHERE charge = ? AND number > ?", [change.charge, known.1])
        if Set(lines).isDisjoint(with: Self.linesOf[change.to] ?? []) {
          book.report("law 9: nothing is silent", change.charge, "became \(change.to), history says \(lines)")
        }
        if change.from == "paid" { book.report("law 7: paid is final", change.charge, "became \(change.to)") }
      }
      state.withLock { s in
        for change in changed { s.charges[change.charge] = change.to }
        s.history = last
      }
    }
  }

  /// What must stand in the history in the commit that makes a state.
  private static let linesOf: [String: Set<String>] = [
    // An attempt that never left is taken back.
    "scheduled": ["created", "approved", "attempt_taken_back"], "held": ["held"],
    "attempting": ["attempt_written", "challenge_opened"],
    "unresolved": ["attempt_concluded"], "processing": ["processing", "attempt_concluded"],
    "recovering": [
      "attempt_concluded", "attempt_taken_back", "recovery_opened", "approved", "processing_failed", "judged",
    ],
    "paid": ["paid", "judged"], "uncollectible": ["uncollectible", "processing_failed"], "canceled": ["canceled"],
  ]

  /// Never two live instruments, never two successes.
  func judgeLive(_ charge: String) {
    let intents = stripe.intents(of: charge)
    let open = stripe.sessions(of: charge).filter { $0.status == "open" }
    if open.count > 1 {
      book.report("law 5: one live instrument", charge, "open sessions \(open.map(\.id))")
    }
    let succeeded = intents.filter(\.hasSucceeded)
    if succeeded.count > 1 {
      book.report("law 7: at most one success", charge, "succeeded: \(succeeded.map(\.id))")
    }
    let moving = intents.filter { $0.status == "processing" || $0.status == "succeeded" }
    if let session = open.first, let intent = moving.first {
      book.report("law 5: one live instrument", charge, "\(session.id) is open beside \(intent.id) (\(intent.status))")
    }
    if moving.count > 1 { book.report("law 5: one live instrument", charge, "on their way: \(moving.map(\.id))") }
    let collectible = intents.filter { $0.isOffSession && $0.counts }
    if collectible.count > 1 {
      book.report("law 4: one off-session intent", charge, "\(collectible.map { "\($0.id) \($0.status)" })")
    }
  }

  /// After something has happened.
  func step(_ what: String) {
    checking("step") {
      stripe.catchUp()
      for charge in stripe.charges { judgeLive(charge) }
      for law in Self.schemaLaws where !(wasRolledBack && law.isOfWholeLives) {
        for row in try ledger.rows(law.sql) {
          book.report(law.name, row[0] as String, "found after \(what)")
        }
      }
      try judgePaid()
    }
  }

  /// Laws 6 and 7: what the ledger calls paid is paid at Stripe, in the amount that is owed.
  private func judgePaid() throws {
    let rows = try ledger.rows(
      "SELECT charges.id, payments.payment_intent, payments.amount, payments.currency FROM charges JOIN payments ON payments.charge = charges.id WHERE payments.is_extra = 0"
    )
    for row in rows {
      let charge: String = row[0]
      let intent: String = row[1]
      let amount: Int = row[2]
      let truth = stripe.intent(intent)
      guard let debt = try debt(of: charge) else { continue }
      // Where the first was forgotten, a copy of it that staff has made may be what is found.
      let isOfCharge = truth?.charge == charge || (wasRolledBack && truth?.copyOf == charge)
      if truth?.hasSucceeded != true || !isOfCharge {
        book.report(
          "law 6: paid is only what Stripe has received", charge, "\(intent) is \(truth?.status ?? "unknown")")
      } else if truth?.received != debt.amount || amount != debt.amount || truth?.currency != debt.currency {
        book.report("law 6: the amount that is owed", charge, "\(amount), Stripe \(truth?.received ?? 0), owed \(debt)")
      }
    }
  }

  /// A law of the tables.
  private struct Law {
    let name: String
    let sql: String
    /// It holds only where nothing was forgotten.
    let isOfWholeLives: Bool

    init(_ name: String, _ sql: String, isOfWholeLives: Bool = false) {
      self.name = name
      self.sql = sql
      self.isOfWholeLives = isOfWholeLives
    }
  }

  /// Laws of the tables, as questions whose answer must be empty; the first column names the culprit.
  private static let schemaLaws: [Law] = [
    Law(
      "paid has its time and its way",
      "SELECT id FROM charges WHERE (state = 'paid') <> (paid_at IS NOT NULL) OR (paid_at IS NULL) <> (paid_by IS NULL)"
    ),
    Law(
      "paid has its payment, or a person's judgment",
      """
      SELECT id FROM charges WHERE state = 'paid' AND NOT EXISTS
        (SELECT 1 FROM payments WHERE charge = charges.id AND is_extra = 0)
        AND NOT EXISTS (SELECT 1 FROM history WHERE charge = charges.id AND what IN ('judged', 'settled'))
      """
    ),
    Law(
      "a counted payment makes paid",
      """
      SELECT charge FROM payments JOIN charges ON charges.id = payments.charge
        WHERE is_extra = 0 AND charges.state <> 'paid'
      """
    ),
    Law(
      "paid is told to the merchant, once",
      """
      SELECT id FROM charges WHERE (state = 'paid') <> (SELECT count(*) FROM fulfillments
        WHERE charge = charges.id AND kind = 'charge.paid')
      """
    ),
    Law(
      "one live attempt at most, and only of a charge in flight",
      """
      SELECT charge FROM attempts JOIN charges ON charges.id = attempts.charge
        WHERE attempts.state IN ('sending', 'unresolved', 'processing')
        GROUP BY charge HAVING count(*) > 1 OR min(charges.state) IN ('scheduled', 'recovering')
          -- Money of another amount holds a charge whose debit is on its way.
          OR min(charges.state) = 'held' AND NOT EXISTS
            (SELECT 1 FROM matters WHERE subject = charge AND kind = 'wrong_amount' AND cleared_at IS NULL)
      """
    ),
    Law(
      "a charge in flight has something in flight",
      """
      SELECT id FROM charges WHERE state IN ('attempting', 'unresolved') AND NOT EXISTS
        (SELECT 1 FROM attempts WHERE charge = charges.id AND state IN ('sending', 'unresolved'))
      """
    ),
    Law(
      "one live instrument in the ledger",
      """
      SELECT charge FROM checkouts WHERE state IN ('opening', 'open', 'closing')
        GROUP BY charge HAVING count(*) > 1 OR EXISTS (SELECT 1 FROM attempts WHERE attempts.charge = checkouts.charge
          AND attempts.state IN ('sending', 'unresolved', 'processing'))
      """
    ),
    Law(
      "recovering has its recovery, and the end ends it",
      """
      SELECT charges.id FROM charges LEFT JOIN recoveries ON recoveries.charge = charges.id
        WHERE (charges.state = 'recovering' AND (recoveries.charge IS NULL OR recoveries.ended_at IS NOT NULL)
            AND charges.cancel_requested = 0)
          OR (charges.state IN ('paid', 'uncollectible') AND recoveries.charge IS NOT NULL
            AND recoveries.ended_at IS NULL)
      """
    ),
    Law(
      "a retry belongs to somebody who is recovering",
      """
      SELECT charges.id FROM charges JOIN recoveries ON recoveries.charge = charges.id
        WHERE recoveries.next_retry_at IS NOT NULL AND charges.state NOT IN ('recovering', 'held')
          -- The customer is at it; if nothing comes of it, the plan goes on.
          AND NOT EXISTS (SELECT 1 FROM attempts WHERE charge = charges.id AND kind = 'on_session'
            AND state IN ('sending', 'unresolved'))
      """
    ),
    Law(
      "numbers of attempts go up by one, and are remembered",
      """
      SELECT id FROM charges WHERE attempts_made <> (SELECT coalesce(max(number), 0) FROM attempts WHERE charge = charges.id)
        OR attempts_made <> (SELECT count(*) FROM attempts WHERE charge = charges.id)
      """, isOfWholeLives: true
    ),
    Law(
      "held stands before a person",
      """
      SELECT id FROM charges WHERE state = 'held' AND NOT EXISTS (SELECT 1 FROM matters
        WHERE subject = charges.id AND kind IN ('held', 'wrong_amount') AND cleared_at IS NULL)
      """
    ),
    Law(
      "who asks for payment is owed",
      """
      SELECT notices.id FROM notices JOIN charges ON charges.id = notices.charge
        WHERE notices.state IN ('planned', 'queued') AND charges.state = 'paid'
          AND notices.kind IN ('payment_failed', 'authentication_needed', 'reminder', 'final_notice')
      """
    ),
    Law(
      "a recovery ends",
      """
      SELECT charge FROM recoveries WHERE deadline_at > opened_at + 15 * 86400000
        AND NOT EXISTS (SELECT 1 FROM history WHERE charge = recoveries.charge AND what = 'approved')
      """
    ),
    Law(
      "a failed charge has a mail planned",
      """
      SELECT charges.id FROM charges JOIN recoveries ON recoveries.charge = charges.id
        WHERE charges.state = 'recovering' AND charges.cancel_requested = 0 AND recoveries.next_retry_at IS NULL
          -- From the deadline on it only waits for its intent to be closed; the last line of history tells the time.
          AND recoveries.deadline_at > (SELECT max(at) FROM history)
          AND NOT EXISTS (SELECT 1 FROM notices WHERE charge = charges.id
            AND kind IN ('payment_failed', 'authentication_needed') AND state <> 'dropped')
      """
    ),
  ]
}
