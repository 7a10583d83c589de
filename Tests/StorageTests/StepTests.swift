import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

/// Law 10: what belongs to a step is all there, or none of it.
@Suite struct StepTests {
  @Test func `a claim writes state, attempt, key, bytes and history in one commit`() throws {
    let file = try LedgerFile()
    let charge = try file.owe()
    let claimed = try #require(try file.claim().attempts.first)
    #expect(claimed.number == 1 && claimed.request.idempotencyKey == "\(charge.id):1")
    let report = try #require(try file.ledger.report(charge.id))
    #expect(report.charge.state == .attempting)
    #expect(report.attempts.map(\.request) == [claimed.request])
    #expect(report.history.map(\.what) == [.created, .attemptWritten])
    #expect(try file.claim().attempts.isEmpty, "claimed once")
  }

  @Test func `a step that fails at its last statement leaves nothing behind`() throws {
    let file = try LedgerFile()
    let charge = try file.owe()
    _ = try file.claim()
    try file.sql("CREATE TRIGGER ill BEFORE INSERT ON fulfillments BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    let before = try file.value("SELECT group_concat(what) FROM history")
    let paid = Conclusion(
      outcome: .succeeded(received: charge.money), intent: "pi_1", intentState: .succeeded, networkDeclineCode: nil,
      networkAdviceCode: nil, requestID: nil, endsResending: false, isUnexecuted: false)
    #expect(throws: DatabaseError.self) {
      try file.ledger.conclude(charge.id, attempt: 1, paid, LedgerFile.context)
    }
    #expect(try file.ledger.charge(charge.id)?.state == .attempting)
    #expect(try file.value("SELECT group_concat(what) FROM history") == before)
    #expect(try file.value("SELECT count(*) FROM payments") == "0")
    try file.sql("DROP TRIGGER ill")
    #expect(try file.ledger.conclude(charge.id, attempt: 1, paid, LedgerFile.context).state == .paid)
    #expect(try file.ledger.conclude(charge.id, attempt: 1, paid, LedgerFile.context).state == .paid, "twice is once")
    #expect(try file.value("SELECT count(*) FROM fulfillments WHERE kind = 'charge.paid'") == "1")
  }

  @Test func `the same key is the same charge; other values are named`() throws {
    let file = try LedgerFile()
    let charge = try file.owe()
    guard case .existing(let same) = try file.ledger.enqueue(charge, equalWithin: .minutes(10), at: LedgerFile.now)
    else {
      Issue.record("not the same charge")
      return
    }
    #expect(same.id == charge.id)
    let other = Charge.new(
      id: charge.id, customer: "cus_1", money: Money(amount: 5, currency: .usd), description: "Gold",
      statementDescriptorSuffix: nil, origin: charge.origin, dueAt: charge.dueAt, paymentMethod: "pm_1",
      heldReason: nil, metadata: [:])
    guard case .differs(let how) = try file.ledger.enqueue(other, equalWithin: nil, at: LedgerFile.now) else {
      Issue.record("another amount under the same key was taken")
      return
    }
    #expect(how == "amount is 10.99 USD, not 0.05 USD")
  }

  @Test func `an event is stored once, whoever brings it`() throws {
    let file = try LedgerFile()
    let event = EventRecord(
      id: "evt_1", type: "payment_intent.succeeded", object: "pi_1", payload: .init(), createdAt: LedgerFile.now,
      source: .webhook)
    #expect(try file.ledger.store(event, at: LedgerFile.now))
    #expect(try !file.ledger.store(event, at: LedgerFile.now))
  }

  @Test func `ids are derived: two ledgers never share one, and no two lists of fields do`() {
    let one = LedgerID("led_1")
    #expect(one.charge(key: "a") == one.charge(key: "a"))
    #expect(one.charge(key: "a") != LedgerID("led_2").charge(key: "a"))
    #expect(one.charge(of: "agr_1", period: PeriodKey("2")) != one.charge(of: "agr_12", period: PeriodKey("")))
    #expect(one.charge(key: "agr_1") != one.charge(of: "agr_1", period: PeriodKey("")))
  }
}
