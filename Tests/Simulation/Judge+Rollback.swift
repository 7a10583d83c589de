import Domain
import Foundation
import GRDB
import Transport

/// An older copy of the ledger was put in its place: what it has forgotten is forgiven, what Stripe has is not.
extension Judge {
  /// What is forgotten: everything written between the two moments.
  struct Rollback: Sendable {
    let from: Timestamp
    let to: Timestamp
  }

  var wasRolledBack: Bool { state.withLock { !$0.rollbacks.isEmpty } }

  /// Made at Stripe by what the ledger does not know any more.
  ///
  /// - Parameter created: in seconds, as Stripe tells it.
  func isForgotten(_ created: Int) -> Bool {
    let moment = Timestamp(seconds: Int64(created))
    return state.withLock { $0.rollbacks.contains { $0.from - .seconds(1) <= moment && moment <= $0.to } }
  }

  /// How much had arrived by now: what arrives in the same millisecond after it is another's.
  func arrived() -> (mails: Int, messages: Int) { state.withLock { ($0.mails.count, $0.messages.count) } }

  /// - Parameter arrived: as ``arrived()`` told at that moment.
  func rolledBack(to backup: Timestamp, arrived: (mails: Int, messages: Int)) {
    let moment = now()
    checking("rollback") {
      var charges: [String: String] = [:]
      for row in try ledger.rows("SELECT id, state FROM charges") { charges[row[0]] = row[1] }
      let last: Int = try ledger.row("SELECT coalesce(max(number), 0) FROM history")?[0] ?? 0
      let traces = Set(stripe.charges)
      state.withLock { [charges] s in
        s.rollbacks.append(Rollback(from: backup, to: moment))
        s.charges = charges
        s.history = last
        s.keys = s.keys.filter { $0.value.since <= backup }
        s.trials.removeAll { $0.at > backup }
        s.withdrawn = s.withdrawn.filter { $0.value <= backup }
        s.mails.removeSubrange(min(arrived.mails, s.mails.count)...)
        s.messages.removeSubrange(min(arrived.messages, s.messages.count)...)
        s.setups = s.setups.filter { $0.value.shownAt < backup }
        s.asked.settled = s.asked.settled.mapValues { $0.filter { $0 <= backup } }.filter { !$0.value.isEmpty }
        s.asked.waived = s.asked.waived.filter { $0.value <= backup }
        // What was skipped after it is not any more; before it is not told apart.
        for (agreement, periods) in s.asked.skipped {
          s.asked.perhapsSkipped[agreement, default: []].formUnion(periods)
        }
        s.asked.skipped = [:]
        s.asked.costs = s.asked.everCost
        // A period that has come again may cost what was agreed then.
        for charge in s.asked.periods where charges[charge] == nil && !traces.contains(charge) {
          s.debts[charge] = nil
          s.asked.periods.remove(charge)
        }
      }
    }
  }

  /// Never lost, also where the ledger has forgotten the charge: it has come back, or a person is told.
  func judgeForgotten() throws {
    guard wasRolledBack else { return }
    for charge in stripe.charges {
      let successes = stripe.intents(of: charge).filter(\.hasSucceeded)
      if successes.isEmpty { continue }
      guard try ledger.state(of: charge) == nil, matters("fenced").isEmpty else { continue }
      if try ledger.row(
        "SELECT 1 FROM matters WHERE subject IN (?, ?) AND cleared_at IS NULL",
        [charge, successes.first?.id]) == nil
      {
        book.report(
          "never lost: Stripe's success is paid here", charge,
          "\(successes.map(\.id)), and the ledger has no such charge")
      }
    }
  }
}
