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

/// Attacks on the ways in: each tries to charge somebody who has not agreed, to lose a consent, or to keep a matter or a
/// mail that is not true.
@Suite struct SetupAttackTests {
  /// A customer whose bank account is being verified for a job.
  private func verifying(_ world: World, _ job: Job) async throws -> (CustomerID, CheckoutSessionID) {
    let customer = try await world.newcomer()
    let bank = try await world.setup(of: customer, job)
    try world.enterBank(bank, "pm_usBankAccount_microdeposits")
    _ = try await world.engine.completeSetup(bank)
    return (customer, bank)
  }

  private func unattached(_ world: World, key: String, by customer: CustomerID, dueIn wait: Duration = .zero) throws
    -> ChargeID
  {
    let charge = Charge.new(
      id: world.ledger.id.charge(key: key), customer: customer, money: Money(amount: 7700, currency: .usd),
      description: "Repair", statementDescriptorSuffix: nil, origin: .key(key), dueAt: world.clock.now + wait,
      paymentMethod: nil, heldReason: nil, metadata: [:])
    _ = try world.ledger.enqueue(charge, equalWithin: nil, at: world.clock.now)
    return charge.id
  }

  private func invitations(_ world: World) -> Int {
    world.mailbox.all.filter { $0.subject.hasPrefix("Please save a payment method") }.count
  }

