package import Domain
import GRDB

/// Governments change their zones. What is due is stored as a moment, so that it is computed anew under other rules.
extension Ledger {
  private static let page = 500

  /// Computes the next due moment of all active agreements anew, unless that was done under these rules. What is charged
  /// already keeps its moment (law 1).
  ///
  /// - Parameter version: the edition of the zone data, such as `2025b`.
  /// - Returns: how many agreements are due at another moment now.
  package func followZoneRules(_ version: String, at now: Timestamp) throws -> Int {
    guard try read({ db in try db.row("SELECT zone_rules FROM ledger")?["zone_rules"] as String? }) != version else {
      return 0
    }
    var moved = 0
    var after = ""
    while true {
      let (count, last) = try write(at: now) { db in
        let agreements = try db.rows(
          "SELECT * FROM agreements WHERE next_due_at IS NOT NULL AND id > ? ORDER BY id LIMIT ?", [after, Self.page]
        ).map { row in (agreement: try Agreement(row: row), dueAt: row.time("next_due_at")) }
        let wrong = agreements.filter { $0.agreement.nextDueAt != $0.dueAt }
        for (agreement, _) in wrong { try db.write(agreement) }
        // The last page: a process that dies before begins anew.
        if agreements.count < Self.page { try db.run("UPDATE ledger SET zone_rules = ?", [version]) }
        return (wrong.count, agreements.count < Self.page ? nil : agreements.last?.agreement.id.text)
      }
      moved += count
      guard let last else { return moved }
      after = last
    }
  }
}
