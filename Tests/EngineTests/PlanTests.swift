import Domain
import Engine
import Foundation
import Sandbox
import Storage
import TestSupport
import Testing

/// What would be charged, and what the report makes of what was.
@Suite struct PlanTests {
  private func plan(_ world: World, days: Int64) throws -> [String] {
    try Plan(
      world.ledger, now: world.clock.now, until: world.clock.now + .days(days), catchUp: .days(3),
      usableJobs: ["gold"]
    ).map {
      let planned = try $0.get()
      return "\(planned.dueAt) \(planned.money.amount)\(planned.isRetry ? " retry" : "")"
    }
  }

  @Test func `periods, one-offs and retries stand in the order of time`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    _ = try await world.agree(job, customer, method, start: "2026-09-10")
    let failing = try await world.customer("pm_card_visa", email: "bob@example.com")
    try world.sandbox.setBehavior(of: failing.1.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    _ = try await world.owe(500, by: failing.0, with: failing.1, key: "late")
    try await world.tick()
    let later = Charge.new(
      id: world.ledger.id.charge(key: "camp"), customer: customer, money: Money(amount: 4900, currency: .usd),
      description: "Camp", statementDescriptorSuffix: nil, origin: .key("camp"), dueAt: world.clock.now + .days(20),
      paymentMethod: method, heldReason: nil, metadata: [:])
    _ = try world.ledger.enqueue(later, equalWithin: nil, at: world.clock.now)
    #expect(
      try plan(world, days: 50) == [
        "2026-09-01T12:00:00Z 500 retry", "2026-09-10T09:00:00Z 1099", "2026-09-20T12:00:00Z 4900",
        "2026-10-10T09:00:00Z 1099",
      ])
  }

  @Test func `the plan is what the ticks then charge`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    for (index, start) in ["2026-09-30", "2026-10-31", "2026-09-05"].enumerated() {
      let (customer, method) = try await world.customer("pm_card_visa", email: "u\(index)@example.com")
      let agreement = try await world.agree(job, customer, method, start: start)
      if index == 0 {
        _ = try world.ledger.skip(CivilDate(parsing: "2026-11-30"), of: agreement.id, at: world.clock.now)
      }
    }
    let planned = try plan(world, days: 200)
    for _ in 0..<200 { try await world.tick(after: .days(1)) }
    let charged = try world.ledger.reports(state: .paid, customer: nil, email: nil, since: nil, limit: 999)
      .map { "\($0.charge.dueAt) \($0.charge.money.amount)" }
    #expect(charged.sorted() == planned.sorted())
    #expect(planned == planned.sorted() && planned.count > 15)
  }

  @Test func `a paused agreement and one too old are not in the plan`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-01")
    #expect(try plan(world, days: 20) == ["2026-09-01T09:00:00Z 1099"], "that of August is held by the next tick")
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    #expect(try plan(world, days: 20).isEmpty)
  }

  @Test func `the report adds up, and says how each failed charge ended`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa", key: "good")
    let (silent, method) = try await world.customer("pm_card_visa", email: "s@example.com")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    _ = try await world.owe(200, by: silent, with: method, key: "silent")
    let link = try await world.owe(card: "pm_card_sandboxDecline_expired_card", key: "link")
    _ = try await world.owe(card: "pm_card_sandboxDecline_something_new", key: "lost")
    let authentication = try await world.owe(card: "pm_card_authenticationRequired", key: "authentication")
    let outside = try await world.owe(card: "pm_card_sandboxDecline_expired_card", key: "outside")
    try await world.tick()
    _ = try world.pay(link)
    _ = try world.pay(authentication)
    _ = try world.ledger.settleOutside(outside, note: "cash", at: world.clock.now) { _ in world.policyContext }
    try world.sandbox.setBehavior(of: method.text, .succeeds)
    for _ in 0..<40 { try await world.tick(after: .days(1)) }
    let report = try RecoveryReport(
      world.ledger, from: World.start - .days(1), before: World.start + .days(1), zone: .utc, now: world.clock.now)
    let month = try #require(report.months.first)
    #expect(report.months.count == 1 && month.group == "2026-08")
    let counts = month.ends.mapValues(\.count)
    #expect(counts == [.silentRetry: 1, .link: 1, .authentication: 1, .outside: 1, .lost: 1])
    #expect(month.failed == .init(count: 5, amount: 200 + 4 * 1099))
    #expect(month.recoveredPerMille == 760)
    #expect(report.firstTime == [FirstTimePaid(job: nil, count: 1, money: Money(amount: 1099, currency: .usd))])
    #expect(report.unknownCodes == ["something_new": 1])
    #expect(report.declines.map(\.failed.count).reduce(0, +) == 5)
  }

  @Test func `a retry with a new card is told apart, and currencies are never added up`() async throws {
    let gold = try Job.monthly("gold")
    let silver = try Job.monthly("silver")
    let world = try World(jobs: [gold, silver])
    let (customer, failed) = try await world.customer("pm_card_chargeCustomerFail")
    let first = try await world.agree(gold, customer, failed, start: "2026-08-31")
    _ = try await world.agree(silver, customer, failed, start: "2026-08-31")
    let pounds = Charge.new(
      id: world.ledger.id.charge(key: "pounds"), customer: customer, money: Money(amount: 700, currency: .gbp),
      description: "Gold membership", statementDescriptorSuffix: nil, origin: .key("pounds"), dueAt: world.clock.now,
      paymentMethod: nil, heldReason: nil, metadata: [:])
    _ = try world.ledger.enqueue(pounds, equalWithin: nil, at: world.clock.now)
    try await world.tick()
    try await world.tick(after: .minutes(5))
    _ = try world.pay(world.ledger.id.charge(of: first.id, period: PeriodKey("2026-08-31")))
    try await world.tick(after: .minutes(5))
    try await world.tick(after: .days(31))
    let report = try RecoveryReport(
      world.ledger, from: World.start - .days(1), before: World.start + .days(1), zone: .utc, now: world.clock.now)
    let ends = Dictionary(uniqueKeysWithValues: report.months.map { ($0.currency, $0.ends) })
    #expect(ends[.usd] == [.link: .init(count: 1, amount: 1099), .updatedCard: .init(count: 1, amount: 1099)])
    #expect(ends[.gbp] == [.lost: .init(count: 1, amount: 700)])
  }

  @Test func `what failed a moment ago is open, and its month has no rate yet`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    try await world.tick()
    let report = try RecoveryReport(
      world.ledger, from: World.start - .days(1), before: World.start + .days(1), zone: .utc, now: world.clock.now)
    #expect(report.months.map { $0.ends.mapValues(\.count) } == [[.open: 1]])
    #expect(report.months.first?.recoveredPerMille == nil)
  }
}
