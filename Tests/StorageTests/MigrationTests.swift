import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

/// A ledger of the first schema goes on under the second.
@Suite struct MigrationTests {
  @Test func `setups of the first schema are kept, with their agreements, and can still be completed`() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let path = directory.appendingPathComponent("dues.db").path
    let old = try DatabaseQueue(path: path)
    try Migrations.migrator.migrate(old, upTo: "1 the main road")
    try old.write { db in
      try db.execute(
        sql: """
          INSERT INTO ledger (one, id, created_at, events_read_until, last_commit_at) VALUES (1, 'led_1', 1, 0, 0);
          INSERT INTO customers (id, locales, is_deleted, read_at) VALUES ('cus_1', '[]', 0, 1);
          INSERT INTO agreements (id, state, customer, job, amount, currency, description, every, at, time_zone, start,
              next_index, next_due_at, consent, created_at)
            VALUES ('agr_1', 'active', 'cus_1', 'gold', 1099, 'usd', 'Gold', '1 month', '09:00', 'UTC', '2026-08-31', 0,
              1, 'cs_1', 1);
          INSERT INTO setups (number, state, idempotency_key, path, body, session, customer, job, agreement,
              setup_intent, payment_method, written_at)
            VALUES (1, 'complete', 'k1', '/', x'00', 'cs_1', 'cus_1', 'gold', 'agr_1', 'seti_1', 'pm_1', 1),
              (2, 'open', 'k2', '/', x'00', 'cs_2', NULL, 'gold', NULL, 'seti_2', NULL, 2);
          INSERT INTO notices (id, kind, state, customer, due_at, created_at)
            VALUES ('n1', 'payment_failed', 'sent', 'cus_1', 1, 1);
          """)
    }
    try old.close()
    let ledger = try Ledger.open(path: path, place: LedgerFile.place, now: LedgerFile.now) { LedgerID("led_2") }
    #expect(ledger.id == LedgerID("led_1"))
    let done = try #require(try ledger.setup(intent: "seti_1"))
    #expect(done.state == .complete && done.agreement == "agr_1" && done.paymentMethod == "pm_1")
    let open = try #require(try ledger.setup(session: "cs_2"))
    #expect(open.state == .open && open.job == "gold" && open.terms == nil && open.number == 2)
    let method = PaymentMethod(
      id: "pm_2", customer: "cus_1", type: "card", brand: "visa", last4: "4242", expiryMonth: 1, expiryYear: 2030,
      fingerprint: "fp", mandate: nil)
    func end(_ make: Agreement?) throws -> Agreement? {
      try ledger.completeSetup(
        SavedSetup(
          number: 2, session: "cs_2",
          customer: Customer(id: "cus_2", email: nil, name: nil, locales: [], isDeleted: false), method: method,
          completedAt: LedgerFile.now, consent: SetupConsent(termsOfService: nil, promotions: nil), make: make),
        at: LedgerFile.now)
    }
    // Its terms are in the job's file only: without it, it stays to be completed.
    #expect(try end(nil) == nil)
    #expect(try ledger.setup(session: "cs_2")?.state == .open)
  }

  @Test func `a mandate that ended is forgotten when the account gets a new one`() throws {
    let file = try LedgerFile()
    var method = PaymentMethod(
      id: "pm_1", customer: "cus_1", type: "us_bank_account", brand: nil, last4: "6789", expiryMonth: nil,
      expiryYear: nil, fingerprint: "fp", mandate: "mandate_1")
    try file.ledger.save(method, at: LedgerFile.now)
    try file.ledger.mandateSeen(of: method, isInactive: true, at: LedgerFile.now)
    try file.ledger.save(method, at: LedgerFile.now)
    #expect(try file.ledger.mandateHasEnded(of: "pm_1"))
    method.mandate = nil
    try file.ledger.save(method, at: LedgerFile.now)
    #expect(try file.ledger.mandateHasEnded(of: "pm_1"), "reading the method says nothing of its mandate")
    method.mandate = "mandate_2"
    try file.ledger.save(method, at: LedgerFile.now)
    #expect(try !file.ledger.mandateHasEnded(of: "pm_1"))
    #expect(try file.ledger.paymentMethod(mandate: "mandate_2")?.id == "pm_1")
  }
}
