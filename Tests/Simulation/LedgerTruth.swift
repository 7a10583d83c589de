import GRDB

/// What is in the ledger's file, read with SQL of its own over a connection of its own; only what is committed.
final class LedgerTruth: Sendable {
  private let queue: DatabaseQueue

  init(path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    // One statement sees one state by itself: a transaction around each would only cost time.
    try queue.unsafeRead { db in try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: arguments) }
  }

  func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? { try rows(sql, arguments).first }

  /// The first column of each row.
  func texts(_ sql: String, _ arguments: StatementArguments = []) throws -> [String] {
    try rows(sql, arguments).map { $0[0] }
  }

  /// What is true of a charge's state, for the table of coverage.
  func state(of charge: String) throws -> String? {
    try row("SELECT state FROM charges WHERE id = ?", [charge])?[0]
  }

  func close() throws { try queue.close() }
}
