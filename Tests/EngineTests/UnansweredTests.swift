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

/// Law 3: no answer is not a failure.
@Suite struct UnansweredTests {
  @Test(arguments: [Network.Fault.notSent, .answerLost, .requestLost, .serverError])
  func `one lost answer changes nothing: the same bytes go again in the same tick`(fault: Network.Fault) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", fault)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    let sent = world.network.posts(to: "/v1/payment_intents")
    #expect(sent.count == 2 && sent[0].body == sent[1].body)
    #expect(sent[0].headers == sent[1].headers)
  }

  @Test(arguments: [Network.Fault.notSent, .answerLost, .requestLost, .serverError])
  func `after three tries it is unresolved, and a later tick settles it`(fault: Network.Fault) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", fault, count: 3)
    let report = try await world.tick()
    #expect(report.unresolved == 1)
    #expect(try world.state(charge) == .unresolved)
    #expect(world.network.posts(to: "/v1/payment_intents").count == 3)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.merchant.messages("charge.paid").count == 1)
  }

  @Test func `an attempt that left days after it was written is not tried again within 24 hours`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    world.network.fail("/v1/payment_intents", .notSent, count: 3)
    try await world.tick()
    try await world.tick(after: .hours(40))
    #expect(try world.state(charge) == .recovering)
    try await world.tick(after: .hours(23))
    #expect(try world.report(charge).attempts.count == 1, "the bank has judged it 23 hours ago")
    try await world.tick(after: .hours(2))
    #expect(try world.report(charge).attempts.count == 2)
  }

  @Test func `what a lost decline has left open is closed when the charge was paid meanwhile`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    let owed = try world.report(charge).charge
    let paid = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(owed.customer)&payment_method=pm_card_visa&confirm=true&off_session=true")
    let other = PaymentIntentID(try #require(paid["id"] as? String))
    _ = try world.ledger.intentSucceeded(other, of: charge, received: owed.money, by: .outside, world.policyContext)
    // However it is looked for, it is not the one that has paid.
    let attempt = try #require(try world.report(charge).attempts.first)
    let shown = try await world.engine.intent(of: attempt, try world.report(charge).charge)
    #expect(shown?.status == .requiresPaymentMethod)
    for _ in 0..<2 { try await world.tick(after: .minutes(2)) }
    #expect(try world.report(charge).attempts.map(\.state) == [.declined])
    #expect(try world.report(charge).charge.paymentIntent == other)
    #expect(try world.collectible(charge).isEmpty)
  }

  @Test func `a lost decline is found by asking, without sending again`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    let sends = world.network.posts(to: "/v1/payment_intents").count
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .recovering)
    #expect(world.network.posts(to: "/v1/payment_intents").count == sends)
  }

  @Test func `twenty hours later nothing is resent, and a person is told`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 1_000_000)
    try await world.tick()
    try await world.tick(after: .hours(21))
    let sends = world.network.posts(to: "/v1/payment_intents").count
    world.network.heal()
    let report = try await world.tick(after: .hours(5))
    #expect(world.network.posts(to: "/v1/payment_intents").count == sends)
    #expect(try world.state(charge) == .unresolved)
    #expect(try world.successes(of: charge) == 0)
    let status = try world.ledger.status(at: world.clock.now)
    #expect(status.matters.map(\.kind) == [.unresolved], "\(report)")
  }

  /// An event tells it between two tries; the customer's page may be open by the next.
  @Test func `what another process has heard is not sent another time`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    let clock = world.clock
    let serve = world.engine
    let wall = WallClock(
      now: { clock.now },
      sleep: { duration in
        clock.advance(by: duration)
        _ = try await serve.readEvents(since: nil)
      })
    let tick = world.engine.with(stripe: World.stripe(world.network.http, wall), clock: wall)
    _ = try await tick.tick(limit: nil)
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1)
    #expect(try world.state(charge) == .recovering)
    #expect(try world.report(charge).attempts.map(\.state) == [.declined])
  }

  @Test func `what nobody answers is shown after an hour, also while Stripe is away`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    world.network.fail("/", .notSent, count: 1_000_000)
    world.clock.advance(by: .minutes(59))
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    world.clock.advance(by: .minutes(2))
    let matters = try world.ledger.status(at: world.clock.now).matters
    #expect(matters.map(\.kind) == [.unresolved] && matters.first?.subject == charge.text)
    #expect(matters.first?.advice.contains("dues charge resolve") == true)
  }

  @Test func `judged as failed and settled outside, it is paid: what arrives then is a second payment`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 1_000_000)
    try await world.tick()
    try await world.tick(after: .hours(26))
    let context = { (_: Charge) in world.policyContext }
    _ = try world.ledger.judge(
      charge, as: .failed, note: "not in the dashboard", keyLife: Engine.keyLife, at: world.clock.now, context: context)
    _ = try world.ledger.settleOutside(charge, note: "paid in cash", at: world.clock.now, context: context)
    _ = try world.ledger.intentSucceeded(
      "pi_late", of: charge, received: Money(amount: 1099, currency: .usd), by: .checkout, world.policyContext)
    #expect(try world.matters().contains(.secondPayment))
    #expect(try world.report(charge).charge.paymentIntent == nil)
  }

  @Test func `who judges it as failed learns what it has left open, which is closed before anything else is made`()
    async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    try #require(try world.state(charge) == .unresolved)
    world.network.fail("/v1/payment_intents", .notSent, count: 1_000_000)
    world.clock.advance(by: .hours(26))
    await #expect(throws: StripeTrouble.self, "without a look nothing is recorded") {
      try await world.engine.judge(charge, as: .failed, note: "it looked incomplete")
    }
    #expect(try world.state(charge) == .unresolved)
    world.network.heal()
    _ = try await world.engine.judge(charge, as: .failed, note: "incomplete in the dashboard")
    #expect(try world.state(charge) == .recovering)
    let left = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_threeDSecure2Required"))
    let open = try world.collectible(charge)
    #expect(open.count == 1 && open != [left.text], "\(open)")
  }

  @Test func `before its key is dead nothing is asked, and nothing learned`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    let requests = world.network.requests.count
    await #expect(throws: LedgerError.self) {
      try await world.engine.judge(charge, as: .failed, note: "it looked incomplete")
    }
    #expect(world.network.requests.count <= requests + 1, "at most whose key it is")
    #expect(try world.report(charge).charge.paymentIntent == nil)
  }

  @Test func `another account shows nothing of it, and nothing is judged by that`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    world.clock.advance(by: .hours(26))
    var settings = world.engine.settings
    settings.keyDigest = "another key"
    let stranger = world.engine(settings: settings) { request in
      request.url.hasSuffix("/v1/account")
        ? .stripe(200, #"{"id":"acct_another","object":"account","charges_enabled":true}"#)
        : .stripe(
          400, #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such customer"}}"#)
    }
    await #expect(throws: LedgerError.self) { try await stranger.judge(charge, as: .failed, note: "not found") }
    #expect(try world.state(charge) == .unresolved)
  }

  @Test func `what Stripe shows as paid is not judged as failed`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    world.clock.advance(by: .hours(26))
    await #expect(throws: LedgerError.self) {
      try await world.engine.judge(charge, as: .failed, note: "not found")
    }
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test(arguments: Judgment.allCases)
  func `what stays unknown is decided by a person, and goes on from there`(judgment: Judgment) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 1_000_000)
    try await world.tick()
    try await world.tick(after: .hours(2))
    let context = { (_: Charge) in StepContext(now: world.clock.now, policy: .standard, hasPublicURL: true, zone: .utc)
    }
    #expect(throws: LedgerError.self, "Stripe may still execute it") {
      try world.ledger.judge(
        charge, as: .failed, note: "too soon", keyLife: Engine.keyLife, at: world.clock.now, context: context)
    }
    try await world.tick(after: .hours(24))
    _ = try world.ledger.judge(
      charge, as: judgment, note: "looked", keyLife: Engine.keyLife, at: world.clock.now, context: context)
    world.network.heal()
    let report = try await world.tick(after: .minutes(1))
    #expect(report.errors == 0)
    #expect(try world.state(charge) == (judgment == .paid ? .paid : .recovering))
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    #expect(world.mailbox.all.count == (judgment == .paid ? 0 : 1))
    if judgment == .paid {
      // The payment that was judged is no second one.
      _ = try world.ledger.intentSucceeded(
        "pi_judged", of: charge, received: Money(amount: 1099, currency: .usd), by: .offSession,
        StepContext(now: world.clock.now, policy: .standard, hasPublicURL: true, zone: .utc))
      #expect(try world.report(charge).charge.paymentIntent == "pi_judged")
      #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    }
    #expect(throws: LedgerError.self, "decided once") {
      try world.ledger.judge(
        charge, as: .failed, note: "again", keyLife: Engine.keyLife, at: world.clock.now, context: context)
    }
  }

  @Test func `if Stripe cannot be read, nothing is charged`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/events", .notSent, count: 3)
    let report = try await world.tick()
    #expect(report.stripeIsDown != nil && report.attempted == 0)
    #expect(try world.state(charge) == .scheduled)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
  }

  @Test func `an unanswered checkout is made once, and its link is used`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/checkout/sessions", .answerLost, count: 3)
    try await world.tick()
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .opening)
    try await world.tick(after: .minutes(2))
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
    #expect(world.sandbox.ids(of: "checkout.session").count == 1)
    _ = try world.pay(charge)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
  }
}
