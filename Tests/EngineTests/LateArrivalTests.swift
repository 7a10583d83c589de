import Domain
import Engine
import Foundation
import Sandbox
import Storage
import TestSupport
import Testing
import Transport

/// A request that its sender has given up arrives all the same, after another sending of it was refused: what Stripe refuses
/// before it executes anything is kept under no key.
@Suite struct LateArrivalTests: MoneyBackStories {
  @Test(arguments: [1, 3])
  func `a refusal after a lost sending concludes nothing, and what was lost may arrive`(losses: Int) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: losses)
    world.network.fail("/v1/payment_intents", .refused, count: 1_000_000)
    try await world.tick()
    if losses == 3 { try await world.tick(after: .minutes(2)) }
    #expect(try world.state(charge) == .unresolved)
    let lost = try #require(world.network.posts(to: "/v1/payment_intents").first)
    _ = try await world.sandbox.http.send(lost)
    world.network.heal()
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid)
    #expect(try world.report(charge).attempts.map(\.state) == [.succeeded])
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `one that never arrives is sent again once Stripe takes it`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost)
    world.network.fail("/v1/payment_intents", .refused)
    try await world.tick()
    #expect(try world.state(charge) == .unresolved)
    let reason = try #require(try world.report(charge).attempts.first?.reason)
    #expect(reason.contains("Your account cannot do this at the moment"), "\(reason)")
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid)
    let sent = world.network.posts(to: "/v1/payment_intents")
    #expect(Set(sent.map(\.body)).count == 1 && sent.count == 3)
  }

  /// Kept under the key; of the first sending; and after one that the rate turned away, which cannot arrive any more.
  @Test(arguments: [[Network.Fault.requestLost, .refusedAsBefore], [.refused], [.tooFast, .refused]])
  func `a refusal that speaks for each sending is final`(faults: [Network.Fault]) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    for fault in faults { world.network.fail("/v1/payment_intents", fault) }
    try await world.tick()
    #expect(try world.state(charge) == .held)
    #expect(try world.report(charge).attempts.map(\.state) == [.refused])
  }

  @Test func `on our page, no other way to pay opens beside a lost sending`() async throws {
    let world = try World()
    let (charge, _) = try await world.wantsConfirmation()
    let typed = try await world.typedCard()
    let before = world.network.posts(to: "/v1/payment_intents").count
    world.network.fail("/v1/payment_intents", .requestLost, isEnd: true)
    world.network.fail("/v1/payment_intents", .refused, isEnd: true)
    guard case .unavailable = try await world.engine.payOnPage(charge, with: typed) else {
      throw StoryError("concluded")
    }
    world.network.heal()
    guard
      case .inFlight = try await world.engine.openCheckout(
        for: charge, by: .customer, youngerThan: Engine.freshFor)
    else { throw StoryError("a page beside it") }
    _ = try await world.sandbox.http.send(world.network.posts(to: "/v1/payment_intents")[before])
    try await world.tick(after: .minutes(6))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `a refund that was lost and then refused is not asked for under another key`() async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .requestLost)
    world.network.fail("/v1/refunds", .refused)
    guard case .unanswered = try await refund(world, charge, amount: 400) else { throw StoryError("given up") }
    world.network.heal()
    let lost = try #require(world.network.posts(to: "/v1/refunds").first)
    _ = try await refund(world, charge, amount: 400)
    _ = try await world.sandbox.http.send(lost)
    try await world.tick(after: .minutes(2))
    #expect(try refundsAtStripe(world) == [400])
    #expect(try world.report(charge).charge.amountRefunded == 400)
  }

  @Test func `a duplicate is not proven while a refund of ours has no answer`() async throws {
    let world = try World()
    let charge = try await paid(world)
    _ = try await payAgain(world, charge)
    let first = try #require(try world.report(charge).charge.paymentIntent)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    guard case .unanswered = try await refund(world, charge, through: first) else { throw StoryError("answered") }
    world.network.heal()
    _ = try await world.engine.reconcile(since: World.start, refundsDuplicates: true)
    #expect(try refundsAtStripe(world).isEmpty)
    try await world.tick(after: .minutes(2))
    _ = try await world.engine.reconcile(since: World.start, refundsDuplicates: true)
    #expect(try refundsAtStripe(world) == [1099])
  }

  @Test func `refusals that decide nothing stop nobody else's charge`() async throws {
    let world = try World()
    for n in 0..<6 { _ = try await world.owe(card: "pm_card_visa", key: "\(n)") }
    world.network.fail("/v1/payment_intents", .requestLost, count: 18, isEnd: true)
    try await world.tick()
    #expect(try world.ledger.status(at: world.clock.now).charges == [.unresolved: 6])
    let other = try await world.owe(card: "pm_card_visa", key: "other")
    world.network.fail("/v1/payment_intents", .refused, count: 6, isEnd: true)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(other) == .paid)
    #expect(try world.ledger.status(at: world.clock.now).charges == [.unresolved: 6, .paid: 1])
    try await world.tick(after: .minutes(2))
    #expect(try world.ledger.status(at: world.clock.now).charges == [.paid: 7])
  }

  @Test(arguments: [true, false])
  func `a page whose opening was lost and then refused is found, or opened by the same request`(arrives: Bool)
    async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/checkout/sessions", .requestLost, isEnd: true)
    world.network.fail("/v1/checkout/sessions", .refused, isEnd: true)
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .opening)
    let lost = try #require(world.network.posts(to: "/v1/checkout/sessions").first)
    if arrives { _ = try await world.sandbox.http.send(lost) }
    try await world.tick(after: .minutes(2))
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
    #expect(world.sandbox.ids(of: "checkout.session").count == 1)
    _ = try world.pay(charge)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid)
    #expect(try world.ledger.fence() == nil)
  }
}
