import GRDB

/// A check outside its transaction: what a tick looks at before it writes is what was there as it began.
///
/// A defect that no trigger can have: the checkouts that others have made since are taken away for the length of each of the
/// tick's transactions, so that these see what a check before them would have seen.
extension Planted {
  static let staleSQL = """
    DROP TRIGGER attempts_alone;
    DROP TRIGGER checkouts_alone;
    DROP INDEX checkouts_one_live;
    CREATE TABLE planted_checkouts (number INTEGER PRIMARY KEY, charge TEXT, checkout INTEGER, made_by TEXT);
    CREATE TABLE planted_begun (process TEXT PRIMARY KEY, known INTEGER);
    CREATE TABLE planted_unseen AS SELECT * FROM checkouts WHERE 0;
    """

  /// What it does before a process writes.
  func writing(_ path: String, by process: SimulatedProcess?) throws {
    guard self == .staleCheck, let process else { return }
    try change(path) { db in
      try bringBack(db)
      try db.execute(
        sql: "INSERT OR IGNORE INTO planted_begun SELECT ?, count(*) FROM planted_checkouts", arguments: [process.name])
      guard process.name.hasPrefix("tick") else { return }
      try db.execute(
        sql: """
          INSERT INTO planted_unseen SELECT checkouts.* FROM planted_checkouts AS made
            JOIN checkouts ON checkouts.charge = made.charge AND checkouts.number = made.checkout
            WHERE made.number > (SELECT known FROM planted_begun WHERE process = ?1) AND made.made_by <> ?1
              AND checkouts.state IN ('opening', 'open')
          """, arguments: [process.name])
      try db.execute(sql: "DELETE FROM checkouts WHERE (charge, number) IN (SELECT charge, number FROM planted_unseen)")
    }
  }

  /// What it does once a process has committed, or died of it.
  func written(_ path: String, by process: SimulatedProcess?) throws {
    guard self == .staleCheck else { return }
    try change(path) { db in
      try bringBack(db)
      try db.execute(
        sql: """
          INSERT INTO planted_checkouts (charge, checkout, made_by) SELECT charge, number, ? FROM checkouts
            WHERE (charge, number) NOT IN (SELECT charge, checkout FROM planted_checkouts)
          """, arguments: [process?.name ?? ""])
    }
  }

  private func bringBack(_ db: Database) throws {
    try db.execute(sql: "INSERT OR IGNORE INTO checkouts SELECT * FROM planted_unseen; DELETE FROM planted_unseen")
  }

  func change(_ path: String, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write(body)
    try queue.close()
  }
}
