package import Domain
import GRDB

/// A ledger sends only where it belongs, and only as far as it has come (docs/decisions/0020).
extension Ledger {
  /// Why nothing may be sent; `nil`: nothing stands against it, as far as can be told without asking Stripe.
  ///
  /// The file is read first: a request that another process writes meanwhile is then ahead in the ledger, never in the
  /// file, which would look like an older copy.
  package func fence() throws -> Fence? {
    let file = try progressFile.read(of: id)
    return try read { db in try fence(db, file) }
  }

  /// Stripe's events of a while may be gone: from now on only a comparison proves that this is the newest copy.
  package func doubtProgress(at now: Timestamp) throws {
    try write(at: now) { db in try db.run("UPDATE ledger SET is_doubted = 1", []) }
  }

  /// Stripe was asked, and has nothing that the ledger lacks.
  package func proveProgress(at now: Timestamp) throws {
    try write(at: now) { db in try db.run("UPDATE ledger SET is_doubted = 0", []) }
    try vouch()
  }

  /// Makes the file beside the ledger.
  func vouch() throws { try progressFile.write(read { db in try db.progress() }, of: id) }

  /// Stripe has shown something that this ledger should know. Stands until somebody lifts the fence.
  package func raiseFence(because what: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run("UPDATE ledger SET fenced_because = ? WHERE fenced_because IS NULL", [what])
    }
  }

  /// From here on this is the ledger: at this place, beyond everything that a forgotten past may have numbered.
  ///
  /// - Parameter seen: the highest number of a setup or refund that Stripe shows under this ledger's id.
  package func liftFence(numbersSeen seen: Int, at now: Timestamp) throws {
    let reached = try write(at: now) { db in
      let progress = try db.progress()
      let file: Int64 =
        switch try progressFile.read(of: id) {
        case .none: progress
        case .reached(let reached): reached
        }
      let forgotten = max(0, file - progress)
      try db.run(
        """
        UPDATE ledger SET instance = ?1, location = ?2, fenced_because = NULL, is_doubted = 0, progress = ?3,
          number_floor = max(number_floor, ?4, ?5 + (SELECT coalesce(max(number), 0) FROM setups),
            ?5 + (SELECT coalesce(max(number), 0) FROM refunds))
        """, [place.instance, place.location, max(progress, file) + 1, seen, forgotten])
      try db.clear(.fenced, "ledger", at: now)
      return max(progress, file) + 1
    }
    try progressFile.write(reached, of: id)
  }

  /// Stripe remembers an idempotency key for 24 hours. Who has read its events since then knows of every request whose key
  /// it may have forgotten.
  private static let longestUnread = Duration.hours(23)

  /// One transaction that writes what is to be sent. In a fenced ledger it writes nothing: check and rows are one step.
  ///
  /// - Throws: ``LedgerError/fenced(_:)``, ``LedgerError/unread(since:)``.
  func writeRequests<T>(at now: Timestamp, _ body: (Database) throws -> T) throws -> T {
    let (result, reached) = try write(at: now) { db in
      // No other process writes beside this transaction.
      if let fence = try fence(db, progressFile.read(of: id)) { throw LedgerError.fenced(fence) }
      let read = try db.eventsReadUntil()
      guard now - read <= Self.longestUnread else { throw LedgerError.unread(since: read) }
      let before = try db.progress()
      let result = try body(db)
      let after = try db.progress()
      return (result, after > before ? after : nil)
    }
    if let reached { try progressFile.write(reached, of: id) }
    return result
  }

  private func fence(_ db: Database, _ file: ProgressFile.Reading) throws -> Fence? {
    guard let row = try db.row("SELECT * FROM ledger") else {
      throw LedgerError.unknown("the ledger's own row")
    }
    let home: String? = row["location"]
    if let home, !place.isHome(instance: row["instance"], location: home) {
      return .elsewhere(home: home, here: place.location)
    }
    if let what: String = row["fenced_because"] { return .behindStripe(what) }
    let progress: Int64 = row["progress"]
    switch file {
    case .reached(let file) where file > progress: return .behindItsFile(progress: progress, file: file)
    case .reached: return row["is_doubted"] ? .unproven(file: progressFile.path) : nil
    case .none: return .unproven(file: progressFile.path)
    }
  }

  /// A ledger that is at home knows its place from now on, also by a new name.
  func settleIn() throws {
    let known = try read { db in try db.row("SELECT instance, location FROM ledger") }
    let instance: String? = known?["instance"]
    let location: String? = known?["location"]
    guard place.isHome(instance: instance, location: location) else { return }
    guard instance != place.instance || location != place.location else { return }
    try pool.write { db in
      try db.run("UPDATE ledger SET instance = ?, location = ?", [place.instance, place.location])
    }
  }
}

extension Database {
  /// Requests were written: the ledger has come further.
  func noteRequests(_ count: Int) throws {
    if count > 0 { try run("UPDATE ledger SET progress = progress + ?", [count]) }
  }

  /// The next number of a setup or a refund: part of its idempotency key, so never one that was used before.
  func nextNumber(in table: String) throws -> Int {
    try count("SELECT max(number_floor, (SELECT coalesce(max(number), 0) FROM \(table))) FROM ledger", []) + 1
  }

  fileprivate func progress() throws -> Int64 {
    try Int64.fetchOne(cachedStatement(sql: "SELECT progress FROM ledger")) ?? 0
  }
}
