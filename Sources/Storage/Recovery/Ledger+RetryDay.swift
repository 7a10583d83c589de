package import Domain
import GRDB

/// Within what the customer may choose the day of the next try.
package struct RetryChoice: Sendable, Hashable {
  /// Never within 24 hours of the last attempt.
  package let earliest: Timestamp
  /// Before the end of the recovery, with time for a tick.
  package let deadline: Timestamp
}

/// "Try my card again on the 28th": once, and within the deadline.
extension Ledger {
  /// `nil`: nothing is retried, or the day was chosen already.
  package func retryChoice(of charge: ChargeID, at now: Timestamp) throws -> RetryChoice? {
    try read { db in try db.retryChoice(of: charge, at: now) }
  }

  /// Moves the planned retry. Check and move are one transaction.
  ///
  /// - Returns: whether it was moved; `false`: not a moment that may be chosen, or not any more.
  package func chooseRetry(of charge: ChargeID, at moment: Timestamp, now: Timestamp) throws -> Bool {
    try write(at: now) { db in
      guard let choice = try db.retryChoice(of: charge, at: now), moment >= choice.earliest, moment < choice.deadline
      else { return false }
      try db.run(
        "UPDATE recoveries SET next_retry_at = ?, chosen_at = ? WHERE charge = ?",
        [moment.milliseconds, now.milliseconds, charge.text])
      try db.note(.retryChosen, charge: charge, at: now, ["at": "\(moment)"])
      return true
    }
  }
}

extension Database {
  fileprivate func retryChoice(of charge: ChargeID, at now: Timestamp) throws -> RetryChoice? {
    guard
      let row = try row(
        """
        SELECT recoveries.deadline_at, (SELECT max(coalesce(sent_at, written_at)) FROM attempts WHERE charge = charges.id) AS last
          FROM recoveries JOIN charges ON charges.id = recoveries.charge
          WHERE charges.id = ? AND charges.state = 'recovering' AND charges.cancel_requested = 0
            AND recoveries.ended_at IS NULL AND recoveries.next_retry_at IS NOT NULL AND recoveries.chosen_at IS NULL
        """, [charge.text])
    else { return nil }
    let last = row.timeIfAny("last").map { $0 + .hours(24) } ?? now
    // An hour for the timer to get to it.
    return RetryChoice(earliest: max(now, last), deadline: row.time("deadline_at") - .hours(1))
  }
}
