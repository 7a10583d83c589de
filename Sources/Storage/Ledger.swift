package import Domain
import Foundation
import GRDB
import Logging

/// The durable record of everything Dues decided and saw: one SQLite file.
///
/// Its operations are whole steps, each one transaction (law 10), and they are synchronous: a commit is short, and a
/// canceled task must not lose the outcome of a charge. No SQL stands anywhere else.
package struct Ledger: Sendable {
  package let id: LedgerID
  package let path: String
  let place: LedgerPlace
  let progressFile: ProgressFile
  let pool: DatabasePool
  /// Told of every step; `nil` in production.
  private let watch: (@Sendable (WriteMoment) throws -> Void)?

  /// Opens the ledger, making or migrating it if need be.
  ///
  /// - Parameters:
  ///   - place: where it lies. A ledger that belongs elsewhere is fenced.
  ///   - watch: called before each step and after its commit; what it throws ends the step there, as a crash would. For
  ///     the simulator only.
  ///   - isDurable: `false` for a rehearsal alone, whose ledger is thrown away.
  ///   - newID: names the ledger if this call makes it; called at most once.
  /// - Throws: ``LedgerError`` if the file cannot be opened, is newer than this program, or would not be durable.
  package static func open(
    path: String, place: LedgerPlace, now: Timestamp, watch: (@Sendable (WriteMoment) throws -> Void)? = nil,
    isDurable: Bool = true, newID: () -> LedgerID
  ) throws -> Ledger {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.foreignKeysEnabled = true
    if !isDurable {
      // Much is read and written again and again, and nothing of it is kept: 128 MB of pages, and few checkpoints.
      configuration.prepareDatabase { db in
        try db.execute(sql: "PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 20000")
      }
    }
    makePrivate(path)
    let pool: DatabasePool
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
    } catch {
      throw LedgerError.cannotOpen(path: path, reason: "\(error)")
    }
    try refuseNewer(pool, path: path)
    try migrate(pool)
    if isDurable {
      try makeDurable(pool, path: path)
    } else {
      try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = OFF") }
    }
    var isNew = false
    let id = try pool.write { db in
      if let text = try String.fetchOne(db, sql: "SELECT id FROM ledger") { return LedgerID(text) }
      isNew = true
      let id = newID()
      try db.execute(
        sql: """
          INSERT INTO ledger (one, id, created_at, events_read_until, last_commit_at) VALUES (1, ?, ?, ?, ?)
          """,
        arguments: [id.text, now.milliseconds, now.milliseconds, 0])
      return id
    }
    let ledger = Ledger(
      id: id, path: path, place: place, progressFile: ProgressFile(ledgerPath: path), pool: pool, watch: watch)
    try ledger.settleIn()
    // Of a ledger that was made just now there is no other copy.
    if isNew { try ledger.vouch() }
    return ledger
  }

  /// Two processes that open a new ledger in the same moment both make it: whoever comes second looks once more at what
  /// is there already.
  private static func migrate(_ pool: DatabasePool) throws {
    for _ in 0..<Migrations.migrator.migrations.count {
      do {
        return try Migrations.migrator.migrate(pool)
      } catch let error as DatabaseError
        where error.resultCode == .SQLITE_ERROR || error.resultCode == .SQLITE_CONSTRAINT
      {
        continue
      }
    }
    try Migrations.migrator.migrate(pool)
  }

  private static func refuseNewer(_ pool: DatabasePool, path: String) throws {
    let isNewer = try pool.read { db in try Migrations.migrator.hasBeenSuperseded(db) }
    if isNewer { throw LedgerError.newerSchema(path: path) }
  }

  /// GRDB sets `synchronous = NORMAL` on the writer after `prepareDatabase`, which may lose the last commits in a power
  /// cut. FULL is set here, on the one long-lived writer connection, and read back.
  ///
  /// Its log is copied into the ledger at 16 MiB instead of 4: what a tick writes again and again is copied less often.
  private static func makeDurable(_ pool: DatabasePool, path: String) throws {
    let (synchronous, journal) = try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
      return (
        try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1, try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
      )
    }
    guard synchronous == 2, journal == "wal" else {
      throw LedgerError.notDurable(path: path, reason: "synchronous=\(synchronous), journal_mode=\(journal)")
    }
  }

  /// One transaction that changes something.
  func write<T>(at now: Timestamp, _ body: (Database) throws -> T) throws -> T {
    try watch?(.beforeWrite)
    let result = try pool.write(body)
    try watch?(.afterCommit)
    return result
  }

  func read<T>(_ body: (Database) throws -> T) throws -> T { try pool.read(body) }

  package func close() throws { try pool.close() }
}

/// A new ledger is its owner's alone: it holds names and addresses. SQLite gives the files beside it the same rights. One
/// that is there already stays as it is; what else is wrong with the path SQLite finds as well.
private func makePrivate(_ path: String) {
  let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  if file >= 0 { close(file) }
}

/// Where a step of the ledger stands, for who watches it.
package enum WriteMoment: Sendable {
  /// Nothing is written yet.
  case beforeWrite
  /// It is durable; the caller does not know yet.
  case afterCommit
}

/// Why a ledger cannot be used, or a step cannot be taken.
package enum LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
  case cannotOpen(path: String, reason: String)
  case newerSchema(path: String)
  case notDurable(path: String, reason: String)
  case unknown(String)
  /// The file beside the ledger that says how far it has come cannot be read or written.
  case progressFile(path: String, reason: String)
  /// Nothing may be sent.
  case fenced(Fence)
  /// Stripe's events were not read for a day: an older copy, whose requests have forgotten keys, would look like that.
  case unread(since: Timestamp)
  /// The lifecycle does not allow it from where the thing stands.
  case cannot(String)

  package var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      "the ledger \(path) cannot be opened: \(reason); check store.path and its permissions"
    case .newerSchema(let path): "the ledger \(path) was written by a newer dues; use that version, or restore a backup"
    case .notDurable(let path, let reason):
      "the ledger \(path) would not survive a power cut (\(reason)); put it on a local disk"
    case .progressFile(let path, let reason):
      "\(path) cannot be used: \(reason); check the directory's permissions and space"
    case .fenced(let fence): fence.advice
    case .unread(let since):
      "nothing is sent before Stripe's events since \(since) are read: run `dues sync`, or wait for the next tick"
    case .unknown(let what): "\(what) is not in the ledger"
    case .cannot(let why): why
    }
  }
}
