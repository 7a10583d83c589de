import Dispatch
import Domain
import Engine
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// Cost follows what is due, not what is stored: of everything that a tick asks the ledger in a life with all its turns,
/// nothing reads a table from end to end.
@Suite struct CostTests {
  /// Indexes that hold only what is live, so that reading all of them is reading what is due.
  private static let live: Set<String> = [
    "charges_due", "charges_processing", "charges_to_cancel", "charges_upcoming", "charges_expiring", "agreements_due",
    "agreements_upcoming", "agreements_expiring", "attempts_to_settle", "attempts_processing", "checkouts_to_settle",
    "checkouts_open", "intents_to_close", "recoveries_to_retry", "recoveries_to_end", "recoveries_blocking",
    "recoveries_to_link", "notices_planned", "notices_queued", "fulfillments_queued", "events_waiting",
    "matters_standing", "matters_by_subject", "refunds_to_settle", "payments_too_many",
  ]

  /// An upsert of a table that others refer to: SQLite plans to look for orphans, and does so only when there are any
  /// (`OP_FkIfZero`).
  private static let onlyLooksSo = "INSERT INTO payment_methods"

  @Test func `no statement of a tick scans a table`() async throws {
    let world = try World()
    let statements = LockedList<String>()
    try world.ledger.pool.listen { statements.append([$0]) }
    try await live(world)
    let asked = Set(statements.all.filter { Self.isQuery($0) })
    #expect(asked.count > 100, "only \(asked.count) statements were seen: is anybody listening?")
    for sql in asked.sorted() where !sql.hasPrefix(Self.onlyLooksSo) {
      let plan = try await world.ledger.pool.read { db in
        let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
        statement.setUncheckedArguments([])
        return try Row.fetchAll(statement).map { $0["detail"] as String }
      }
      let scans = plan.filter { Self.isScan($0) }
      #expect(scans.isEmpty, "\(scans) in \(sql)")
    }
  }

  /// Paid at once, by link, after a retry, never; refunded, canceled, held; found by events.
  private func live(_ world: World) async throws {
    let (customer, method) = try await world.customer("pm_card_visa")
    let paid = try await world.owe(by: customer, with: method, key: "paid")
    let failing = try await world.owe(card: "pm_card_chargeCustomerFail", key: "failing")
    let withdrawn = try await world.owe(card: "pm_card_chargeCustomerFail", key: "withdrawn")
    _ = try await world.owe(card: "pm_card_authenticationRequired", key: "asked")
    _ = try await world.owe(card: "pm_card_chargeCustomerFail", key: "given up")
    try await world.tick()
    #expect(try world.state(paid) == .paid)
    _ = try world.pay(failing)
    _ = try world.ledger.requestCancel(withdrawn, reason: "a test", at: world.clock.now)
    for _ in 0..<40 { try await world.tick(after: .days(1)) }
    #expect(try world.state(failing) == .paid)
    #expect(try world.state(withdrawn) == .canceled)
  }

  private static func isQuery(_ sql: String) -> Bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) }
  }

  private static func isScan(_ step: String) -> Bool {
    let words = step.split(separator: " ")
    guard words.first == "SCAN", words.count > 1 else { return false }
    if let index = words.lastIndex(of: "INDEX"), live.contains(String(words[index + 1])) { return false }
    // One row; a row made of parameters; what an inner query has found.
    return !["ledger", "CONSTANT"].contains(words[1]) && !words[1].hasPrefix("(")
  }
}

extension DatabasePool {
  /// Tells of every statement from now on, whichever connection runs it.
  fileprivate func listen(_ heard: @escaping @Sendable (String) -> Void) throws {
    let trace: @Sendable (Database) -> Void = { db in
      db.trace { event in
        if case .statement(let statement) = event { heard(statement.sql) }
      }
    }
    writeWithoutTransaction(trace)
    // Each of the readers: they are asked at once, and none lets go before all have been.
    let readers = configuration.maximumReaderCount
    let all = DispatchSemaphore(value: 0)
    let go = DispatchSemaphore(value: 0)
    let failures = LockedList<String>()
    for _ in 0..<readers {
      Thread {
        do {
          try self.read { db in
            trace(db)
            all.signal()
            go.wait()
          }
        } catch {
          failures.append(["\(error)"])
        }
      }.start()
    }
    for _ in 0..<readers { all.wait() }
    for _ in 0..<readers { go.signal() }
    #expect(failures.all.isEmpty)
  }
}
