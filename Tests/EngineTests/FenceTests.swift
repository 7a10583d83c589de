import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing

/// Copies, clones and older backups: they read and report, and send nothing until somebody lifts the fence.
@Suite struct FenceTests {
  /// A ledger that was backed up before its first charge went out; a day later its key is dead at Stripe.
  private func rolledBack(_ story: ProgressStory, card: String = "pm_card_visa") async throws -> (
    World, Engine, ChargeID
  ) {
    let world = try World()
    let charge = try await world.owe(card: card)
    let backup = try world.backup()
    try await world.tick()
    world.clock.advance(by: .hours(30))
    return (world, try world.engine(on: backup, story), charge)
  }

  @Test(arguments: ProgressStory.allCases)
  func `an older copy in the ledger's place sends nothing and says so`(story: ProgressStory) async throws {
    let (world, older, charge) = try await rolledBack(story)
    let before = world.posts
    let report = try await older.tick()
    #expect(world.posts == before)
    #expect(report.attempted == 0 && report.emailsSent == 0 && report.fulfilled == 0)
    #expect(report.matters.map(\.kind).contains(.fenced))
    #expect(try older.ledger.status(at: world.clock.now).fencedBecause?.contains("dues fence lift") == true)
    #expect(try world.successes(of: charge) == 1)
    // Later ticks stay quiet, and `status` does not.
    let next = try await older.tick()
    #expect(next.matters.isEmpty && world.posts == before)
    #expect(try older.ledger.status(at: world.clock.now).fencedBecause != nil)
  }

