import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// The database is trusted more than the program: what the laws say, it enforces.
@Suite struct SchemaTests {
  @Test func `the schema is the one that was released`() throws {
    let file = try LedgerFile()
    let tables = try DatabaseQueue(path: file.path).read { db in
      try String.fetchAll(
        db,
        sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'grdb%' ORDER BY type DESC, name")
    }
    try assertSnapshot(tables.joined(separator: ";\n\n") + ";\n", named: "schema.sql")
  }

  @Test func `a new ledger is its owner's alone`() throws {
    let file = try LedgerFile()
    for path in [file.path, file.path + "-wal"] {
      let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(rights == 0o600, "\(path)")
    }
  }

  @Test func `a commit survives a power cut: WAL with synchronous FULL`() throws {
    let file = try LedgerFile()
    let synchronous = try file.ledger.pool.writeWithoutTransaction { db in
      try Int.fetchOne(db, sql: "PRAGMA synchronous")
    }
    #expect(synchronous == 2)
    #expect(try file.value("PRAGMA journal_mode") == "wal")
    #expect(try file.ledger.pool.read { db in try Int.fetchOne(db, sql: "PRAGMA foreign_keys") } == 1)
  }

  @Test func `a ledger of a newer dues is refused and left alone`() throws {
    let file = try LedgerFile()
    try file.ledger.close()
    try file.sql("INSERT INTO grdb_migrations (identifier) VALUES ('2 from the future')")
    #expect(throws: LedgerError.newerSchema(path: file.path)) {
      try Ledger.open(path: file.path, place: LedgerFile.place, now: LedgerFile.now) { LedgerID("led_2") }
    }
  }

  @Test func `a ledger keeps its name`() throws {
    let file = try LedgerFile()
    try file.ledger.close()
    let again = try Ledger.open(path: file.path, place: LedgerFile.place, now: LedgerFile.now) { LedgerID("led_2") }
    #expect(again.id == LedgerID("led_1"))
  }

  /// Each statement breaks one law, and is refused by the database itself.
  static let crimes: [(law: String, sql: String)] = [
    ("law 1: the amount is fixed", "UPDATE charges SET amount = 1"),
    ("law 1: the due date is fixed", "UPDATE charges SET due_at = 1"),
    (
      "law 1: a key is unique",
      """
      INSERT INTO charges (id, state, customer, amount, currency, description, key, due_at, metadata, created_at)
        SELECT 'chg_twin', 'scheduled', customer, amount, currency, description, key, due_at, metadata, created_at FROM charges
      """
    ),
    (
      "law 1: a period is charged once",
      agreement + twin("chg_one", "'agr_1', '2027-03-01'") + twin("chg_two", "'agr_1', '2027-03-01'")
    ),
    ("law 5: a second live attempt", second(attempt: "sending")),
    ("law 5: a checkout beside a live attempt", checkout),
    (
      "law 7: paid is final",
      "UPDATE charges SET state = 'scheduled', paid_at = NULL, paid_by = NULL WHERE id = 'chg_paid'"
    ),
    ("law 7: paid says when and how", "UPDATE charges SET state = 'paid' WHERE id <> 'chg_paid'"),
    ("a held charge says why", "UPDATE charges SET state = 'held' WHERE id <> 'chg_paid'"),
    ("a state is a state", "UPDATE charges SET state = 'maybe' WHERE id <> 'chg_paid'"),
    (
      "an amount is more than nothing",
      "INSERT INTO charges SELECT * FROM charges WHERE 0 OR amount < 0; UPDATE charges SET amount = 0"
    ),
    ("a charge has a customer", "UPDATE charges SET customer = 'cus_nobody'"),
  ]

  @Test(arguments: crimes)
  func `the database refuses what a law forbids`(crime: (law: String, sql: String)) throws {
    let file = try LedgerFile()
    try file.owe()
    #expect(try file.claim().attempts.count == 1)
    try file.sql(Self.paid)
    #expect(throws: DatabaseError.self, "\(crime.law)") { try file.sql(crime.sql) }
  }

  /// What the crime of a doubled period breaks is the second one alone.
  @Test func `law 1: a period of an agreement is charged, and the next as well`() throws {
    let file = try LedgerFile()
    try file.owe()
    try file.sql(Self.agreement)
    for period in ["2027-03-01", "2027-04-01"] { try file.sql(Self.twin("chg_\(period)", "'agr_1', '\(period)'")) }
    #expect(throws: DatabaseError.self) { try file.sql(Self.twin("chg_again", "'agr_1', '2027-04-01'")) }
  }

  @Test func `law 5: an attempt beside a live checkout is refused, beside a closed one not`() throws {
    let file = try LedgerFile()
    try file.owe()
    try file.sql(Self.checkout)
    #expect(throws: DatabaseError.self) { try file.sql(Self.second(attempt: "sending")) }
    try file.sql("UPDATE checkouts SET state = 'expired', session = 'cs_1'")
    try file.sql(Self.second(attempt: "sending"))
  }

