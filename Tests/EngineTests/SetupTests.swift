import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// What a completed setup session makes of agreements and methods.
@Suite struct SetupTests {
  @Test func `an agreement starts the day its session was completed, however late that is learned`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    try world.enterCard(session)
    world.clock.advance(by: .hours(50))
    try await world.tick()
    let agreement = try #require(try world.agreement(madeBy: session))
    #expect(try agreement.start == CivilDate(parsing: "2026-08-31") && agreement.state == .active)
    let first = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(first) == .paid, "within catch_up it is charged at once")
  }

  @Test func `a setup whose end no event tells any more is read once its session must be over`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    try world.enterCard(session)
    let unused = try await world.setup(of: world.newcomer(email: "bea@example.com"), job)
    // Stripe keeps its events for 30 days.
    world.clock.advance(by: .days(33))
    for _ in 0..<2 { try await world.tick(after: .minutes(5)) }
    #expect(try world.agreement(madeBy: session)?.state == .active)
    #expect(try world.ledger.setup(session: unused)?.state == .expired)
    let requests = world.network.requests.count
    try await world.tick(after: .minutes(5))
    #expect(world.network.requests.count == requests + 1, "only sync asks")
  }

  @Test func `what the customer was shown is what is agreed to, also if the job's file has changed or gone since`()
    async throws
  {
    let shown = try Job.monthly()
    let world = try World(jobs: [shown])
    let session = try await world.setup(of: world.newcomer(), shown)
    try world.enterCard(session)
    let dearer = Job(
      name: shown.name, description: "Platinum", money: Money(amount: 99_900, currency: .usd),
      statementDescriptorSuffix: nil, schedule: shown.schedule, missed: .oneByOne, policy: .standard)
    let later = world.engine(jobs: ["gold": .good(dearer)])
    guard case .complete(let completion) = try await later.completeSetup(session) else {
      throw StoryError("not complete")
    }
    #expect(completion.agreement?.money == shown.money && completion.agreement?.description == "Gold membership")
    let second = try await world.setup(of: world.newcomer(email: "bea@example.com"), shown)
    try world.enterCard(second)
    guard case .complete(let gone) = try await world.engine(jobs: [:]).completeSetup(second) else {
      throw StoryError("not complete")
    }
    #expect(gone.agreement?.money == shown.money)
    // Its job is missing, and the next tick says so.
    _ = try await world.engine(jobs: [:]).tick(limit: nil)
    #expect(try world.matters() == [.badJob])
  }

  @Test func `a second session replaces the method once, and retries what failed with the old one`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let first = try await world.setup(of: customer, job)
    try world.enterCard(first, "4000000000000341")
    try await world.tick()
    let agreement = try #require(try world.agreement(madeBy: first))
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(charge) == .recovering)
    let second = try await world.setup(of: customer, job)
    try world.enterCard(second)
    for _ in 0..<3 { _ = try await world.engine.completeSetup(second) }
    let after = try #require(try world.ledger.agreement(agreement.id))
    #expect(after.paymentMethod != agreement.paymentMethod && after.start == agreement.start)
    #expect(try world.agreement(madeBy: second) == nil, "no second agreement")
    #expect(try world.happenings(of: after).filter { $0 == .methodChanged }.count == 1)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
  }

  @Test func `of two sessions the one completed later counts, in whatever order they are heard of`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let (older, newer) = (try await world.setup(of: customer, job), try await world.setup(of: customer, job))
    try world.enterCard(older, "4000056655665556")
    world.clock.advance(by: .minutes(5))
    try world.enterCard(newer, "5555555555554444")
    _ = try await world.engine.completeSetup(newer)
    _ = try await world.engine.completeSetup(older)
    let agreement = try #require(try world.agreement(madeBy: newer))
    let method = try #require(try agreement.paymentMethod.flatMap { try world.ledger.paymentMethod($0) })
    #expect(method.brand == "mastercard")
    #expect(try world.agreement(madeBy: older) == nil)
    #expect(try world.happenings(of: agreement).last == .setupSuperseded)
    #expect(try world.setupState(older) == .complete)
  }

  @Test func `two sessions of one customer that end at once make one agreement`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let sessions = [try await world.setup(of: customer, job), try await world.setup(of: customer, job)]
    for session in sessions { try world.enterCard(session) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for session in sessions + sessions {
        group.addTask { _ = try await world.engine.completeSetup(session) }
      }
      try await group.waitForAll()
    }
    #expect(try world.ledger.agreements(.all, after: nil, limit: 10).count == 1)
    #expect(try world.merchantMessages("agreement.created") == 1)
  }

  @Test func `a canceled agreement does not come back to life`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let first = try await world.setup(of: customer, job)
    try world.enterCard(first)
    _ = try await world.engine.completeSetup(first)
    let agreement = try #require(try world.agreement(madeBy: first))
    // A page for another card was open when it was canceled.
    let second = try await world.setup(of: customer, job)
    _ = try world.ledger.cancel(agreement.id, keepOwed: false, at: world.clock.now)
    try world.enterCard(second)
    for session in [first, second] {
      guard case .complete(let completion) = try await world.engine.completeSetup(session) else {
        throw StoryError("not complete")
      }
      #expect(completion.agreement?.id == agreement.id && completion.agreement?.state == .canceled)
    }
    #expect(try world.ledger.agreements(.all, after: nil, limit: 10).map(\.state) == [.canceled])
    // Whoever asks for a new session afterwards agrees anew.
    let third = try await world.setup(of: customer, job)
    try world.enterCard(third)
    _ = try await world.engine.completeSetup(third)
    #expect(try world.agreement(madeBy: third)?.state == .active)
  }

  @Test func `a setup makes active whatever of the customer waits for a method`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let waiting = Agreement.new(
      id: world.ledger.id.agreement(key: "waiting"), state: .pending, customer: customer, job: job.name,
      terms: job.terms, start: nil, paymentMethod: nil, key: "waiting", consent: "admin", createdAt: world.clock.now)
    _ = try world.ledger.add(waiting, again: false, at: world.clock.now)
    let session = try await world.setup(of: customer, nil)
    try world.enterCard(session)
    guard case .complete(let completion) = try await world.engine.completeSetup(session) else {
      throw StoryError("not complete")
    }
    #expect(completion.agreement == nil, "it was for no job")
    let after = try #require(try world.ledger.agreement(waiting.id))
    #expect(after.state == .active && after.paymentMethod == completion.method.id)
    #expect(try after.start == CivilDate(parsing: "2026-08-31"))
  }

  @Test func `a paused agreement keeps its pause and gets the method`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let first = try await world.setup(of: customer, job)
    try world.enterCard(first)
    _ = try await world.engine.completeSetup(first)
    let agreement = try #require(try world.agreement(madeBy: first))
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    let second = try await world.setup(of: customer, job)
    try world.enterCard(second, "5555555555554444")
    _ = try await world.engine.completeSetup(second)
    let after = try #require(try world.ledger.agreement(agreement.id))
    #expect(after.state == .paused && after.paymentMethod != agreement.paymentMethod)
  }

  @Test func `who agrees anew agrees to the price that the page shows, which is the next period's`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    try await world.tick()
    let dearer = Terms(
      money: Money(amount: 1199, currency: job.money.currency), description: job.description,
      statementDescriptorSuffix: nil, schedule: job.schedule)
    _ = try world.ledger.change(
      agreement.id, to: TermsChange(from: try CivilDate(parsing: "2026-09-01"), terms: dearer),
      today: CivilDate(parsing: "2026-08-31"), at: world.clock.now)
    let session = try await world.setup(of: customer, job)
    try world.enterCard(session)
    _ = try await world.engine.completeSetup(session)
    let consent = try #require(
      try world.ledger.history(agreement: agreement.id).last { $0.what == .consentGiven })
    #expect(consent.detail["terms"]?.hasPrefix("11.99 ") == true, "\(consent.detail)")
  }

  @Test func `consent is recorded with its session, day, terms and ticks`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    world.clock.advance(by: .minutes(10))
    try world.enterCard(session)
    world.clock.advance(by: .hours(1))
    let told = world.engine(retelling: "/v1/checkout/sessions/") {
      $0.replacing(/"consent":\s*null/, with: #""consent": {"terms_of_service": "accepted", "promotions": "opt_out"}"#)
    }
    _ = try await told.completeSetup(session)
    let agreement = try #require(try world.agreement(madeBy: session))
    let consent = try #require(
      try world.ledger.history(agreement: agreement.id).first { $0.what == .consentGiven })
    #expect(consent.detail["given"] == "2026-08-31T12:10:00Z" && consent.detail["session"] == session.text)
    #expect(consent.sentence.contains("Gold membership") && consent.sentence.contains("12:10 UTC"))
    #expect(consent.detail["terms_of_service"] == "accepted" && consent.detail["promotions"] == "opt_out")
  }
}

extension World {
  func merchantMessages(_ kind: String) throws -> Int {
    try ledger.fulfillmentsQueued(by: clock.now, limit: 100).count { $0.kind.rawValue == kind }
  }

  /// The same world after somebody has edited the job files.
  func engine(jobs: [String: EngineSettings.JobState]) -> Engine {
    var settings = engine.settings
    settings.jobs = jobs
    return engine.with(settings: settings)
  }
}
