import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// A bank account that two small deposits must verify: the agreement is `pending` until the bank has spoken.
@Suite struct SetupBankTests {
  enum Origin: String, CaseIterable, Sendable { case known, guest }

  private func begin(_ world: World, _ origin: Origin, _ job: Job) async throws -> CheckoutSessionID {
    let session =
      switch origin {
      case .known: try await world.setup(of: world.newcomer(), job)
      case .guest: try await world.guestSetup(job)
      }
    try world.enterBank(session, "pm_usBankAccount_microdeposits")
    return session
  }

  @Test(arguments: Origin.allCases)
  func `pending until it is verified, and then due from the day the session was completed`(origin: Origin) async throws
  {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await begin(world, origin, job)
    for _ in 0..<2 {
      guard case .verifying(let verification) = try await world.engine.completeSetup(session) else {
        throw StoryError("not verifying")
      }
      #expect(verification.usesMicrodeposits && verification.url?.contains("/c/verify/") == true)
      #expect(verification.arrivesAt == World.start + .days(2) && verification.method?.last4 == "6789")
      #expect(verification.agreement?.state == .pending)
    }
    let pending = try #require(try world.agreement(madeBy: session))
    #expect(pending.paymentMethod == nil && pending.nextDueAt == nil)
    #expect(try world.happenings(of: pending) == [.created, .consentGiven, .setupVerifying])
    try await world.tick(after: .days(1))
    #expect(try world.ledger.reports(state: nil, customer: nil, email: nil, since: nil, limit: 9).isEmpty)
    try world.nameDeposits(of: session, rightly: true)
    try await world.tick(after: .days(1))
    let active = try #require(try world.agreement(madeBy: session))
    #expect(try active.state == .active && active.start == CivilDate(parsing: "2026-08-31"))
    let method = try #require(try active.paymentMethod.flatMap { try world.ledger.paymentMethod($0) })
    #expect(method.mandate != nil && method.customer == active.customer)
    #expect(
      try world.happenings(of: active).filter { $0 != .merchantTold } == [
        .created, .consentGiven, .setupVerifying, .methodChanged, .agreementActivated,
      ])
    let charge = world.ledger.id.charge(of: active.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(charge) == .processing, "two days late is within catch_up")
    #expect(try world.matters() == [])
    #expect(try world.merchant.messages("agreement.created").count == 1)
  }

  @Test(arguments: [true, false])
  func `one that is not verified leaves the agreement waiting, a person told and the customer invited`(
    isSeenBefore: Bool
  ) async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await begin(world, .known, job)
    if isSeenBefore { _ = try await world.engine.completeSetup(session) }
    try world.nameDeposits(of: session, rightly: false)
    for _ in 0..<3 { try await world.tick(after: .minutes(1)) }
    guard case .ended(let reason) = try await world.engine.completeSetup(session) else { throw StoryError("not ended") }
    #expect(reason.contains("could not be verified"))
    let waiting = try #require(try world.agreement(madeBy: session))
    #expect(waiting.state == .pending && waiting.start == nil && waiting.paymentMethod == nil)
    #expect(try world.setupState(session) == .failed)
    #expect(try world.happenings(of: waiting).filter { $0 == .setupFailed }.count == 1)
    #expect(try world.matters() == [.setupFailed])
    let mails = world.mailbox.all.filter { $0.subject.hasPrefix("Please save a payment method") }
    #expect(mails.count == 1 && mails[0].text.contains("/s/") && mails[0].text.contains("could not be verified"))
    // Weeks later the customer saves a card: it starts then, and nothing is billed for the time between.
    world.clock.advance(by: .days(40))
    let again = try await world.setup(of: waiting.customer, job)
    try world.enterCard(again)
    try await world.tick(after: .minutes(1))
    let active = try #require(try world.ledger.agreement(waiting.id))
    #expect(try active.state == .active && active.start == CivilDate(parsing: "2026-10-10"))
    #expect(try world.agreement(madeBy: again) == nil)
    #expect(try world.matters() == [])
  }

  @Test func `a live agreement keeps its card until the bank account is verified`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let first = try await world.setup(of: customer, job)
    try world.enterCard(first)
    _ = try await world.engine.completeSetup(first)
    let card = try #require(try world.agreement(madeBy: first)?.paymentMethod)
    let second = try await world.setup(of: customer, job)
    try world.enterBank(second, "pm_usBankAccount_microdeposits")
    _ = try await world.engine.completeSetup(second)
    #expect(try world.agreement(madeBy: first)?.paymentMethod == card)
    #expect(try world.agreement(madeBy: first)?.state == .active)
    try world.nameDeposits(of: second, rightly: true)
    _ = try await world.engine.readEvents(since: nil)
    #expect(try world.agreement(madeBy: first)?.paymentMethod != card)
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).count == 1)
  }

  @Test func `a card that is saved while the bank still verifies is what counts`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let bank = try await begin(world, .known, job)
    _ = try await world.engine.completeSetup(bank)
    let customer = try #require(try world.agreement(madeBy: bank)?.customer)
    world.clock.advance(by: .hours(1))
    let card = try await world.setup(of: customer, job)
    try world.enterCard(card)
    _ = try await world.engine.completeSetup(card)
    #expect(try world.agreement(madeBy: bank)?.state == .active)
    let chosen = try world.agreement(madeBy: bank)?.paymentMethod
    try world.nameDeposits(of: bank, rightly: true)
    _ = try await world.engine.readEvents(since: nil)
    #expect(try world.agreement(madeBy: bank)?.paymentMethod == chosen)
    #expect(try world.setupState(bank) == .complete)
  }

  @Test func `another job's setup does not fill in for an account that is being verified`() async throws {
    let (gold, other) = (try Job.monthly(at: "23:00"), try Job.monthly("other", at: "23:00"))
    let world = try World(jobs: [gold, other])
    let bank = try await begin(world, .known, gold)
    _ = try await world.engine.completeSetup(bank)
    let customer = try #require(try world.agreement(madeBy: bank)?.customer)
    let card = try await world.setup(of: customer, other)
    try world.enterCard(card)
    _ = try await world.engine.completeSetup(card)
    #expect(try world.agreement(madeBy: card)?.state == .active)
    #expect(try world.agreement(madeBy: bank)?.state == .pending)
  }

  @Test func `an agreement that is canceled meanwhile stays canceled when the bank has verified`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await begin(world, .known, job)
    _ = try await world.engine.completeSetup(session)
    let pending = try #require(try world.agreement(madeBy: session))
    _ = try world.ledger.cancel(pending.id, keepOwed: false, at: world.clock.now)
    try world.nameDeposits(of: session, rightly: true)
    try await world.tick(after: .days(1))
    #expect(try world.agreement(madeBy: session)?.state == .canceled)
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).count == 1)
  }

  @Test(arguments: Origin.allCases, [true, false])
  func `whoever hears of each step, at once and twice, ends with the same`(origin: Origin, succeeds: Bool) async throws
  {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await begin(world, origin, job)
    func everybody() async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            do { _ = try await world.engine.completeSetup(session) } catch is StripeTrouble {
              // Stripe was busy with the same; another one has it.
            }
          }
          group.addTask { _ = try await world.engine.readEvents(since: nil) }
        }
        try await group.waitForAll()
      }
      _ = try await world.engine.completeSetup(session)
    }
    try await everybody()
    try world.nameDeposits(of: session, rightly: succeeds)
    try await everybody()
    let agreement = try #require(try world.agreement(madeBy: session))
    #expect(agreement.state == (succeeds ? .active : .pending))
    #expect(
      try world.happenings(of: agreement) == [.created, .consentGiven, .setupVerifying]
        + (succeeds ? [.methodChanged, .agreementActivated] : [.setupFailed, .noticePlanned]))
    #expect(world.sandbox.ids(of: "customer").count == 1 && world.sandbox.ids(of: "payment_method").count == 1)
    #expect(try world.merchantMessages("agreement.created") == 1)
    #expect(try world.ledger.noticesQueued(by: world.clock.now + .days(1), limit: 9).count == (succeeds ? 0 : 1))
  }

  @Test func `a mandate that ends holds the money back: the charge goes to its link`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    try world.enterBank(session)
    _ = try await world.engine.completeSetup(session)
    let agreement = try #require(try world.agreement(madeBy: session))
    let method = try #require(try agreement.paymentMethod.flatMap { try world.ledger.paymentMethod($0) })
    let mandate = try #require(method.mandate)
    try world.sandbox.revoke(mandate: mandate)
    for _ in 0..<2 { _ = try await world.engine.readEvents(since: nil) }
    #expect(try world.ledger.mandateHasEnded(of: method.id))
    #expect(try world.happenings(of: agreement).last == .mandateEnded)
    try await world.tick(after: .hours(12))
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(charge) == .recovering && world.network.posts(to: "/v1/payment_intents").isEmpty)
    // Should the bank think better of it, the account can be charged again.
    let restored = world.engine(retelling: "/v1/setup_intents/") {
      $0.replacing(/"status":\s*"inactive"/, with: #""status": "active""#)
    }
    let event = EventRecord(
      id: "evt_later", type: "mandate.updated", object: mandate, payload: Data(), createdAt: world.clock.now,
      source: .webhook)
    _ = try world.ledger.store(event, at: world.clock.now)
    _ = try await restored.applyEvents()
    #expect(try !world.ledger.mandateHasEnded(of: method.id))
  }
}
