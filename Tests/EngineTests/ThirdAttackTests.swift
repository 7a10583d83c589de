import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// A third attack, by somebody who had only read the code: intents that are being closed, persons who decide, and pauses.
@Suite struct ThirdAttackTests {
  // MARK: an intent that is to be closed

  @Test func `a retry never confirms an intent that a click wants closed`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let own = try #require(try world.report(charge).charge.paymentIntent)
    let retry = try #require(try world.report(charge).recovery?.nextRetryAt)
    world.clock.advance(by: (retry - world.clock.now) - .minutes(2))
    world.network.fail("/cancel", .requestLost, count: 3)
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard())
    world.network.heal()
    world.network.fail("/confirm", .requestLost, count: 3)
    try await world.tick(after: .minutes(3))
    world.network.heal()
    for _ in 0..<3 { try await world.tick(after: .minutes(10)) }
    #expect(world.network.posts(to: "/v1/payment_intents/\(own)/confirm").isEmpty)
    #expect(try world.state(charge) == .recovering && world.report(charge).attempts.count == 2)
    #expect(try world.matters().isEmpty)
    #expect(try world.collectible(charge).count == 1)
  }

  @Test func `what has been seen canceled is never confirmed again, whatever is heard of it later`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let own = try #require(try world.report(charge).charge.paymentIntent)
    try world.ledger.intentCanceled(own, byUs: true, at: world.clock.now)
    try world.ledger.adopt(own, attempt: 1, of: charge, waitsForCustomer: false, at: world.clock.now)
    #expect(try world.report(charge).charge.paymentIntent == nil)
  }

  @Test func `beside an attempt whose intent nobody knows yet, no other becomes the charge's own`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    try #require(try world.state(charge) == .unresolved)
    try world.ledger.adopt("pi_draft", attempt: 7, of: charge, waitsForCustomer: false, at: world.clock.now)
    #expect(try world.report(charge).charge.paymentIntent == nil)
    #expect(try world.ledger.charge(ofIntent: "pi_draft") == nil)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .recovering, "its decline is concluded")
  }

  @Test func `an intent that only its customer can go on with is closed before anything else may collect`() async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .requestLost, count: 3)
    try await world.tick()
    try world.ledger.adopt("pi_asks", attempt: 1, of: charge, waitsForCustomer: true, at: world.clock.now)
    #expect(try world.ledger.intentsToClose(of: charge) == ["pi_asks"])
  }

  // MARK: persons

  @Test func `an attempt on our page that is judged as failed leaves nothing to be confirmed off session`() async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_chargeDeclinedInsufficientFunds"))
    try await world.tick(after: .minutes(10))
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_threeDSecure2Required"))
    world.network.heal()
    let last = try #require(try world.report(charge).attempts.last)
    try #require(last.kind == .onSession && last.state == .unresolved && last.intent == nil)
    world.clock.advance(by: .hours(26))
    _ = try await world.engine.judge(charge, as: .failed, note: "the customer gave up")
    #expect(try world.state(charge) == .recovering)
    #expect(try world.report(charge).charge.paymentIntent == nil)
    let asked = try #require(try world.ledger.intentsToClose(of: charge).first)
    try await world.tick(after: .minutes(2))
    #expect(try world.collectible(charge).contains(asked.text) == false)
    #expect(try world.matters().isEmpty)
  }

  @Test func `what a person has ended or withdrawn is not sent again by who was just looking`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 3)
    try await world.tick()
    #expect(try world.ledger.noteResend(charge, attempt: 1, at: world.clock.now))
    let sends = try #require(try world.report(charge).attempts.first).sends
    _ = try world.ledger.requestCancel(charge, reason: "not owed", at: world.clock.now)
    #expect(try !world.ledger.noteResend(charge, attempt: 1, at: world.clock.now))
    #expect(try world.report(charge).attempts.first?.sends == sends)
  }

  // MARK: methods

  @Test func `a bank account becomes the method only of what it can pay`() async throws {
    let world = try World()
    let (customer, card) = try await world.customer("pm_card_sandboxDecline_expired_card")
    let paid = try await world.owe(by: customer, with: card, key: "k1")
    let dollars = try await world.owe(by: customer, with: card, key: "k2")
    let yen = try await world.owe(500, .jpy, by: customer, with: card, key: "k3")
    for _ in 0..<3 { try await world.tick() }
    let session = try #require(try world.ledger.liveCheckout(of: paid)?.session)
    try world.sandbox.submit(session: session.text, .bank("pm_usBankAccount_success"))
    for _ in 0..<8 { try await world.tick(after: .hours(20)) }
    #expect(try world.state(paid) == .paid)
    #expect(try world.report(dollars).charge.paymentMethod != card && world.state(dollars) != .recovering)
    #expect(try world.report(yen).charge.paymentMethod == card && world.state(yen) == .recovering)
    #expect(try world.matters().isEmpty)
  }

  @Test func `an agreement in another currency does not get a bank account by a person's word either`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, card, start: "2026-09-30")
    let account = PaymentMethod(
      id: "pm_sepa", customer: customer, type: "sepa_debit", brand: nil, last4: "3000", expiryMonth: nil,
      expiryYear: nil, fingerprint: "f", mandate: "mandate_1")
    #expect(throws: LedgerError.self) {
      try world.ledger.setMethod(of: agreement.id, to: account, at: world.clock.now)
    }
    #expect(try world.ledger.agreement(agreement.id)?.paymentMethod == card)
  }

  @Test func `what a debit is on its way for is approved when that is over`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    try world.sandbox.submit(session: session.text, .bank("pm_usBankAccount_success"))
    try await world.tick(after: .minutes(1))
    try #require(try world.state(charge) == .processing)
    _ = try world.ledger.intentSucceeded(
      "pi_other", of: charge, received: Money(amount: 5, currency: .usd), by: .checkout, world.policyContext)
    try #require(try world.state(charge) == .held)
    #expect(throws: LedgerError.self) {
      try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    }
    for _ in 0..<7 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
  }

  // MARK: mails

  @Test func `a mail that waited longer than its Checkout lived gets another link`() async throws {
    let world = try World(publicURL: nil)
    let charge = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    world.mailbox.fail(.unavailable("451 try later"))
    try await world.tick()
    let first = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    try await world.tick(after: .hours(30))
    #expect(world.mailbox.all.isEmpty)
    try await world.tick(after: .minutes(5))
    let mail = try #require(world.mailbox.all.first)
    let open = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    #expect(open != first && mail.text.contains(open.text) && !mail.text.contains(first.text))
    #expect(world.mailbox.all.count == 1)
  }

  // MARK: pauses

  @Test func `a pause that ends while the customer is at our page leaves the planned retry as it was`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    let (agreement, charge) = try await world.begin(job, customer, card)
    let typed = try await world.typedCard("tok_threeDSecure2Required")
    guard case .requiresAction = try await world.engine.payOnPage(charge, with: typed) else {
      throw StoryError("the bank asks")
    }
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    try await world.tick(after: .minutes(10))
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    try await world.tick(after: .hours(2))
    #expect(try world.state(charge) == .recovering)
    #expect(try world.report(charge).recovery?.nextRetryAt != nil)
    try await world.tick(after: .hours(26))
    #expect(try world.report(charge).attempts.filter { $0.kind == .offSession }.count == 2)
  }

  @Test func `nor does a pause while a limit holds the retry`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    let (agreement, charge) = try await world.begin(job, customer, card)
    var settings = world.engine.settings
    settings.maxCharge = [.usd: 1]
    let limited = world.engine.with(settings: settings)
    world.clock.advance(by: .hours(25))
    _ = try await limited.tick(limit: nil)
    try #require(try world.state(charge) == .held)
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    try await world.tick(after: .hours(25))
    #expect(try world.report(charge).attempts.count == 2)
  }
}
