package import Domain
import Foundation
import GRDB

/// One-offs, singly and by the file. The same key is the same charge, however often it is enqueued (law 1).
extension Ledger {
  /// Inserts a one-off under its key; the same key with the same values is the same charge.
  ///
  /// - Parameter equalWithin: refuses an equal charge that was enqueued so recently under another key; `nil`: does not look.
  package func enqueue(_ charge: Charge, equalWithin: Duration?, at now: Timestamp) throws -> Addition<Charge> {
    try write(at: now) { db in
      if let found = try db.known(charge) { return found }
      if let equalWithin,
        let equal = try db.first(
          """
          SELECT * FROM charges WHERE customer = ? AND key IS NOT NULL AND amount = ? AND currency = ? AND description = ?
            AND created_at > ? AND state <> 'canceled'
          """,
          [
            charge.customer.text, charge.money.amount, charge.money.currency.code, charge.description,
            (now - equalWithin).milliseconds,
          ], Charge.init(row:))
      {
        return .again(equal)
      }
      try db.insert(charge, by: "admin", at: now)
      return .added(charge)
    }
  }

  /// Inserts one-offs under their keys, all or none; those that are there already stay as they are.
  ///
  /// It is one transaction, and takes the memory of one of them. Whoever else wants to write waits until it is over.
  ///
  /// - Parameter next: gives the next one, and `nil` after the last; what it throws undoes all. It must not use the ledger.
  /// - Throws: ``LedgerError/cannot(_:)`` if one is there with other values, which ``known(keys:wanted:)`` says beforehand.
  /// - Returns: how many are new.
  package func enqueue(all next: () throws -> Charge?, at now: Timestamp) throws -> Int {
    try write(at: now) { db in
      // Ids are hashes, so that rows which follow each other lie all over the indexes: SQLite's 2 MB are too little to hold
      // those pages, and each is written and read again many times over. The connection keeps it.
      try db.execute(sql: "PRAGMA cache_size = -16384")
      var added = 0
      while let charge = try next() {
        if try db.insertUnlessThere(charge, by: "admin", at: now) {
          added += 1
        } else if case .differs(let difference)? = try db.known(charge) {
          throw LedgerError.cannot("charge \(charge.id) is there already, with other values: \(difference)")
        }
      }
      return added
    }
  }

  /// What enqueueing one-offs under these keys would come to, in one look at the ledger; `nil` where nothing has the key.
  ///
  /// - Parameters:
  ///   - keys: some hundred at most.
  ///   - wanted: the one-off of a key, by its index. What it leaves open is as it is in the one that is there.
  package func known(
    keys: [String], wanted: (_ index: Int, _ there: Charge) -> Charge
  ) throws -> [Addition<Charge>?] {
    try read { db in
      let found = try db.all(
        "SELECT * FROM charges WHERE key IN (\(databaseQuestionMarks(count: keys.count)))", StatementArguments(keys),
        Charge.init(row:))
      var there: [String: Charge] = [:]
      for charge in found {
        if let key = charge.origin.key { there[key] = charge }
      }
      var additions: [Addition<Charge>?] = []
      for (index, key) in keys.enumerated() {
        additions.append(try there[key].map { try db.addition(of: wanted(index, $0), to: $0) })
      }
      return additions
    }
  }
}

extension Database {
  fileprivate func known(_ charge: Charge) throws -> Addition<Charge>? {
    try first("SELECT * FROM charges WHERE id = ?", [charge.id.text], Charge.init(row:))
      .map { try addition(of: charge, to: $0) }
  }

  /// What a charge comes to where one with its key is there.
  fileprivate func addition(of charge: Charge, to there: Charge) throws -> Addition<Charge> {
    guard let difference = there.difference(from: charge, ignoresDueDate: false) else { return .existing(there) }
    let isOnlyDueDate = there.difference(from: charge, ignoresDueDate: true) == nil
    // Of what was found at Stripe nobody knows when it was due.
    let wasFound =
      try isOnlyDueDate
      && exists(
        "SELECT 1 FROM history WHERE charge = ? AND what = 'created' AND detail ->> 'by' = 'found at Stripe'",
        [there.id.text])
    return wasFound ? .existing(there) : .differs(difference)
  }

  func insert(_ charge: Charge, by: String, at now: Timestamp) throws {
    try run(ChargeInsertion.sql, try ChargeInsertion.values(of: charge, at: now))
    try noteCreated(charge, by: by, at: now)
  }

  /// - Returns: `false`, with nothing done, if a charge with its id is there already.
  fileprivate func insertUnlessThere(_ charge: Charge, by: String, at now: Timestamp) throws -> Bool {
    try run(ChargeInsertion.sqlUnlessThere, try ChargeInsertion.values(of: charge, at: now))
    guard changesCount == 1 else { return false }
    try noteCreated(charge, by: by, at: now)
    return true
  }

  private func noteCreated(_ charge: Charge, by: String, at now: Timestamp) throws {
    try note(.created, charge: charge.id, at: now, ["by": by])
    if let reason = charge.heldReason {
      try note(.held, charge: charge.id, at: now, ["reason": reason.rawValue])
      try raise(.held, charge.id.text, reason.advice, at: now)
    }
  }
}

/// How a charge becomes a row.
private enum ChargeInsertion {
  static let sql = """
    INSERT INTO charges (id, state, customer, amount, currency, description, statement_descriptor_suffix, agreement, period,
        job, key, due_at, payment_method, held_reason, metadata, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  /// Whatever else is wrong with it is still an error, as `INSERT OR IGNORE` would not have it.
  static let sqlUnlessThere = "\(sql) ON CONFLICT (id) DO NOTHING"

  static func values(of charge: Charge, at now: Timestamp) throws -> StatementArguments {
    [
      charge.id.text, charge.state.rawValue, charge.customer.text, charge.money.amount, charge.money.currency.code,
      charge.description, charge.statementDescriptorSuffix, charge.origin.agreement?.text, charge.origin.period?.text,
      charge.origin.job, charge.origin.key, charge.dueAt.milliseconds, charge.paymentMethod?.text,
      charge.heldReason?.rawValue, try json(charge.metadata), now.milliseconds,
    ]
  }

  private static func json(_ metadata: [String: String]) throws -> String {
    if metadata.isEmpty { return "{}" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(metadata), as: UTF8.self)
  }
}

extension Charge {
  fileprivate func difference(from other: Charge, ignoresDueDate: Bool) -> String? {
    if customer != other.customer { return "customer is \(customer), not \(other.customer)" }
    if money.currency != other.money.currency { return "currency is \(money.currency), not \(other.money.currency)" }
    if money != other.money { return "amount is \(money), not \(other.money)" }
    if !ignoresDueDate, dueAt != other.dueAt { return "due date is \(dueAt), not \(other.dueAt)" }
    return nil
  }
}
