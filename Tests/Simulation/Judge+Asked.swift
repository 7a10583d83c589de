import Domain
import Foundation
import GRDB
import Transport

/// What persons have asked for that changes what is right.
extension Judge {
  struct Asked: Sendable {
    /// What a period of an agreement may cost: the amounts that were agreed, now or for later.
    var costs: [String: Set<Int>] = [:]
    /// What one may have cost at any time.
    var everCost: [String: Set<Int>] = [:]
    /// Charges whose debt was frozen when their period had come.
    var periods: Set<String> = []
    /// Periods that a person was told are skipped, by agreement.
    var skipped: [String: Set<String>] = [:]
    /// Periods that a person wanted to skip; whether it came to that is not known.
    var perhapsSkipped: [String: Set<String>] = [:]
    /// When a person called a charge paid elsewhere; again, too, which is refused.
    var settled: [String: [Timestamp]] = [:]
    /// Charges whose 24 hours a person has waived.
    var waived: [String: Timestamp] = [:]
  }

  /// An agreement may cost another amount from now on, and perhaps already does.
  func mayCost(_ agreement: String, _ amount: Int) {
    state.withLock {
      $0.asked.costs[agreement]?.insert(amount)
      $0.asked.everCost[agreement, default: []].insert(amount)
    }
  }
  /// It does, and nothing else.
  func costsOnly(_ agreement: String, _ amount: Int) { state.withLock { $0.asked.costs[agreement] = [amount] } }
  func costs(of agreement: String) -> Set<Int>? { state.withLock { $0.asked.costs[agreement] } }

  func maySkip(_ period: String, of agreement: String) {
    state.withLock { _ = $0.asked.perhapsSkipped[agreement, default: []].insert(period) }
  }
  func skips(_ period: String, of agreement: String) {
    state.withLock { _ = $0.asked.skipped[agreement, default: []].insert(period) }
  }
  func settled(_ charge: String) {
    let moment = now()
    state.withLock { $0.asked.settled[charge, default: []].append(moment) }
  }
  func waived(_ charge: String) {
    let moment = now()
    state.withLock { $0.asked.waived[charge] = moment }
  }

  /// A person wanted it to be tried again, after this attempt and within its 24 hours.
  func waives24Hours(_ charge: String, since attempt: Timestamp) -> Bool {
    state.withLock { $0.asked.waived[charge].map { $0 >= attempt } ?? false }
  }

  /// Paid elsewhere, as a person has said; what Stripe received all the same is written down as more than is owed.
  func isAccountedFor(_ charge: String, _ successes: [IntentTruth]) throws -> Bool {
    guard state.withLock({ $0.asked.settled[charge] != nil }) else { return false }
    let known = Set(
      try ledger.texts("SELECT payment_intent FROM payments WHERE charge = ? AND is_extra = 1", [charge]))
    return Set(successes.map(\.id)).isSubset(of: known)
  }
}