  /// Both pages were open, and both were done; the customer canceled before the second was heard of.
  @Test(arguments: [true, false])
  func `a session that was completed before the cancel makes no agreement after it`(isHeardOfBefore: Bool) async throws
  {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let (one, two) = (try await world.setup(of: customer, job), try await world.setup(of: customer, job))
    try world.enterCard(one)
    try world.enterCard(two, "5555555555554444")
    _ = try await world.engine.completeSetup(one)
    if isHeardOfBefore { _ = try await world.engine.completeSetup(two) }
    let agreement = try #require(try world.agreement(madeBy: one))
    world.clock.advance(by: .minutes(5))
    _ = try world.ledger.cancel(agreement.id, keepOwed: false, at: world.clock.now)
    _ = try await world.engine.completeSetup(two)
    for _ in 0..<2 { try await world.tick(after: .hours(12)) }
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).map(\.state) == [.canceled])
    #expect(try world.ledger.reports(state: nil, customer: customer, email: nil, since: nil, limit: 9).isEmpty)
    let three = try await world.setup(of: customer, job)
    try world.enterCard(three)
    _ = try await world.engine.completeSetup(three)
    #expect(try world.agreement(madeBy: three)?.state == .active)
  }

  @Test func `nor does one that the bank verifies after the cancel`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let (card, bank) = (try await world.setup(of: customer, job), try await world.setup(of: customer, job))
    try world.enterBank(bank, "pm_usBankAccount_microdeposits")
    try world.enterCard(card)
    _ = try await world.engine.completeSetup(card)
    let agreement = try #require(try world.agreement(madeBy: card))
    world.clock.advance(by: .minutes(5))
    _ = try world.ledger.cancel(agreement.id, keepOwed: false, at: world.clock.now)
    _ = try await world.engine.completeSetup(bank)
    try world.nameDeposits(of: bank, rightly: true)
    try await world.tick(after: .days(1))
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).map(\.state) == [.canceled])
  }

  /// It was enqueued without a method, and so it goes to its link; nobody has said that a card saved for another thing
  /// is to pay it.
  @Test(arguments: [Duration.zero, .days(3)])
  func `a one-off without a method is not charged with what is saved for an agreement`(wait: Duration) async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let (_, bank) = try await verifying(world, job)
    let customer = try #require(try world.agreement(madeBy: bank)?.customer)
    let charge = try unattached(world, key: "repair", by: customer, dueIn: wait)
    if wait == .zero {
      try await world.tick()
      #expect(try world.state(charge) == .recovering)
    }
    try world.nameDeposits(of: bank, rightly: true)
    for _ in 0..<4 { try await world.tick(after: .days(1)) }
    #expect(try world.agreement(madeBy: bank)?.state == .active)
    #expect(try world.state(charge) == .recovering)
    #expect(try world.report(charge).attempts.isEmpty, "it was charged off session")
  }

  @Test func `a bank that says no after the customer has saved a card is nobody's matter`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let (customer, bank) = try await verifying(world, job)
    world.clock.advance(by: .hours(1))
    let card = try await world.setup(of: customer, job)
    try world.enterCard(card)
    _ = try await world.engine.completeSetup(card)
    let before = try #require(try world.agreement(madeBy: bank))
    #expect(before.state == .active)
    world.clock.advance(by: .hours(1))
    try world.nameDeposits(of: bank, rightly: false)
    for _ in 0..<3 { try await world.tick(after: .minutes(1)) }
    #expect(try world.setupState(bank) == .failed)
    #expect(try world.agreement(madeBy: bank) == before)
    #expect(try world.happenings(of: before).contains(.setupFailed), "it is told")
    #expect(try world.matters() == [])
    #expect(invitations(world) == 0)
  }

  @Test func `a refused session that is heard of after a later one was completed is nobody's matter`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let (bad, good) = (try await world.setup(of: customer, job), try await world.setup(of: customer, job))
    try world.enterCard(bad)
    world.clock.advance(by: .minutes(5))
    try world.enterCard(good, "5555555555554444")
    _ = try await world.engine.completeSetup(good)
    world.clock.advance(by: .hours(30))
    let told = world.engine(retelling: "/v1/checkout/sessions/", SetupRefusalTests.cases[0].retell)
    guard case .refused = try await told.completeSetup(bad) else { throw StoryError("not refused") }
    #expect(try world.matters() == [])
    #expect(try world.ledger.latestSetup(of: customer, job: job.name)?.state == .complete)
  }

  @Test func `what the customer agreed to is on record, also if the bank's no is all that was heard`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let bank = try await world.setup(of: customer, job)
    try world.enterBank(bank, "pm_usBankAccount_microdeposits")
    try world.nameDeposits(of: bank, rightly: false)
    try await world.tick(after: .minutes(1))
    let waiting = try #require(try world.agreement(madeBy: bank))
    #expect(waiting.state == .pending)
    // A card that is saved for no job makes it active.
    let card = try await world.setup(of: customer, nil)
    try world.enterCard(card)
    _ = try await world.engine.completeSetup(card)
    let active = try #require(try world.ledger.agreement(waiting.id))
    #expect(active.state == .active)
    let consent = try world.ledger.history(agreement: waiting.id).filter { $0.what == .consentGiven }
    #expect(consent.count == 1 && consent.first?.detail["session"] == bank.text)
    try await world.tick(after: .minutes(1))
    #expect(try world.ledger.history(agreement: waiting.id).filter { $0.what == .consentGiven }.count == 1)
  }

  @Test func `an agreement that was paused when the bank said no starts the day another method is saved`()
    async throws
  {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, bank) = try await verifying(world, job)
    let pending = try #require(try world.agreement(madeBy: bank))
    _ = try world.ledger.pause(pending.id, at: world.clock.now)
    try world.nameDeposits(of: bank, rightly: false)
    try await world.tick(after: .minutes(1))
    _ = try world.ledger.resume(pending.id, at: world.clock.now)
    #expect(try world.ledger.agreement(pending.id)?.state == .pending)
    world.clock.advance(by: .days(29))
    let card = try await world.setup(of: customer, job)
    try world.enterCard(card)
    try await world.tick(after: .minutes(1))
    let active = try #require(try world.ledger.agreement(pending.id))
    #expect(try active.start == CivilDate(parsing: "2026-09-29"))
    #expect(
      try world.ledger.reports(state: nil, customer: customer, email: nil, since: nil, limit: 9)
        .allSatisfy { $0.charge.origin.period == PeriodKey("2026-09-29") })
  }

  /// What the bank did not verify can be verified after all, as when somebody confirms it anew: then nothing is left to do.
  @Test func `a session that is completed after all leaves no matter of its own`() async throws {
    let world = try World()
    let session = try await world.setup(of: world.newcomer(), nil)
    try world.enterCard(session)
    let setup = try #require(try world.ledger.setup(session: session))
    try world.ledger.setupFailed(
      LostSetup(
        number: setup.number, session: session, customer: nil, method: nil, reason: "the bank did not verify it",
        make: nil, invitationURL: nil), at: world.clock.now)
    #expect(try world.matters() == [.setupFailed])
    guard case .complete = try await world.engine.completeSetup(session) else { throw StoryError("not complete") }
    #expect(try world.setupState(session) == .complete)
    #expect(try world.matters() == [])
  }

  /// Killed after it was made and before the method was theirs; and then a backup from before is put in its place.
  @Test func `an older copy finds the guest's customer that it has forgotten`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    let backup = try world.backup()
    try world.enterCard(session)
    world.network.fail("/attach", .notSent, count: 3)
    await #expect(throws: StripeTrouble.self) { try await world.engine.completeSetup(session) }
    world.network.heal()
    let customers = { world.network.posts(to: "/v1/customers").count }
    try #require(customers() == 1)
    world.clock.advance(by: .hours(30))
    let copy = try world.engine(on: backup, .stayed)
    try #require(try await copy.liftFence().isLifted)
    guard case .complete(let done) = try await copy.completeSetup(session) else { throw StoryError("not complete") }
    #expect(customers() == 1)
    #expect(try world.stripe(done.customer.text)["deleted"] == nil)
  }

  @Test func `a machine whose clock is half an hour fast makes no customer of a guest`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    try world.enterCard(session)
    let fast = world.engine(ahead: .minutes(30))
    let trouble = await #expect(throws: StripeTrouble.self) { try await fast.completeSetup(session) }
    #expect(trouble?.description.contains("this machine's clock is -1800 s behind Stripe's") == true)
    #expect(world.sandbox.ids(of: "customer").isEmpty)
    // The clock is set right.
    _ = try await world.engine.completeSetup(session)
    #expect(world.sandbox.ids(of: "customer").count == 1)
  }

  @Test func `a session that names its intent only once it is complete is verified all the same`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let opening = try world.ledger.writeSetup(
      SetupWish(customer: customer, job: job), reusingSince: nil, at: world.clock.now
    ) { number in
      let request = StripeRequest.createSetupCheckout(
        SetupCheckout(
          customer: customer, email: nil, currency: .usd, metadata: world.engine.setupMetadata(number),
          clientReference: nil, successURL: world.engine.successURL(), cancelURL: nil, expiresAt: nil, locale: "en",
          methods: world.engine.settings.methods, ui: .hostedPage), idempotencyKey: "k:\(number)")
      return FrozenRequest(path: request.path, body: request.body, idempotencyKey: "k:\(number)")
    }
    guard case .success(let reply) = await world.engine.send(StripeRequest(opening.setup.request)) else {
      throw StoryError("no session")
    }
    let session = try reply.decode(CheckoutSession.self)
    let intent = try #require(session.setupIntent?.id)
    _ = try world.ledger.setupOpened(
      opening.setup.number, session: session.id, url: session.url, setupIntent: nil, at: world.clock.now)
    try world.enterBank(session.id, "pm_usBankAccount_microdeposits")
    _ = try await world.engine.readEvents(since: nil)
    #expect(try world.setupState(session.id) == .verifying)
    try world.sandbox.verifyMicrodeposits(of: intent.text, succeeds: true)
    try await world.tick(after: .minutes(1))
    #expect(try world.setupState(session.id) == .complete)
    #expect(try world.agreement(madeBy: session.id)?.state == .active)
  }

  /// Law 10: killed before or after any commit of a completion, the next who runs it ends with the same.
  @Test(arguments: 0..<12)
  func `a crash at any commit of a guest's setup changes nothing in the end`(at moment: Int) async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    try world.enterCard(session)
    let engine = try world.dyingEngine(at: moment)
    do { _ = try await engine.completeSetup(session) } catch {
      #expect(error is StoryError, "\(error)")
    }
    for _ in 0..<2 { try await world.tick(after: .minutes(2)) }
    let agreement = try #require(try world.agreement(madeBy: session))
    #expect(agreement.state == .active)
    #expect(world.sandbox.ids(of: "customer").count == 1)
    #expect(
      try world.happenings(of: agreement).filter { $0 != .merchantTold } == [.created, .consentGiven])
    #expect(try world.merchant.messages("agreement.created").count == 1)
    try engine.ledger.close()
  }

  @Test func `a pending agreement is not charged, whatever else of the customer is`() async throws {
    let (gold, weekly) = (try Job.monthly(), try Job.weekly())
    let world = try World(jobs: [gold, weekly])
    let (customer, bank) = try await verifying(world, gold)
    let card = try await world.setup(of: customer, weekly)
    try world.enterCard(card)
    for _ in 0..<20 { try await world.tick(after: .days(1)) }
    let charged = try world.ledger.reports(state: nil, customer: customer, email: nil, since: nil, limit: 99)
    #expect(!charged.isEmpty && charged.allSatisfy { $0.charge.origin.job == "weekly" })
    #expect(try world.agreement(madeBy: bank)?.state == .pending)
  }

  @Test func `an event for a session that was never recorded is ignored`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    world.network.fail("/v1/checkout/sessions", .answerLost, count: 3)
    _ = try await world.engine.createSetup(
      customer: customer, email: nil, job: job, currency: .usd, locale: "en")
    world.network.heal()
    let session = try #require(world.sandbox.ids(of: "checkout.session").last)
    try world.enterCard(CheckoutSessionID(session))
    try await world.tick(after: .minutes(1))
    #expect(try world.matters() == [])
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).isEmpty)
  }
}
