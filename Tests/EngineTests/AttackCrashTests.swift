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

/// The process is killed between any two lines of the road; the next tick goes on as if nothing had been.
@Suite struct AttackCrashTests {
  /// What must be true however the road was interrupted.
  private func expectPaidOnce(_ world: World, _ charge: ChargeID) async throws {
    for _ in 0..<3 { #expect(try await world.tick(after: .minutes(2)).errors == 0) }
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.merchant.messages("charge.paid").count == 1)
    #expect(world.violations.all == [])
  }

  @Test func `killed after the claim: sent once, under its key`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let attempt = try world.claimAndDie()
    try await expectPaidOnce(world, charge)
    let sent = world.network.posts(to: "/v1/payment_intents")
    #expect(sent.count == 1 && sent[0].body == attempt.request.body)
  }

  @Test(arguments: ["pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"])
  func `killed after sending: the answer is found, and nothing is sent again`(card: String) async throws {
    let world = try World()
    let charge = try await world.owe(card: card)
    let attempt = try world.claimAndDie()
    _ = await world.engine.stripe.send(StripeRequest(attempt.request))
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == (card == "pm_card_visa" ? .paid : .recovering))
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1)
    #expect(try world.report(charge).attempts.count == 1)
  }

  @Test func `killed after the claim for more than 20 hours: never sent, and a person is told`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    _ = try world.claimAndDie()
    try await world.tick(after: .hours(21))
    #expect(try world.state(charge) == .unresolved)
    #expect(world.network.posts(to: "/v1/payment_intents").isEmpty)
    #expect(try world.matters() == [.unresolved])
  }

  @Test func `killed after sending for more than 20 hours: found by asking`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let attempt = try world.claimAndDie()
    _ = await world.engine.stripe.send(StripeRequest(attempt.request))
    world.clock.advance(by: .hours(21))
    try await expectPaidOnce(world, charge)
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1)
  }

  @Test func `killed after a decline was concluded: the next tick makes the link and the mail`() async throws {
    let world = try World()
    let charge = try await world.failAndDie()
    try await world.tick(after: .minutes(2))
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
    #expect(world.mailbox.all.count == 1)
    _ = try world.pay(charge)
    try await expectPaidOnce(world, charge)
  }

  @Test(arguments: [false, true])
  func `killed around the sending of a checkout's request: one session, and it is used`(wasSent: Bool) async throws {
    let world = try World()
    let charge = try await world.failAndDie()
    let checkout = try world.writeCheckoutAndDie(charge)
    if wasSent { _ = await world.engine.stripe.send(StripeRequest(checkout.request)) }
    try await world.tick(after: .minutes(2))
    #expect(world.sandbox.ids(of: "checkout.session").count == 1)
    #expect(try world.ledger.liveCheckout(of: charge)?.number == checkout.number)
    #expect(world.mailbox.all.count == 1)
    _ = try world.pay(charge)
    try await expectPaidOnce(world, charge)
  }

  @Test(arguments: [false, true])
  func `killed around the sending of a checkout, looked at a day later: found, or made anew`(wasSent: Bool) async throws
  {
    let world = try World()
    let charge = try await world.failAndDie(card: "pm_card_authenticationRequired")
    let checkout = try world.writeCheckoutAndDie(charge)
    if wasSent { _ = await world.engine.stripe.send(StripeRequest(checkout.request)) }
    try await world.tick(after: .hours(30))
    for _ in 0..<4 { try await world.tick(after: .minutes(10)) }
    guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    else {
      Issue.record("no link after a day: \(String(describing: try world.ledger.liveCheckout(of: charge)))")
      return
    }
    _ = try world.pay(charge)
    try await expectPaidOnce(world, charge)
  }

  @Test(arguments: [false, true])
  func `killed around the expiring of a checkout before a retry: closed first, then retried`(wasSent: Bool) async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(25))
    let checkout = try #require(try world.ledger.liveCheckout(of: charge))
    _ = try world.ledger.wantClosed(checkout, reason: "a retry is due", at: world.clock.now)
    if wasSent {
      _ = await world.engine.stripe.send(.expireCheckout(try #require(checkout.session), idempotencyKey: "by hand"))
    }
    try await world.tick()
    try await world.tick(after: .minutes(5))
    #expect(try world.report(charge).attempts.count == 2)
    #expect(world.violations.all == [])
  }

  @Test func `killed while a checkout is closing, and the customer pays it: paid once, no retry`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(23))
    let checkout = try #require(try world.ledger.liveCheckout(of: charge))
    _ = try world.ledger.wantClosed(checkout, reason: "a retry is due", at: world.clock.now)
    _ = try world.pay(charge)
    try await expectPaidOnce(world, charge)
    #expect(try world.report(charge).attempts.count == 1)
  }

  @Test func `killed after the payment was settled: merchant, thanks and the old intent in the next tick`() async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await world.engine.settle(try world.pay(charge))
    #expect(world.merchant.all.filter { String(decoding: $0.body, as: UTF8.self).contains("charge.paid") }.isEmpty)
    try await expectPaidOnce(world, charge)
    #expect(world.mailbox.all.count == 2)
    #expect(try String(decoding: #require(world.sandbox.json(of: intent.text)), as: UTF8.self).contains("\"canceled\""))
  }

  @Test(arguments: [Network.Fault.answerLost, .requestLost, .notSent])
  func `the canceling of the old intent has no answer: seen canceled in the end`(fault: Network.Fault) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.pay(charge)
    world.network.fail("/cancel", fault, count: 3)
    try await world.tick(after: .minutes(1))
    try await world.tick(after: .minutes(1))
    #expect(try world.ledger.intentsToClose(limit: 10).isEmpty)
    try await expectPaidOnce(world, charge)
  }

  @Test func `a withdrawal is killed on its way: canceled in the end, nothing collects any more`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    world.network.fail("/expire", .answerLost, count: 3)
    world.network.fail("/cancel", .answerLost, count: 3)
    try await world.tick(after: .minutes(1))
    for _ in 0..<2 { try await world.tick(after: .minutes(1)) }
    #expect(try world.state(charge) == .canceled)
    #expect(try world.ledger.liveCheckout(of: charge) == nil)
    #expect(try world.ledger.intentsToClose(limit: 10).isEmpty)
  }

  @Test func `the customer pays in the moment of the withdrawal: paid, and a person is told`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    _ = try world.pay(charge)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .paid)
    #expect(try world.matters() == [.paidAfterEnd])
  }

  @Test func `the customer pays in the moment of the deadline: paid`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    world.clock.advance(by: .days(14) - .minutes(5))
    guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    else {
      throw StoryError("no checkout")
    }
    world.clock.advance(by: .minutes(10))
    // The event is lost; only closing finds the payment.
    try world.ledger.eventsRead(until: world.clock.now + .hours(2), at: world.clock.now)
    _ = try world.pay(charge)
    try await expectPaidOnce(world, charge)
  }
}
