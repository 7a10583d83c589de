package import Domain
import GRDB

/// A call at Stripe that a setup without a customer takes besides its session: written before it is sent (law 2).
package struct SetupRequestRecord: Sendable, Hashable {
  package enum What: String, Sendable, CaseIterable {
    /// Makes the customer that the method is to belong to.
    case customer
    /// Gives them the method.
    case attach
  }

  package let setup: Int
  package let what: What
  /// A second turn is only taken when the first one's key is dead and Stripe shows nothing of it.
  package let turn: Int
  package let request: FrozenRequest
  package let writtenAt: Timestamp
  /// The id that Stripe answered with.
  package let result: String?

  init(row: Row) throws {
    setup = row["setup"]
    what = try row.named("what")
    turn = row["turn"]
    request = FrozenRequest(path: row["path"], body: row["body"], idempotencyKey: row["idempotency_key"])
    writtenAt = row.time("written_at")
    result = row["result"]
  }
}

extension Ledger {
  /// The request as it was written first, whoever asks.
  ///
  /// - Parameter turn: written if there is none of this turn or later.
  package func writeSetupRequest(
    _ what: SetupRequestRecord.What, of setup: Int, turn: Int, at now: Timestamp,
    freeze: (_ turn: Int) -> FrozenRequest
  ) throws -> SetupRequestRecord {
    try writeRequests(at: now) { db in
      if let there = try db.setupRequest(what, of: setup), there.turn >= turn { return there }
      let request = freeze(turn)
      try db.run(
        """
        INSERT INTO setup_requests (setup, what, turn, idempotency_key, path, body, written_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [setup, what.rawValue, turn, request.idempotencyKey, request.path, request.body, now.milliseconds])
      try db.noteRequests(1)
      guard let written = try db.setupRequest(what, of: setup) else { throw LedgerError.unknown("setup \(setup)") }
      return written
    }
  }

  /// Stripe has done it; the customer that was made is the setup's from now on.
  package func setupRequestDone(_ request: SetupRequestRecord, result: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        """
        UPDATE setup_requests SET concluded_at = ?, result = ?
          WHERE setup = ? AND what = ? AND turn = ? AND result IS NULL
        """, [now.milliseconds, result, request.setup, request.what.rawValue, request.turn])
      guard request.what == .customer else { return }
      try db.run("UPDATE setups SET customer = ? WHERE number = ? AND customer IS NULL", [result, request.setup])
    }
  }
}

extension Database {
  fileprivate func setupRequest(_ what: SetupRequestRecord.What, of setup: Int) throws -> SetupRequestRecord? {
    try row(
      "SELECT * FROM setup_requests WHERE setup = ? AND what = ? ORDER BY turn DESC LIMIT 1", [setup, what.rawValue]
    ).map { try SetupRequestRecord(row: $0) }
  }
}