  @Test func `a copy elsewhere is fenced before its first tick, and at home again once it is back`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa")
    let copy = try world.backup()
    let elsewhere = LedgerPlace(instance: nil, location: "machine-2 /var/lib/dues/dues.db")
    let engine = try world.engine(on: copy, .gone, place: elsewhere)
    #expect(try engine.ledger.fence() == .elsewhere(home: World.place.location, here: elsewhere.location))
    #expect(try engine.ledger.status(at: world.clock.now).matters.map(\.kind) == [.fenced])
    let before = world.posts
    try await engine.tick()
    #expect(world.posts == before)
    let back = try world.engine(on: copy, .cameAlong)
    #expect(try back.ledger.fence() == nil)
  }

  @Test func `with a name of its own the ledger may move`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let named = LedgerPlace(instance: "acme", location: World.place.location)
    let first = try world.engine(on: try world.backup(), .cameAlong, place: named)
    #expect(try first.ledger.fence() == nil)
    let moved = LedgerPlace(instance: "acme", location: "machine-2 /srv/dues.db")
    let second = try Ledger.open(path: first.ledger.path, place: moved, now: world.clock.now) { LedgerID("led_never") }
    #expect(try second.fence() == nil)
    let stranger = LedgerPlace(instance: "other", location: "machine-3 /srv/dues.db")
    let third = try Ledger.open(path: first.ledger.path, place: stranger, now: world.clock.now) { LedgerID("led_x") }
    #expect(try third.fence() != nil)
    #expect(try world.state(charge) == .scheduled)
  }

  @Test func `without its file the newest ledger proves itself by Stripe and goes on`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    let second = try await world.owe(card: "pm_card_visa", key: "k2")
    let moved = try world.engine(on: try world.backup(), .gone)
    #expect(try moved.ledger.fence() != nil)
    let report = try await moved.tick()
    #expect(report.paid == 1)
    #expect(try moved.ledger.fence() == nil)
    #expect(try world.successes(of: charge) == 1 && world.successes(of: second) == 1)
  }

  @Test func `a clone at work beside the ledger is noticed by both sides of it`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    let clone = try world.engine(on: try world.backup(), .cameAlong)
    // Each gets a charge that the other does not know.
    _ = try await world.owe(by: customer, with: method, key: "one")
    try await world.tick()
    let report = try await clone.tick()
    #expect(report.matters.map(\.kind) == [.fenced])
    #expect(try world.ledger.fence() == nil)
  }

  @Test(arguments: ProgressStory.allCases)
  func `lifting takes over what was paid, and nothing is charged again`(story: ProgressStory) async throws {
    let (world, older, charge) = try await rolledBack(story)
    try await older.tick()
    let before = world.posts
    let lift = try await older.liftFence()
    #expect(lift.isLifted && lift.blocked.isEmpty)
    #expect(world.posts == before)
    #expect(try older.ledger.fence() == nil)
    #expect(try older.ledger.report(charge)?.charge.state == .paid)
    try await older.tick()
    try await older.tick()
    #expect(try world.successes(of: charge) == 1)
    #expect(try older.ledger.status(at: world.clock.now).matters.isEmpty)
    #expect(try older.ledger.fence() == nil)
  }

  @Test(arguments: ProgressStory.allCases)
  func `what was declined is held, and its next attempt has a new number on the same intent`(
    story: ProgressStory
  ) async throws {
    let (world, older, charge) = try await rolledBack(story, card: "pm_card_chargeCustomerFail")
    let intents = world.sandbox.ids(of: "payment_intent")
    try await older.tick()
    let lift = try await older.liftFence()
    #expect(lift.isLifted && Set(lift.adopted.map(\.state)) == [.held])
    let held = try #require(try older.ledger.report(charge)).charge
    #expect(held.state == .held && held.heldReason == .foundAtStripe)
    // The customer's page from before is closed, not left to collect beside a next attempt.
    world.clock.advance(by: .minutes(5))
    try await older.tick()
    _ = try older.ledger.approve(charge, at: world.clock.now) { _ in
      StepContext(now: world.clock.now, policy: .standard, hasPublicURL: true, zone: .utc)
    }
    try await older.tick()
    let attempts = try older.ledger.attempts(of: charge)
    #expect(attempts.map(\.number) == [1, 2])
    #expect(Set(attempts.compactMap(\.intent)).count == 1)
    #expect(world.sandbox.ids(of: "payment_intent") == intents)
  }

  @Test(arguments: ProgressStory.allCases)
  func `a charge that was forgotten altogether is paid, by its key`(story: ProgressStory) async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    _ = try await world.owe(by: customer, with: method, key: "first")
    try await world.tick()
    let backup = try world.backup()
    let charge = try await world.owe(1500, by: customer, with: method, key: "forgotten")
    try await world.tick(after: .hours(1))
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, story)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    let report = try #require(try older.ledger.report(charge))
    #expect(report.charge.state == .paid && report.charge.money == Money(amount: 1500, currency: .usd))
    #expect(report.charge.origin == .key("forgotten"))
    try await older.tick()
    #expect(try world.successes(of: charge) == 1)
    #expect(try older.ledger.status(at: world.clock.now).matters.isEmpty)
  }

  @Test func `a forgotten period of a known agreement is not charged again`() async throws {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    let backup = try world.backup()
    try await world.tick(after: .hours(1))
    let charge = try #require(
      try world.ledger.reports(state: .paid, customer: nil, email: nil, since: nil, limit: 9).first)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    try await older.tick()
    let all = try older.ledger.reports(state: nil, customer: nil, email: nil, since: nil, limit: 9)
    #expect(all.map(\.charge.id) == [charge.charge.id])
    #expect(all.first?.charge.state == .paid && all.first?.charge.dueAt == charge.charge.dueAt)
    #expect(all.first?.charge.origin.agreement == agreement.id)
    #expect(try world.successes(of: charge.charge.id) == 1)
  }

  /// Its interval counts anew from another date than its start.
  @Test func `a forgotten period keeps its due date after the terms have changed`() async throws {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick(after: .hours(1))
    let change = TermsChange(
      from: try CivilDate(parsing: "2026-09-07"),
      terms: Terms(
        money: agreement.money, description: agreement.description, statementDescriptorSuffix: nil,
        schedule: Schedule(
          every: try Interval(parsing: "2 weeks"), at: try LocalTime(parsing: "15:00"), zone: agreement.schedule.zone)))
    _ = try world.ledger.change(
      agreement.id, to: change, today: try CivilDate(parsing: "2026-08-31"), at: world.clock.now)
    let backup = try world.backup()
    for days in [8, 14] as [Int64] { try await world.tick(after: .days(days)) }
    let charged = try world.ledger.reports(state: .paid, customer: nil, email: nil, since: nil, limit: 9).map(\.charge)
    #expect(charged.count == 3)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    let all = try older.ledger.reports(state: nil, customer: nil, email: nil, since: nil, limit: 9).map(\.charge)
    #expect(all.map(\.id) == charged.map(\.id))
    #expect(all.map(\.dueAt) == charged.map(\.dueAt))
  }

  @Test func `a checkout that was forgotten and paid makes paid, with the card it saved`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let backup = try world.backup()
    try await world.tick()
    _ = try world.pay(charge)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .gone)
    try await older.tick()
    let lift = try await older.liftFence()
    #expect(lift.isLifted)
    let report = try #require(try older.ledger.report(charge))
    #expect(report.charge.state == .paid && report.charge.paidBy == .checkout)
    try await older.tick()
    #expect(try world.successes(of: charge) == 1)
    #expect(try older.ledger.status(at: world.clock.now).matters.isEmpty)
  }

  @Test func `a forgotten bank debit is processing, and paid in the end`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    let charge = try await world.owe(by: customer, with: method, key: "debit")
    let backup = try world.backup()
    try await world.tick()
    #expect(try world.state(charge) == .processing)
    world.clock.advance(by: .hours(1))
    let older = try world.engine(on: backup, .gone)
    try await older.tick()
    let lift = try await older.liftFence()
    #expect(lift.isLifted && lift.blocked == [])
    #expect(try older.ledger.report(charge)?.charge.state == .processing)
    for _ in 0..<8 {
      world.clock.advance(by: .hours(25))
      try await older.tick()
    }
    #expect(try older.ledger.report(charge)?.charge.state == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `somebody else's things under our ledger's id keep the fence up`() async throws {
    let (world, older, charge) = try await rolledBack(.stayed)
    let owed = try #require(try older.ledger.charge(charge))
    _ = try await world.stripePost(
      "/v1/payment_intents",
      "amount=700&currency=usd&customer=\(owed.customer)&payment_method=\(try #require(owed.paymentMethod))&confirm=true"
        + "&off_session=true&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=chg_unknown")
    let lift = try await older.liftFence()
    #expect(!lift.isLifted && lift.blocked.count == 2)
    #expect(try older.ledger.fence() != nil)
  }

  @Test func `while Stripe is silent nothing is lifted`() async throws {
    let (world, older, _) = try await rolledBack(.stayed)
    world.network.fail("/v1/", .notSent, count: 100)
    await #expect(throws: StripeTrouble.self) { try await older.liftFence() }
    #expect(try older.ledger.fence() != nil)
  }

  @Test func `pages, refunds and setups of a fenced ledger send nothing either`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let paid = try await world.owe(card: "pm_card_visa", key: "k2")
    try await world.tick()
    let elsewhere = LedgerPlace(instance: nil, location: "elsewhere")
    let copy = try world.engine(on: try world.backup(), .cameAlong, place: elsewhere)
    let before = world.posts
    let door = try await copy.openCheckout(for: charge, by: .customer, youngerThan: .zero)
    guard case .unavailable = door else { throw StoryError("\(door)") }
    await #expect(throws: LedgerError.self) {
      try await copy.refund(paid, through: nil, amount: nil, reason: .requestedByCustomer)
    }
    let setup = try await copy.createSetup(customer: nil, email: nil, job: nil, currency: .usd, locale: "en")
    guard case .unavailable = setup else { throw StoryError("\(setup)") }
    #expect(world.posts == before)
  }

  @Test func `numbers of setups and refunds begin above all that may have been used`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    let backup = try world.backup()
    _ = try await world.engine.createSetup(customer: nil, email: nil, job: nil, currency: .usd, locale: "en")
    _ = try await world.engine.createSetup(customer: nil, email: nil, job: nil, currency: .usd, locale: "en")
    let older = try world.engine(on: backup, .stayed)
    let lift = try await older.liftFence()
    #expect(lift.isLifted && lift.setups.count == 2)
    let result = try await older.refund(charge, through: nil, amount: 100, reason: .requestedByCustomer)
    guard case .made(let refund) = result else { throw StoryError("\(result)") }
    #expect(refund.number > 2)
    #expect(try older.ledger.status(at: world.clock.now).matters.map(\.kind) == [.notInLedger, .notInLedger])
  }
}
