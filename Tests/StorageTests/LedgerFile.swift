import Domain
import Foundation
import GRDB

@testable import Storage

/// A ledger in a directory of its own, and a second connection to look behind its back.
struct LedgerFile {
  let ledger: Ledger
  let path: String
  static let now = Timestamp(seconds: 1_800_000_000)
  static let place = LedgerPlace(instance: nil, location: "machine-1 /var/lib/dues/dues.db")

  init() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.appendingPathComponent("dues.db").path
    ledger = try Ledger.open(path: path, place: Self.place, now: Self.now) { LedgerID("led_1") }
  }

  /// Runs SQL on another connection, as an operator with `sqlite3` could.
  func sql(_ sql: String) throws {
    try DatabaseQueue(path: path).write { db in try db.execute(sql: sql) }
  }

  func value(_ sql: String) throws -> String? {
    try DatabaseQueue(path: path).read { db in try String.fetchOne(db, sql: sql) }
  }

  /// A customer with a card and one charge that is due.
  @discardableResult
  func owe(key: String = "k", amount: Int64 = 1099) throws -> Charge {
    try ledger.save(
      PaymentMethod(
        id: "pm_1", customer: "cus_1", type: "card", brand: "visa", last4: "4242", expiryMonth: 1, expiryYear: 2030,
        fingerprint: "fp_1", mandate: nil), at: Self.now)
    let charge = Charge.new(
      id: ledger.id.charge(key: key), customer: "cus_1", money: Money(amount: amount, currency: .usd),
      description: "Gold", statementDescriptorSuffix: nil, origin: .key(key), dueAt: Self.now, paymentMethod: "pm_1",
      heldReason: nil, metadata: [:])
    _ = try ledger.enqueue(charge, equalWithin: nil, at: Self.now)
    return charge
  }

  /// The claim of a tick.
  func claim() throws -> ClaimResult {
    try ledger.claim(
      ClaimRequest(
        now: Self.now, tickStartedAt: Self.now, limit: 10, position: nil, catchUp: .days(3), maxCharge: [:],
        remainingTotal: [:],
        usableJobs: [], manyPerTick: [], maxPerCard30Days: 15),
      context: { _ in Self.context },
      freeze: { charge, _, number in
        FrozenRequest(path: "/v1/payment_intents", body: Data("a=1".utf8), idempotencyKey: "\(charge.id):\(number)")
      })
  }

  static let context = StepContext(now: now, policy: .standard, hasPublicURL: true, zone: .utc)
}