  @Test func `law 7: a charge has one payment that counts and one message that it is paid`() throws {
    let file = try LedgerFile()
    try file.owe()
    let payment = "INSERT INTO payments (payment_intent, charge, amount, currency, paid_by, is_extra, seen_at) SELECT"
    try file.sql("\(payment) 'pi_1', id, 1, 'usd', 'checkout', 0, 1 FROM charges")
    #expect(throws: DatabaseError.self) {
      try file.sql("\(payment) 'pi_2', id, 1, 'usd', 'checkout', 0, 1 FROM charges")
    }
    try file.sql("\(payment) 'pi_2', id, 1, 'usd', 'checkout', 1, 1 FROM charges")
    let message = "INSERT INTO fulfillments (id, kind, state, charge, line_items, made_at) SELECT"
    try file.sql("\(message) 'msg_1', 'charge.paid', 'queued', id, '[]', 1 FROM charges")
    #expect(throws: DatabaseError.self) {
      try file.sql("\(message) 'msg_2', 'charge.paid', 'queued', id, '[]', 1 FROM charges")
    }
  }

  /// The lists in the CHECKs are Domain's enums; a case that is missing there could not be stored.
  static let lists: [(column: String, table: String, values: [String])] = [
    ("state", "charges", ChargeState.allCases.map(\.rawValue)),
    ("paid_by", "charges", PaidBy.allCases.map(\.rawValue)),
    ("state", "attempts", AttemptState.allCases.map(\.rawValue)),
    ("kind", "attempts", AttemptKind.allCases.map(\.rawValue)),
    ("remedy", "attempts", Remedy.allCases.map(\.rawValue)),
    ("state", "checkouts", CheckoutState.allCases.map(\.rawValue)),
    ("opened_by", "checkouts", CheckoutOpener.allCases.map(\.rawValue)),
    ("state", "intents", IntentState.allCases.map(\.rawValue)),
    ("state", "agreements", Agreement.State.allCases.map(\.rawValue)),
    ("then_do", "recoveries", RecoveryPolicy.Then.allCases.map(\.rawValue)),
    ("state", "setups", SetupRecord.State.allCases.map(\.rawValue)),
    ("what", "setup_requests", SetupRequestRecord.What.allCases.map(\.rawValue)),
  ]

  @Test(arguments: lists)
  func `a CHECK lists exactly the names of Domain`(list: (column: String, table: String, values: [String])) throws {
    let file = try LedgerFile()
    let sql = try #require(try file.value("SELECT sql FROM sqlite_schema WHERE name = '\(list.table)'"))
    // Two words stand in an IN, more of them side by side (`oneOf`).
    let start = try #require(
      sql.range(of: "CHECK (\(list.column) IN (") ?? sql.range(of: "CHECK ((\(list.column) ="))
    let end = try #require(sql.range(of: ")", range: start.upperBound..<sql.endIndex))
    let names = sql[start.upperBound..<end.lowerBound].matches(of: /'([a-z_]+)'/).map { String($0.1) }
    #expect(Set(names) == Set(list.values))
  }

  static let agreement = """
    INSERT INTO agreements (id, state, customer, job, amount, currency, description, every, at, time_zone, start, next_index, consent, created_at)
      SELECT 'agr_1', 'active', customer, 'gold', 1, 'usd', 'Gold', '1 month', '09:00', 'UTC', '2027-03-01', 0, 'admin', 1 FROM charges LIMIT 1;
    """
  static func twin(_ id: String, _ period: String) -> String {
    """
    INSERT INTO charges (id, state, customer, amount, currency, description, agreement, period, job, due_at, metadata, created_at)
      SELECT '\(id)', 'scheduled', customer, 1, 'usd', 'Gold', \(period), 'gold', 1, '{}', 1 FROM charges LIMIT 1;
    """
  }
  static let paid = """
    INSERT INTO charges (id, state, customer, amount, currency, description, key, due_at, paid_at, paid_by, metadata, created_at)
      VALUES ('chg_paid', 'paid', 'cus_1', 1, 'usd', 'Gold', 'paid', 1, 1, 'outside', '{}', 1)
    """
  static let checkout = """
    INSERT INTO checkouts (charge, number, state, opened_by, idempotency_key, path, body, expires_at, written_at)
      SELECT id, 1, 'opening', 'engine', 'c1', '/', x'', 1, 1 FROM charges WHERE id <> 'chg_paid'
    """
  static func second(attempt state: String) -> String {
    """
    INSERT INTO attempts (charge, number, kind, state, idempotency_key, path, body, written_at)
      SELECT id, 2, 'off_session', '\(state)', 'second', '/', x'', 1 FROM charges WHERE id <> 'chg_paid'
    """
  }
}
