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

/// Attacks on the mends of the first attacks.
@Suite struct SecondAttackTests {
  @Test func `approving a charge that received a wrong amount does not leave it attempting for ever`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let attempt = try world.claimAndDie()
    let reading = IntentReading(await world.engine.stripe.send(StripeRequest(attempt.request)))
    var wrong = Conclusion(reading)
    wrong.outcome = .succeeded(received: Money(amount: 1, currency: .usd))
    _ = try world.ledger.conclude(charge, attempt: attempt.number, wrong, world.policyContext)
    #expect(try world.state(charge) == .held)
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    for _ in 0..<3 { try await world.tick(after: .hours(2)) }
    // Approved, it is charged anew; what came in first is one too many, for who reconciles.
    #expect(try world.state(charge) == .paid)
    #expect(try world.ledger.extraPayments(limit: 9).map(\.received) == [Money(amount: 1, currency: .usd)])
  }

  @Test(arguments: [Network.Fault.notSent, .requestLost, .serverError])
  func `a charge that was withdrawn before Stripe had it is not sent afterwards`(fault: Network.Fault) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", fault, count: 3)
    try await world.tick()
    #expect(try world.state(charge) == .unresolved)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    for _ in 0..<3 { try await world.tick(after: .minutes(5)) }
    #expect(try world.successes(of: charge) == 0, "the customer was charged after the withdrawal")
    for _ in 0..<3 { try await world.tick(after: .hours(26)) }
    #expect(try world.state(charge) == .canceled)
  }

  /// A retry whose confirmation is lost, until its key is dead.
  private func deadRetry(_ world: World) async throws -> ChargeID {
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.network.fail("/confirm", .requestLost, count: 1_000_000)
    try await world.tick(after: .hours(25))
    #expect(try world.state(charge) == .unresolved)
    try await world.tick(after: .hours(26))
    world.network.heal()
    return charge
  }

  @Test(arguments: [false, true])
  func `an unanswered retry whose intent is seen canceled came to nothing`(isWithdrawn: Bool) async throws {
    let world = try World()
    let charge = try await deadRetry(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    if isWithdrawn {
      _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    } else {
      _ = try await world.stripePost("/v1/payment_intents/\(intent)/cancel", "cancellation_reason=abandoned")
    }
    for _ in 0..<4 { try await world.tick(after: .hours(30)) }
    #expect(try world.state(charge) == (isWithdrawn ? .canceled : .held), "unresolved for ever")
  }

  @Test func `a withdrawn charge whose first request was lost ends when its key is dead`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 1_000_000)
    try await world.tick()
    try await world.tick(after: .hours(21))
    world.network.heal()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    for _ in 0..<5 { try await world.tick(after: .hours(30)) }
    #expect(world.sandbox.ids(of: "payment_intent").isEmpty)
    #expect(try world.state(charge) == .canceled, "no command can ever end it")
  }

  /// Declined, and then Stripe refuses to make the link: held.
  private func heldOverLink(_ world: World) async throws -> ChargeID {
    let charge = try await world.failAndDie(card: "pm_card_authenticationRequired")
    let checkout = try world.writeCheckoutAndDie(charge)
    try world.ledger.checkoutRefused(checkout, .refusedByStripe, reason: "400: Not a valid URL", world.policyContext)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .held)
    return charge
  }

  @Test func `the first mail of a charge that was held over its link goes out when it is approved`() async throws {
    let world = try World()
    let charge = try await heldOverLink(world)
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    for _ in 0..<3 { try await world.tick(after: .minutes(5)) }
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
    #expect(world.mailbox.all.count == 1, "there is a link, and the customer has not heard of it")
  }

  @Test func `approving a charge whose deadline passed while it was held does not give it up at once`() async throws {
    let world = try World()
    let charge = try await heldOverLink(world)
    world.clock.advance(by: .days(15))
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .recovering, "a person said: go on with it")
  }

  @Test(arguments: ["http://127.0.0.1:8080", nil])
  func `a charge that was over, held and approved is not recovering without an end`(publicURL: String?) async throws {
    let world = try World(publicURL: publicURL)
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    // The customer's debit is seen only after the deadline has passed, and brings another amount.
    try await world.tick(after: .days(15))
    try await world.tick(after: .minutes(5))
    #expect(try world.state(charge) == .uncollectible)
    _ = try world.ledger.settleProcessing(session, intent: "pi_debit", world.policyContext)
    _ = try world.ledger.settle(
      SettledCheckout(
        session: session, intent: "pi_debit", received: Money(amount: 999, currency: .usd), lineItems: "[]",
        savedMethod: nil), world.policyContext)
    #expect(try world.state(charge) == .held)
    #expect(throws: LedgerError.self, "it was over before") {
      try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    }
    var errors = 0
    for _ in 0..<20 { errors += try await world.tick(after: .days(1)).errors }
    #expect(errors == 0)
    #expect(try world.state(charge) == .held)
    #expect(try world.matters().contains(.wrongAmount), "still before a person")
  }

  @Test func `a checkout's debit that fails after a fortnight is nothing to look at any more`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    let bank = try await world.saveBank("pm_usBankAccount_success", of: try world.report(charge).charge.customer)
    try world.sandbox.setBehavior(of: bank.text, .debits(days: 60, failure: nil))
    _ = try world.sandbox.submit(session: session.text, .saved(bank.text))
    for _ in 0..<17 { try await world.tick(after: .days(1)) }
    #expect(try world.matters() == [.processingTooLong])
    let intent = try #require(world.sandbox.ids(of: "payment_intent").last)
    try world.sandbox.settleDebit(of: intent, succeeds: false)
    for _ in 0..<3 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .uncollectible)
    #expect(try world.matters() == [])
  }

  @Test func `a thank you that is refused does not stand before a person for ever`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.pay(charge)
    world.mailbox.fail(.refused("550 no such user"))
    for _ in 0..<3 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .paid)
    #expect(try world.matters() == [], "paid, and nothing clears it")
  }

  @Test func `a retry that is called off after its link was closed leaves the customer a link`() async throws {
    let world = try World(publicURL: nil)
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let card = try #require(try world.report(charge).charge.paymentMethod)
    try world.ledger.detach(card, at: world.clock.now)
    try await world.tick(after: .hours(23) + .minutes(50))
    try await world.tick(after: .minutes(15))
    try await world.tick(after: .minutes(15))
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open, "the mailed link is dead, and no other was made")
  }

  @Test func `a debit begun in the moment of the hold does not fail in every tick`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    _ = try world.sandbox.submit(session: session.text, .bank("pm_usBankAccount_success"))
    let customer = try world.report(charge).charge.customer
    try world.ledger.customerGone(customer, at: world.clock.now) { _ in world.policyContext }
    #expect(try await world.tick(after: .minutes(5)).errors == 0)
    #expect(try world.state(charge) == .processing)
  }

  @Test func `an approved charge of a canceled agreement does not wait for ever unseen`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    world.network.fail("/v1/payment_intents", .notSent, count: 3)
    let (agreement, charge) = try await world.begin(job, customer, card)
    #expect(try world.state(charge) == .unresolved)
    _ = try world.ledger.cancel(agreement.id, keepOwed: true, at: world.clock.now)
    let refused = Conclusion(unanswered: .refused(.refusedByStripe, reason: "400"))
    _ = try world.ledger.conclude(charge, attempt: 1, refused, world.policyContext)
    #expect(try world.state(charge) == .held)
    #expect(throws: LedgerError.self, "its agreement is canceled") {
      try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    }
    for _ in 0..<3 { try await world.tick(after: .days(1)) }
    #expect(try world.matters().contains(.held), "still before a person")
  }

  /// An agreement whose first charge has failed, and whose customer hears of it only when the retry fails as well.
  private func firstMailWaits() async throws -> (World, Agreement) {
    var policy = ChargePolicy.standard
    policy.recovery.firstNotice = .afterFirstRetry
    policy.recovery.reminders = []
    let job = try Job.monthly(policy: policy)
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    try await world.tick()
    return (world, agreement)
  }

  @Test func `a first mail that waits for a retry goes out when the pause ends the retry`() async throws {
    let (world, agreement) = try await firstMailWaits()
    #expect(world.mailbox.all.isEmpty)
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    for _ in 0..<5 { try await world.tick(after: .days(1)) }
    #expect(world.mailbox.all.count == 1, "owed, payable by link, and the customer does not know")
  }

  @Test func `so it does when the pause comes while the customer tries on our page, and leaves it`() async throws {
    let (world, agreement) = try await firstMailWaits()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    let typed = try await world.typedCard("tok_threeDSecure2Required")
    guard case .requiresAction = try await world.engine.payOnPage(charge, with: typed) else {
      throw StoryError("the bank asks")
    }
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    try await world.tick(after: .minutes(10))
    #expect(world.mailbox.all.isEmpty, "they may still pay")
    for _ in 0..<5 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .recovering)
    #expect(world.mailbox.all.count == 1, "owed, payable by link, and the customer does not know")
  }

  @Test func `an attempt that the ledger has forgotten stands before a person`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let owed = try world.report(charge).charge
    let id = try #require(owed.paymentMethod)
    let method = try #require(try world.ledger.paymentMethod(id))
    // The ledger was restored from a backup of just before its first attempt.
    _ = await world.engine.stripe.send(StripeRequest(world.engine.freeze(owed, method, 1)))
    try await world.tick()
    #expect(try world.state(charge) == .scheduled)
    #expect(try world.matters() == [.fenced])
    #expect(try await world.engine.liftFence().isLifted)
    #expect(try world.state(charge) == .held)
  }

  @Test func `a link is not closed for a retry that its broken job file does not allow`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    let (_, charge) = try await world.begin(job, customer, card)
    var settings = world.engine.settings
    settings.jobs = ["gold": .broken("line 3")]
    let broken = world.engine.with(settings: settings)
    world.clock.advance(by: .hours(25))
    _ = try await broken.tick(limit: nil)
    _ = try await broken.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    world.clock.advance(by: .minutes(70))
    _ = try await broken.tick(limit: nil)
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open, "closed under the customer, for nothing")
  }

  @Test func `a card that was saved during a pause is tried when the agreement is resumed`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_sandboxDecline_expired_card")
    let (agreement, charge) = try await world.begin(job, customer, card)
    #expect(try world.state(charge) == .recovering)
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    let made = try await world.stripePost("/v1/payment_methods/pm_card_visa/attach", "customer=\(customer)")
    let id = PaymentMethodID(try #require(made["id"] as? String))
    let read = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(id))
    try world.keepSetup(read.kept(mandate: nil), of: customer, job: Job.monthly(), make: agreement)
    #expect(try world.report(charge).charge.paymentMethod == id)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    for _ in 0..<3 { try await world.tick(after: .hours(13)) }
    #expect(try world.state(charge) == .paid, "the new card is never tried")
  }

  @Test func `a job file that nobody needs any more is nothing to look at`() async throws {
    let world = try World()
    let (customer, card) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(try Job.monthly(), customer, card, start: "2026-08-31")
    try await world.tick()
    #expect(try world.matters() == [.badJob])
    _ = try world.ledger.cancel(agreement.id, keepOwed: false, at: world.clock.now)
    try await world.tick(after: .days(1))
    #expect(try world.matters() == [])
  }
}

extension World {
  /// An agreement whose first charge has had its first tick.
  func begin(_ job: Job, _ customer: CustomerID, _ card: PaymentMethodID) async throws -> (
    Agreement, ChargeID
  ) {
    let agreement = try await agree(job, customer, card, start: "2026-08-31")
    try await tick()
    guard let first = agreement.nextPeriod else { throw StoryError("no period") }
    return (agreement, ledger.id.charge(of: agreement.id, period: first.key))
  }
}
