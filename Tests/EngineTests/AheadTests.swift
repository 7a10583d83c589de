import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Mails ahead of a charge, and the hours in which nobody is written to.
@Suite struct AheadTests {
  private func world(
    upcoming: Duration? = nil, expiring: Duration? = nil, quiet: DayHours? = nil,
    publicURL: String? = "http://127.0.0.1:8080"
  ) throws -> World {
    try World(publicURL: publicURL, jobs: [.monthly()]) {
      $0.notices = NoticeTiming(upcomingCharge: upcoming, cardExpiring: expiring, quietHours: quiet)
    }
  }

  private func agree(_ world: World, start: String, expires: (month: Int, year: Int)? = nil) async throws -> Agreement {
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(try .monthly(), customer, method, start: start)
    if let expires {
      _ = try await world.stripe(
        .post, "/v1/payment_methods/\(method)", "card[exp_month]=\(expires.month)&card[exp_year]=\(expires.year)")
      let read = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(method))
      try world.ledger.save(read.kept(mandate: nil), at: world.clock.now)
    }
    return agreement
  }

  private func subjects(_ world: World) -> [String] { world.mailbox.all.map(\.subject) }

  @Test func `a charge is foretold once, three days before`() async throws {
    let world = try world(upcoming: .days(3))
    _ = try await agree(world, start: "2026-09-10")
    try await world.tick()
    #expect(subjects(world).isEmpty)
    for _ in 0..<12 { try await world.tick(after: .days(1)) }
    #expect(subjects(world) == ["Your next payment for Gold membership is on September 10, 2026"])
    let mail = try #require(world.mailbox.all.first)
    #expect(
      mail.text.contains("$10.99") && mail.text.replacing("\n", with: " ").contains("Visa ending 4242")
        && mail.text.contains("/s/"))
    for _ in 0..<30 { try await world.tick(after: .days(1)) }
    #expect(subjects(world).count == 2, "and the month after")
  }

  @Test func `nothing is foretold of what was paused, canceled or skipped meanwhile`() async throws {
    for end in ["pause", "cancel", "skip"] {
      let world = try world(upcoming: .days(3))
      let agreement = try await agree(world, start: "2026-09-10")
      try await world.tick(after: .days(5))
      switch end {
      case "pause": _ = try world.ledger.pause(agreement.id, at: world.clock.now)
      case "cancel": _ = try world.ledger.cancel(agreement.id, keepOwed: false, at: world.clock.now)
      default: _ = try world.ledger.skip(CivilDate(parsing: "2026-09-10"), of: agreement.id, at: world.clock.now)
      }
      for _ in 0..<10 { try await world.tick(after: .days(1)) }
      #expect(subjects(world).isEmpty, "\(end)")
    }
  }

  @Test func `what was paused while its mail waited for the morning is foretold once it is resumed`() async throws {
    let world = try world(upcoming: .days(3), quiet: DayHours(parsing: "11:00-15:00"))
    let agreement = try await agree(world, start: "2026-09-10")
    // Noon, three days before: the mail waits.
    try await world.tick(after: .days(8))
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    try await world.tick(after: .hours(4))
    #expect(subjects(world).isEmpty)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    try await world.tick(after: .minutes(5))
    #expect(subjects(world) == ["Your next payment for Gold membership is on September 10, 2026"])
    try await world.tick(after: .hours(1))
    #expect(subjects(world).count == 1)
  }

  @Test func `a failed charge that is paid before the day lets the mail go`() async throws {
    let world = try world(upcoming: .days(3))
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    _ = try await world.agree(try .monthly(), customer, method, start: "2026-08-31")
    try await world.tick()
    let charge = try #require(try world.ledger.charges(startingWith: "chg_", limit: 1).first)
    #expect(try world.state(charge) == .recovering)
    world.clock.advance(by: .days(13))
    _ = try world.ledger.settleOutside(charge, note: "cash", at: world.clock.now) { _ in world.policyContext }
    for _ in 0..<16 { try await world.tick(after: .days(1)) }
    #expect(subjects(world).contains("Your next payment for Gold membership is on September 30, 2026"))
  }

  @Test func `days without a tick end in one mail, not in four`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    #expect(world.mailbox.all.count == 1)
    try await world.tick(after: .days(13))
    #expect(world.mailbox.all.count == 2, "\(subjects(world))")
    #expect(world.mailbox.all.last?.messageID.contains("final_notice") == true)
  }

  @Test func `recovery mails keep to the quiet hours of the job's zone`() async throws {
    let base = try Job.monthly()
    let job = Job(
      name: base.name, description: base.description, money: base.money, statementDescriptorSuffix: nil,
      schedule: Schedule(
        every: base.schedule.every, at: base.schedule.at, zone: try ScheduleZone(identifier: "America/Los_Angeles")),
      missed: base.missed, policy: base.policy)
    let world = try World(jobs: [job]) {
      $0.notices = NoticeTiming(upcomingCharge: nil, cardExpiring: nil, quietHours: DayHours(parsing: "21:00-08:00"))
    }
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    _ = try await world.agree(job, customer, method, start: "2026-08-30")
    // Noon in UTC is five in the morning in Los Angeles.
    try await world.tick()
    #expect(subjects(world).isEmpty)
    try await world.tick(after: .hours(3))
    #expect(subjects(world).count == 1)
  }

  @Test func `a card that does not reach the date is asked for, and no second mail says the date`() async throws {
    let world = try world(upcoming: .days(3), expiring: .days(14))
    _ = try await agree(world, start: "2026-10-10", expires: (9, 2026))
    for _ in 0..<39 { try await world.tick(after: .days(1)) }
    #expect(subjects(world) == ["Your card for Gold membership expires soon"])
    let mail = try #require(world.mailbox.all.first)
    #expect(mail.text.contains("October 10, 2026") && mail.text.contains("/s/"))
  }

  @Test func `a card that is good on the day is not asked for`() async throws {
    let world = try world(expiring: .days(14))
    _ = try await agree(world, start: "2026-09-30", expires: (9, 2026))
    for _ in 0..<29 { try await world.tick(after: .days(1)) }
    #expect(subjects(world).isEmpty)
  }

  @Test func `without pages the mail carries a setup session's own address`() async throws {
    let world = try world(upcoming: .days(3), publicURL: nil)
    _ = try await agree(world, start: "2026-09-02")
    try await world.tick()
    let mail = try #require(world.mailbox.all.first)
    #expect(mail.text.contains("/c/pay/cs_"))
  }

  @Test func `a one-off of the future is foretold as well`() async throws {
    let world = try world(upcoming: .days(3))
    let (customer, method) = try await world.customer("pm_card_visa")
    _ = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(method))
    let charge = Charge.new(
      id: world.ledger.id.charge(key: "k"), customer: customer, money: Money(amount: 4900, currency: .usd),
      description: "Spring camp", statementDescriptorSuffix: nil, origin: .key("k"),
      dueAt: world.clock.now + .days(7), paymentMethod: nil, heldReason: nil, metadata: [:])
    _ = try world.ledger.enqueue(charge, equalWithin: nil, at: world.clock.now)
    for _ in 0..<6 { try await world.tick(after: .days(1)) }
    #expect(subjects(world) == ["Your next payment for Spring camp is on September 7, 2026"])
  }

  @Test func `nobody is written to at night`() async throws {
    let world = try world(quiet: DayHours(parsing: "21:00-08:00"))
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.clock.advance(by: .hours(10))
    try await world.tick()
    #expect(world.mailbox.all.isEmpty, "it is 22:00")
    try await world.tick(after: .hours(9))
    #expect(world.mailbox.all.isEmpty, "it is 07:00")
    try await world.tick(after: .hours(1))
    #expect(world.mailbox.all.count == 1)
    let delays = try world.report(charge).history.filter { $0.what == .noticeDelayed }
    #expect(delays.map { $0.detail["reason"] } == ["quiet hours"], "said once")
  }
}
