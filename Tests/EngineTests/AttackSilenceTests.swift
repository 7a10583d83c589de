import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport

@testable import Engine

/// Attacks on moving on: stuck for ever, silent, or said to somebody who should not hear it.
@Suite struct AttackSilenceTests {
  @Test func `a charge withdrawn while its first attempt was unanswered is canceled when that was declined`()
    async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    #expect(try world.state(charge) == .unresolved)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    for _ in 0..<3 { try await world.tick(after: .minutes(10)) }
    #expect(try world.state(charge) == .canceled)
    #expect(world.mailbox.all.isEmpty, "nobody is dunned for a withdrawn charge")
  }

  @Test func `a reminder whose first sending fails is tried again`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    #expect(world.mailbox.all.count == 1)
    world.mailbox.fail(.unavailable("451 try later"))
    try await world.tick(after: .days(3) + .minutes(1))
    try await world.tick(after: .minutes(10))
    #expect(world.mailbox.all.count == 2)
  }

  @Test func `a mail that waits is not thrown away because a retry is on its way`() async throws {
    let world = try World()
    world.mailbox.fail(.unavailable("451 try later"))
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    #expect(world.mailbox.all.isEmpty)
    world.clock.advance(by: .hours(25))
    let checkout = try #require(try world.ledger.liveCheckout(of: charge))
    _ = try await world.engine.readEvents(since: nil)
    #expect(try await world.engine.close(checkout, reason: "a retry is due") == .closed)
    _ = try world.claimAndDie()
    // `serve` takes its turn while the tick's retry is on its way.
    _ = await world.engine.fulfillAndNotify()
    #expect(try world.report(charge).notices.filter { $0.kind == .paymentFailed }.map(\.state) == ["queued"])
  }

  @Test func `two recovering charges of one agreement do not wait for each other`() async throws {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, bank) = try await world.bankCustomer("pm_usBankAccount_success")
    let agreement = try await world.agree(job, customer, bank, start: "2026-08-31")
    try await world.tick()
    let first = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(first) == .processing)
    // The bank is slow: the second debit begins before the first has come back.
    let second = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-09-07"))
    let moved = try #require(try world.ledger.agreement(agreement.id))
    var due = DueTurns(of: moved)
    due.charges = [
      Charge.new(
        id: second, customer: customer, money: job.money, description: job.description,
        statementDescriptorSuffix: nil,
        origin: .period(agreement.id, PeriodKey("2026-09-07"), job: job.name), dueAt: world.clock.now,
        paymentMethod: bank, heldReason: nil, metadata: [:])
    ]
    _ = try world.ledger.insert([due], at: world.clock.now)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(second) == .processing)
    for charge in [first, second] {
      try world.sandbox.settleDebit(of: #require(try world.report(charge).charge.paymentIntent).text, succeeds: false)
    }
    try await world.tick(after: .minutes(1))
    #expect(try world.state(first) == .recovering)
    #expect(try world.state(second) == .recovering)
    #expect(try world.report(first).recovery?.nextRetryAt != nil)
    #expect(try world.report(second).recovery?.nextRetryAt != nil)
    var retried = 0
    for _ in 0..<3 { retried += try await world.tick(after: .days(1)).retried }
    #expect(retried > 0, "each waits for the other's recovery to end")
  }

  @Test func `a clock that was wrong once does not stop charging for ever`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let wrong = try await world.engine(ahead: .days(400)).tick(limit: nil)
    #expect(wrong.attempted == 0)
    #expect(try world.matters() == [.clockWrong])
    try await world.tick(after: .hours(1))
    #expect(try world.state(charge) == .paid)
    #expect(try world.matters() == [])
  }

  @Test(arguments: [(4, 1), (-4, 1), (6, 0), (-6, 0)] as [(Int64, Int)])
  func `a clock may be five minutes off, and no more`(minutes: Int64, attempted: Int) async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa")
    world.clock.advance(by: .hours(1))
    let report = try await world.engine(ahead: .minutes(minutes)).tick(limit: nil)
    #expect(report.attempted == attempted)
    #expect(try world.matters() == (attempted == 1 ? [] : [.clockWrong]))
  }

  @Test func `a tick with a wrong clock plans nothing`() async throws {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    _ = try await world.agree(job, customer, card, start: "2026-09-07")
    #expect(try await world.engine(ahead: .days(100)).tick(limit: nil).planned == 0)
  }

  @Test(arguments: [Network.Fault.notSent, .requestLost])
  func `a tick that cannot ask Stripe for the time dates nothing`(fault: Network.Fault) async throws {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    _ = try await world.agree(job, customer, card, start: "2026-09-07")
    let charge = try await world.owe(by: customer, with: card, key: "k")
    world.merchant.setIll(true)
    world.network.fail("/v1/", fault, count: 3)
    let silent = try await world.engine(ahead: .days(40)).tick(limit: nil)
    #expect(silent.stripeIsDown != nil && silent.planned == 0)
    world.merchant.setIll(false)
    // Had it dated anything, the right clock would be the wrong one now, and the merchant would hear in forty days.
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .paid)
    #expect(try world.matters().isEmpty)
    #expect(try world.merchant.messages("agreement.created").isEmpty == false)
  }

  @Test func `resuming plans no retry for a charge that its customer is paying by debit`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_sandboxDecline_insufficient_funds")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    try world.sandbox.submit(session: session.text, .bank("pm_usBankAccount_success"))
    try await world.tick(after: .minutes(5))
    #expect(try world.state(charge) == .processing)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    #expect(try world.report(charge).recovery?.nextRetryAt == nil)
  }

  @Test func `a new card of a paused agreement does not close the link that was mailed`() async throws {
    let job = try Job.monthly()
    let world = try World(publicURL: nil, jobs: [job])
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    let made = try await world.stripePost("/v1/payment_methods/pm_card_visa/attach", "customer=\(customer)")
    let method = PaymentMethodID(try #require(made["id"] as? String))
    let read = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(method))
    try world.keepSetup(read.kept(mandate: nil), of: customer, job: job, make: agreement)
    try await world.tick(after: .minutes(5))
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
  }

  @Test func `an agreement that its recovery ends leaves no charge waiting for ever`() async throws {
    var policy = ChargePolicy.standard
    policy.recovery.then = .cancel
    let job = try Job.weekly(policy: policy)
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_authenticationRequired")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    for _ in 0..<16 { try await world.tick(after: .days(1)) }
    #expect(try world.ledger.agreement(agreement.id)?.state == .canceled)
    let next = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-09-07"))
    #expect(try world.state(next).isFinal)
    #expect(try world.ledger.status(at: world.clock.now).overdue == 0)
  }

  @Test func `a debit from a checkout that hangs for a fortnight is shown to a person`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    let bank = try await world.saveBank("pm_usBankAccount_success", of: try world.report(charge).charge.customer)
    try world.sandbox.setBehavior(of: bank.text, .debits(days: 60, failure: nil))
    let step = try world.sandbox.submit(session: session.text, .saved(bank.text))
    guard case .redirect = step else { throw StoryError("not paid: \(step)") }
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .processing)
    for _ in 0..<16 { try await world.tick(after: .days(1)) }
    #expect(try world.matters() == [.processingTooLong])
  }

  @Test func `approving a charge that was held over its link does not charge the card at once`() async throws {
    let world = try World()
    let charge = try await world.failAndDie(card: "pm_card_authenticationRequired")
    let checkout = try world.writeCheckoutAndDie(charge)
    try world.ledger.checkoutRefused(checkout, .refusedByStripe, reason: "400: Not a valid URL", world.policyContext)
    #expect(try world.state(charge) == .held)
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    try await world.tick(after: .minutes(1))
    #expect(try world.report(charge).attempts.count == 1, "never twice in 24 hours, and this bank wants its customer")
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
  }

  @Test func `a checkout whose creation is answered with a stored 500 is found by asking`() async throws {
    let world = try World()
    world.sandbox.inject(SandboxFault(.failsAfter, method: .post, pathPrefix: "/v1/checkout/sessions"))
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    for _ in 0..<6 { try await world.tick(after: .minutes(10)) }
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open, "a customer cannot pay for 20 hours")
  }
}
