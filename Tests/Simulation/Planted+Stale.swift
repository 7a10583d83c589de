import GRDB

/// A check outside its transaction: what stands in the way of an attempt or a link is looked up when the tick first writes,
/// and not in the transaction that writes it.
///
/// A defect that no trigger can have: the checkouts that others have opened since are, for the length of each of the tick's
/// transactions, no live ones; so these write what they would after a check before them.
extension Planted {
  static let staleSQL = """
    DROP TRIGGER attempts_alone;
    DROP TRIGGER checkouts_alone;
    DROP INDEX checkouts_one_live;
    CREATE TABLE planted_checkouts (number INTEGER PRIMARY KEY, charge TEXT, checkout INTEGER, made_by TEXT);
    CREATE TABLE planted_begun (process TEXT PRIMARY KEY, known INTEGER);
    CREATE TABLE planted_unseen (charge TEXT, checkout INTEGER, state TEXT);
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
          INSERT INTO planted_unseen SELECT made.charge, made.checkout, checkouts.state FROM planted_checkouts AS made
            JOIN checkouts ON checkouts.charge = made.charge AND checkouts.number = made.checkout
            WHERE made.number > (SELECT known FROM planted_begun WHERE process = ?1) AND made.made_by <> ?1
              AND checkouts.state IN ('opening', 'open')
          """, arguments: [process.name])
      try db.execute(
        sql: """
          UPDATE checkouts SET state = 'failed'
            WHERE (charge, number) IN (SELECT charge, checkout FROM planted_unseen)
          """)
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
    try db.execute(
      sql: """
        UPDATE checkouts SET state = unseen.state FROM planted_unseen AS unseen
          WHERE unseen.charge = checkouts.charge AND unseen.checkout = checkouts.number AND checkouts.state = 'failed';
        DELETE FROM planted_unseen
        """)
  }
}
