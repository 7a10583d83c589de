import Domain
import Engine
import Foundation
import GRDB
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Agreements over time, by ticks.
@Suite struct ScheduleTests {
  @Test func `monthly from 31 January: twelve charges in a year, each on its day`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2027-01-31")
    world.clock.advance(by: .days(152))  // 30 January 2027, noon
    for _ in 0..<366 { try await world.tick(after: .days(1)) }
    let charges = try world.periods(of: agreement)
    #expect(
      charges.map { $0.charge.origin.period?.text } == [
        "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30", "2027-07-31", "2027-08-31",
        "2027-09-30", "2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31",
      ])
    for report in charges {
      #expect(report.charge.state == .paid && report.attempts.count == 1)
      #expect(report.charge.dueAt.description.hasPrefix((report.charge.origin.period?.text ?? "") + "T09:00"))
      let delay = try #require(report.charge.paidAt) - report.charge.dueAt
      #expect(delay >= .zero && delay < .days(1))
    }
    #expect(world.sandbox.ids(of: "payment_intent").count == 13)
    #expect(world.violations.all == [])
  }

  @Test func `an outage of ten days: what is older than catch_up is held, the rest is charged one a tick`() async throws
  {
    let job = try Job.every(1, .day)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let report = try await world.tick(after: .days(10))
    #expect(report.attempted == 1, "once a tick")
    // 1 to 10 September: due at nine, it is noon on the tenth; three days back reach the eighth.
    #expect(report.held == 7)
    for _ in 0..<5 { try await world.tick(after: .minutes(5)) }
    let states = try world.periods(of: agreement).map {
      "\($0.charge.origin.period?.text.suffix(2) ?? "") \($0.charge.state)"
    }
    #expect(
      states == [
        "31 paid", "01 held", "02 held", "03 held", "04 held", "05 held", "06 held", "07 held", "08 paid", "09 paid",
        "10 paid",
      ])
    #expect(try world.ledger.status(at: world.clock.now).matters.count == 7)
  }

  @Test(arguments: [(Job.Missed.oneByOne, [1, 2, 3], 0), (.latest, [1, 1, 1], 2), (.all, [3, 3, 3], 0)])
  func `three missed periods are charged as the job says`(missed: Job.Missed, paidAfterTick: [Int], held: Int)
    async throws
  {
    let job = try Job.every(1, .day, missed: missed)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-29")
    for paid in paidAfterTick {
      try await world.tick(after: .minutes(1))
      #expect(try world.periods(of: agreement).count { $0.charge.state == .paid } == paid)
    }
    let periods = try world.periods(of: agreement)
    #expect(periods.count { $0.charge.state == .held } == held)
    if missed == .latest { #expect(periods.last?.charge.state == .paid) }
    if missed == .oneByOne {
      #expect(
        periods.map(\.attempts.first?.writtenAt)
          == periods.map(\.attempts.first?.writtenAt).sorted { ($0?.seconds ?? 0) < ($1?.seconds ?? 0) })
    }
  }

  @Test func `approving several held periods still charges the agreement once a tick`() async throws {
    let job = try Job.every(1, .day)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-20")
    try await world.tick()
    for held in try world.periods(of: agreement) where held.charge.state == .held {
      _ = try world.ledger.approve(held.charge.id, at: world.clock.now, context: world.plainContext)
    }
    for _ in 0..<5 { #expect(try await world.tick(after: .minutes(5)).attempted == 1) }
  }

  @Test(arguments: [(RecoveryPolicy.WhileRecovering.wait, 0), (.charge, 1)])
  func `while a charge recovers the next period waits or is charged`(
    rule: RecoveryPolicy.WhileRecovering, attempts: Int
  ) async throws {
    var policy = ChargePolicy.standard
    policy.recovery.whileRecovering = rule
    let job = try Job.every(1, .week, policy: policy)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    for _ in 0..<9 { try await world.tick(after: .days(1)) }
    let periods = try world.periods(of: agreement)
    #expect(periods.count == 2)
    #expect(periods.last.map { min($0.attempts.count, 1) } == attempts)
  }

  @Test func `a period that waited for a recovery is charged when it is over, however late`() async throws {
    let job = try Job.every(1, .week)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    for _ in 0..<12 { try await world.tick(after: .days(1)) }
    let first = try #require(try world.periods(of: agreement).first)
    _ = try await world.engine.openCheckout(for: first.charge.id, by: .customer, youngerThan: Engine.freshFor)
    _ = try world.pay(first.charge.id)
    for _ in 0..<3 { try await world.tick(after: .minutes(10)) }
    #expect(try world.periods(of: agreement).map(\.charge.state) == [.paid, .paid])
  }

  @Test func `a pause is never billed`() async throws {
    let job = try Job.every(1, .week)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    for _ in 0..<30 { try await world.tick(after: .days(1)) }
    #expect(try world.periods(of: agreement).count == 1)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    for _ in 0..<6 { try await world.tick(after: .days(1)) }
    #expect(try world.periods(of: agreement).map { $0.charge.origin.period?.text } == ["2026-08-31", "2026-10-05"])
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
  }

  @Test func `a broken or missing job file holds its own agreements and says so`() async throws {
    let good = try Job.monthly("good")
    let bad = try Job.monthly("bad")
    let gone = try Job.monthly("gone")
    let world = try World(jobs: [good, bad, gone])
    var charges: [String: Agreement] = [:]
    for job in [good, bad, gone] {
      let (customer, method) = try await world.customer("pm_card_visa", email: "\(job.name)@example.com")
      charges[job.name] = try await world.agree(job, customer, method, start: "2026-08-31")
    }
    var settings = world.engine.settings
    settings.jobs["bad"] = .broken("jobs/bad.toml:3: amount is missing")
    settings.jobs["gone"] = nil
    let broken = world.engine(settings: settings) { _ in nil }
    let report = try await broken.tick(limit: nil)
    #expect(report.paid == 1 && report.matters.map(\.subject).sorted() == ["bad", "gone"])
    #expect(try await broken.tick(limit: nil).matters.isEmpty, "said once")
    #expect(try world.periods(of: #require(charges["bad"])).isEmpty)
    let mended = try await world.tick(after: .minutes(5))
    #expect(mended.paid == 2)
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
  }

  @Test func `a job file that breaks also holds what it has planned, and its retries`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    var settings = world.engine.settings
    settings.jobs["gold"] = .broken("jobs/gold.toml:3: amount is missing")
    world.clock.advance(by: .hours(25))
    let report = try await world.engine(settings: settings) { _ in nil }.tick(limit: nil)
    #expect(report.retried == 0)
    #expect(try world.periods(of: agreement).first?.attempts.count == 1)
    #expect(report.matters.map(\.kind) == [.badJob])
  }

  @Test(arguments: [(RecoveryPolicy.Then.pause, Agreement.State.paused), (.cancel, .canceled), (.continue, .active)])
  func `what happens to the agreement afterwards`(then: RecoveryPolicy.Then, state: Agreement.State) async throws {
    var policy = ChargePolicy.standard
    policy.recovery.then = then
    let job = try Job.monthly(policy: policy)
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    for _ in 0..<15 { try await world.tick(after: .days(1)) }
    #expect(try world.periods(of: agreement).map(\.charge.state) == [.uncollectible])
    #expect(try world.ledger.agreement(agreement.id)?.state == state)
    for _ in 0..<16 { try await world.tick(after: .days(1)) }
    #expect(try world.periods(of: agreement).count == (then == .continue ? 2 : 1))
  }

  @Test func `what was computed by older rules of a zone is due by the new ones`() async throws {
    let world = try World(jobs: [.monthly()])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(.monthly(), customer, method, start: "2026-09-01")
    try await world.tick()
    let file = try DatabaseQueue(path: world.ledger.path)
    try await file.write { db in
      try db.execute(
        sql: "UPDATE agreements SET next_due_at = next_due_at + 3600000; UPDATE ledger SET zone_rules = '2019a'")
    }
    func dueAt() async throws -> Int64? {
      try await file.read { db in try Int64.fetchOne(db, sql: "SELECT next_due_at FROM agreements") }
    }
    let right = try #require(agreement.nextDueAt?.milliseconds)
    #expect(try await dueAt() == right + 3_600_000)
    try await world.tick(after: .minutes(1))
    #expect(try await dueAt() == right)
  }

  @Test func `a hundred days without a tick skip nothing unseen and charge nothing twice`() async throws {
    let weekly = try Job.weekly()
    let monthly = try Job.monthly()
    let world = try World(jobs: [weekly, monthly])
    let (ada, visa) = try await world.customer("pm_card_visa")
    let (bob, failing) = try await world.customer("pm_card_chargeCustomerFail", email: "bob@example.com")
    let often = try await world.agree(weekly, ada, visa, start: "2026-08-31")
    let failed = try await world.agree(monthly, bob, failing, start: "2026-08-31")
    try await world.tick()
    let unanswered = try await world.owe(by: ada, with: visa, key: "unanswered")
    world.network.fail("/v1/payment_intents", .answerLost, count: 100)
    try await world.tick(after: .minutes(10))
    world.network.heal()
    try #require(try world.state(unanswered) == .unresolved)
    try await world.tick(after: .days(100))
    for _ in 0..<3 { try await world.tick(after: .minutes(5)) }
    func states(_ agreement: AgreementID) throws -> [String: ChargeState] {
      let all = try world.ledger.charges(startingWith: "chg_", limit: 1000).map { try world.report($0).charge }
      return Dictionary(
        uniqueKeysWithValues: all.filter { $0.origin.agreement == agreement }.map {
          ($0.origin.period?.text ?? "", $0.state)
        })
    }
    // 31 August and the fourteen Mondays until 7 December: what is older than three days waits for a person.
    let weeks = try states(often.id)
    #expect(weeks.count == 15)
    #expect(weeks["2026-08-31"] == .paid && weeks["2026-12-07"] == .paid)
    #expect(weeks.values.count { $0 == .held } == 13)
    // Its first month is given up, which pauses it; what had become due before a person decides.
    let months = try states(failed.id)
    #expect(
      months == ["2026-08-31": .uncollectible, "2026-09-30": .held, "2026-10-31": .held, "2026-11-30": .held])
    #expect(try world.ledger.agreement(failed.id)?.state == .paused)
    #expect(try world.state(unanswered) == .paid)
    for charge in try world.ledger.charges(startingWith: "chg_", limit: 1000) {
      let (successes, state) = (try world.successes(of: charge), try world.state(charge))
      #expect(successes == (state == .paid ? 1 : 0))
    }
    #expect(try world.matters().count { $0 == .held } == 13 + 3)
  }

  @Test func `an agreement that cannot be scheduled does not stand before the others, and is said`() async throws {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (ada, first) = try await world.customer("pm_card_visa")
    let (bob, second) = try await world.customer("pm_card_visa", email: "bob@example.com")
    let poisoned = try await world.agree(job, ada, first, start: "2026-08-31")
    let other = try await world.agree(job, bob, second, start: "2026-08-31")
    try await DatabaseQueue(path: world.ledger.path).write { db in
      try db.execute(
        sql: """
          CREATE TRIGGER poison BEFORE INSERT ON charges WHEN NEW.agreement = '\(poisoned.id)'
            BEGIN SELECT RAISE(ABORT, 'poisoned'); END
          """)
    }
    let report = try await world.tick()
    #expect(report.errors == 1 && report.paid == 1)
    #expect(try world.state(world.ledger.id.charge(of: other.id, period: PeriodKey("2026-08-31"))) == .paid)
    #expect(
      try world.ledger.charge(world.ledger.id.charge(of: poisoned.id, period: PeriodKey("2026-08-31"))) == nil)
  }

  @Test func `a job that is edited later does not touch the agreements it has`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    var settings = world.engine.settings
    settings.jobs["gold"] = .good(
      Job(
        name: "gold", description: "Platinum", money: Money(amount: 9900, currency: .usd),
        statementDescriptorSuffix: nil,
        schedule: try Job.every(1, .day).schedule, missed: .all, policy: .standard))
    let edited = world.engine(settings: settings) { _ in nil }
    for _ in 0..<31 {
      world.clock.advance(by: .days(1))
      _ = try await edited.tick(limit: nil)
    }
    let periods = try world.periods(of: agreement)
    #expect(periods.map { $0.charge.origin.period?.text } == ["2026-08-31", "2026-09-30"])
    #expect(periods.allSatisfy { $0.charge.money.amount == 1099 && $0.charge.description == "Gold membership" })
  }
}

extension Job {
  static func every(
    _ count: Int, _ unit: Interval.Unit, missed: Job.Missed = .oneByOne, policy: ChargePolicy = .standard
  ) throws -> Job {
    Job(
      name: "gold", description: "Gold membership", money: Money(amount: 1099, currency: .usd),
      statementDescriptorSuffix: nil,
      schedule: Schedule(every: Interval(count: count, unit: unit), at: try LocalTime(parsing: "09:00"), zone: .utc),
      missed: missed, policy: policy)
  }
}

extension World {
  /// The charges of an agreement, oldest first.
  func periods(of agreement: Agreement) throws -> [ChargeReport] {
    try ledger.reports(state: nil, customer: agreement.customer, email: nil, since: nil, limit: 1000)
      .filter { $0.charge.origin.agreement == agreement.id }.sorted { $0.charge.dueAt < $1.charge.dueAt }
  }

  func plainContext(_ charge: Charge) -> StepContext {
    StepContext(now: clock.now, policy: engine.settings.policy(of: charge.origin.job), hasPublicURL: true, zone: .utc)
  }
}
