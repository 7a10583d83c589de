import Domain
import Engine
import Foundation
import Sandbox
import Storage
import TestSupport
import Testing
import Transport

/// What a person decides: a retry now, paid elsewhere, other terms, another method.
@Suite struct AskedTests {
  private func failed(_ world: World) async throws -> (charge: ChargeID, method: PaymentMethodID) {
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    return (charge, method)
  }

  private func retry(_ world: World, _ charge: ChargeID, force: Bool = false, perCard: Int = 15) throws {
    _ = try world.ledger.retryNow(
      charge, waives24Hours: force, maxPerCard30Days: perCard, at: world.clock.now
    ) { _ in world.policyContext }
  }

  @Test func `a retry goes out in the next tick, not within 24 hours unless somebody says so`() async throws {
    let world = try World()
    let (charge, method) = try await failed(world)
    try world.sandbox.setBehavior(of: method.text, .succeeds)
    #expect(throws: LedgerError.self) { try retry(world, charge) }
    try await world.tick(after: .hours(1))
    #expect(try world.state(charge) == .recovering, "a refusal changes nothing")
    try retry(world, charge, force: true)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `a retry keeps to the card's budget, the charge's, and a stop`() async throws {
    let world = try World()
    let (charge, method) = try await failed(world)
    world.clock.advance(by: .hours(30))
    #expect(throws: LedgerError.self) { try retry(world, charge, perCard: 1) }
    for _ in 0..<4 {
      try retry(world, charge, force: true)
      try await world.tick()
    }
    #expect(throws: LedgerError.self, "five attempts") { try retry(world, charge, force: true) }
    #expect(try world.report(charge).attempts.count == 5)
    let stopped = try await world.owe(card: "pm_card_sandboxDecline_lost_card", key: "stopped")
    try await world.tick()
    world.clock.advance(by: .days(2))
    #expect(throws: LedgerError.self, "a stop") { try retry(world, stopped, force: true) }
    _ = method
  }

  @Test func `paid elsewhere: the link ends, the merchant is told, and a payment all the same is said aloud`()
    async throws
  {
    let world = try World()
    let (charge, _) = try await failed(world)
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    _ = try world.ledger.settleOutside(charge, note: "cash", at: world.clock.now) { _ in world.policyContext }
    // The customer was on the page in that moment.
    _ = try world.sandbox.complete(session: session.text, card: "4242424242424242")
    try await world.tick()
    let report = try world.report(charge)
    #expect(report.charge.state == .paid && report.charge.paidBy == .outside)
    #expect(try world.merchant.messages("charge.paid").count == 1)
    #expect(try world.ledger.status(at: world.clock.now).matters.map(\.kind) == [.secondPayment])
  }

  @Test func `paid elsewhere closes what is open, and asks for nothing more`() async throws {
    let world = try World()
    let (charge, _) = try await failed(world)
    _ = try world.ledger.settleOutside(charge, note: "cash", at: world.clock.now) { _ in world.policyContext }
    try await world.tick()
    for _ in 0..<20 { try await world.tick(after: .days(1)) }
    #expect(try world.ledger.liveCheckout(of: charge) == nil)
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    #expect(try world.report(charge).attempts.count == 1)
    #expect(throws: LedgerError.self) {
      try world.ledger.settleOutside(charge, note: "again", at: world.clock.now) { _ in world.policyContext }
    }
  }

  @Test func `new terms are charged from their date on, each period once`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let terms = Terms(
      money: Money(amount: 700, currency: .usd), description: "Gold, by the fortnight", statementDescriptorSuffix: nil,
      schedule: Schedule(every: try Interval(parsing: "2 weeks"), at: job.schedule.at, zone: .utc))
    #expect(throws: LedgerError.self, "the last period is charged already") {
      try world.ledger.change(
        agreement.id, to: TermsChange(from: try CivilDate(parsing: "2026-08-31"), terms: terms),
        today: CivilDate(parsing: "2026-08-31"), at: world.clock.now)
    }
    _ = try world.ledger.change(
      agreement.id, to: TermsChange(from: try CivilDate(parsing: "2026-10-05"), terms: terms),
      today: CivilDate(parsing: "2026-08-31"), at: world.clock.now)
    for _ in 0..<60 { try await world.tick(after: .days(1)) }
    let charges = try world.ledger.reports(state: .paid, customer: customer, email: nil, since: nil, limit: 99)
      .map { "\($0.charge.origin.period?.text ?? "") \($0.charge.money.amount)" }.sorted()
    #expect(charges == ["2026-08-31 1099", "2026-09-30 1099", "2026-10-05 700", "2026-10-19 700"])
  }

  @Test func `a skipped period is never charged, and the next one is`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    #expect(throws: LedgerError.self, "no such date") {
      try world.ledger.skip(CivilDate(parsing: "2026-09-29"), of: agreement.id, at: world.clock.now)
    }
    #expect(throws: LedgerError.self, "charged") {
      try world.ledger.skip(CivilDate(parsing: "2026-08-31"), of: agreement.id, at: world.clock.now)
    }
    for _ in 0..<2 {
      _ = try world.ledger.skip(CivilDate(parsing: "2026-09-30"), of: agreement.id, at: world.clock.now)
    }
    for _ in 0..<65 { try await world.tick(after: .days(1)) }
    let periods = try world.ledger.reports(state: nil, customer: customer, email: nil, since: nil, limit: 99)
      .compactMap(\.charge.origin.period?.text).sorted()
    #expect(periods == ["2026-08-31", "2026-10-31"])
  }

  @Test func `an agreement that has come to its end lets the customer agree again`() async throws {
    let monthly = try Job.monthly()
    let job = Job(
      name: "gold", description: monthly.description, money: monthly.money, statementDescriptorSuffix: nil,
      schedule: Schedule(every: monthly.schedule.every, at: monthly.schedule.at, zone: .utc, end: .count(2)),
      missed: .oneByOne, policy: .standard)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    _ = try await world.agree(job, customer, method, start: "2026-08-31")
    for _ in 0..<120 { try await world.tick(after: .days(1)) }
    let charged = try world.ledger.reports(state: nil, customer: customer, email: nil, since: nil, limit: 99)
    #expect(charged.count == 2)
    #expect(try world.ledger.liveAgreement(of: customer, job: "gold") == nil)
  }

  @Test func `another method charges what is owed with it`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let good = try await world.stripe(.post, "/v1/payment_methods/pm_card_visa/attach", "customer=\(customer)")
    let chosen = try await world.engine.chooseMethod(
      for: try await world.engine.customer(customer), named: PaymentMethodID(try #require(good["id"] as? String)))
    _ = try world.ledger.setMethod(of: agreement.id, to: try #require(chosen), at: world.clock.now)
    try await world.tick()
    let paid = try world.ledger.reports(state: .paid, customer: customer, email: nil, since: nil, limit: 9)
    #expect(paid.count == 1 && paid.first?.charge.paymentMethod == chosen?.id)
  }
}
