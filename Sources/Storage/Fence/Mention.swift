package import Domain
import GRDB

/// What the metadata of something at Stripe say it is, under this ledger's id: the ledger must know it, because it wrote it
/// before it sent it (law 2).
package struct Mention: Sendable, Hashable {
  package let charge: ChargeID?
  /// The attempt that made an intent.
  package let attempt: Int?
  package let checkout: Int?
  package let setup: Int?

  /// - Returns: `nil` if it is another ledger's, or nobody's.
  package init?(_ metadata: [String: String]?, of ledger: LedgerID) {
    guard let metadata, metadata["dues_ledger"] == ledger.text else { return nil }
    charge = metadata["dues_charge"].map { ChargeID($0) }
    attempt = metadata["dues_attempt"].flatMap { Int($0) }
    checkout = metadata["dues_checkout"].flatMap { Int($0) }
    setup = metadata["dues_setup"].flatMap { Int($0) }
  }
}

extension Ledger {
  /// Whether something mentions what this ledger has never written: then it is an older copy, or not the only one.
  ///
  /// By number, because what is written is never forgotten, whatever became of it.
  package func lacks(_ mention: Mention) throws -> Bool {
    try read { db in
      if let setup = mention.setup, mention.charge == nil { return try setup >= db.nextNumber(in: "setups") }
      guard let charge = mention.charge else { return false }
      guard let row = try db.row("SELECT attempts_made FROM charges WHERE id = ?", [charge.text]) else { return true }
      if let attempt = mention.attempt, attempt > row["attempts_made"] { return true }
      guard let checkout = mention.checkout else { return false }
      return try checkout > db.count("SELECT coalesce(max(number), 0) FROM checkouts WHERE charge = ?", [charge.text])
    }
  }
}
