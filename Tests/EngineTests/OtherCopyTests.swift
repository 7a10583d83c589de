import Domain
import Engine
import Foundation
import Sandbox
import Storage
import TestSupport
import Testing

/// Two copies of one ledger at work, or an older one of which nothing tells: a page and a retry have keys of their own.
@Suite struct OtherCopyTests {
  /// A recovering charge, a few minutes before its retry is due.
  private func beforeRetry(_ world: World) async throws -> ChargeID {
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    let id = try #require(try world.report(charge).charge.paymentMethod)
    let card = try #require(try world.ledger.paymentMethod(id))
    // The same card, with money on it.
    let (month, year) = (try #require(card.expiryMonth), try #require(card.expiryYear))
    try world.sandbox.update(
      card: id.text, SandboxCardUpdate(month: month, year: year, last4: nil, behavior: .succeeds))
    let due = try #require(try world.report(charge).recovery?.nextRetryAt)
    try await world.tick(after: due - world.clock.now - .minutes(10))
    return charge
  }

  private func click(_ engine: Engine, _ charge: ChargeID) async throws -> CheckoutDoor {
    try await engine.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
  }

  @Test func `a copy retries nothing while the other has led the customer to a page`() async throws {
    let world = try World()
    let charge = try await beforeRetry(world)
    let copy = try world.engine(on: world.backup(), .cameAlong)
    let door = try await click(world.engine, charge)
    guard case .open(let page) = door else { throw StoryError("no page: \(door)") }
    world.clock.advance(by: .minutes(11))
    let confirmed = world.posts
    try await copy.tick()
    #expect(try copy.ledger.fence() != nil)
    #expect(world.posts == confirmed)
    _ = try world.sandbox.complete(session: try #require(page.session).text, card: "4242424242424242")
    try await copy.tick()
    #expect(try world.successes(of: charge) == 1)
    #expect(try copy.ledger.charge(charge)?.state == .paid)
  }

  @Test func `a copy opens no page once the other has retried`() async throws {
    let world = try World()
    let charge = try await beforeRetry(world)
    let copy = try world.engine(on: world.backup(), .cameAlong)
    world.clock.advance(by: .minutes(11))
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    guard case .notOwed(.paid) = try await click(copy, charge) else { throw StoryError("a page") }
    #expect(try copy.ledger.charge(charge)?.state == .paid)
    #expect(try world.collectible(charge).isEmpty)
  }

  @Test func `a copy opens no page while a debit of the other is on its way`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_insufficientFunds")
    let charge = try await world.owe(by: customer, with: method, key: "debit")
    try await world.tick()
    while try world.state(charge) == .processing { try await world.tick(after: .hours(12)) }
    let due = try #require(try world.report(charge).recovery?.nextRetryAt)
    try await world.tick(after: due - world.clock.now - .minutes(10))
    let copy = try world.engine(on: world.backup(), .cameAlong)
    world.clock.advance(by: .minutes(11))
    try await world.tick()
    #expect(try world.state(charge) == .processing)
    guard case .inFlight = try await click(copy, charge) else { throw StoryError("a page") }
  }

  @Test func `a copy takes no payment on our page while the other has led the customer to Stripe's`() async throws {
    let world = try World()
    let charge = try await beforeRetry(world)
    let copy = try world.engine(on: world.backup(), .cameAlong)
    let door = try await click(world.engine, charge)
    guard case .open = door else { throw StoryError("no page: \(door)") }
    let typed = try await world.typedCard()
    guard case .unavailable = try await copy.payOnPage(charge, with: typed) else { throw StoryError("taken") }
    #expect(try world.successes(of: charge) == 0)
    #expect(try copy.ledger.fence() != nil)
  }

  @Test func `without an answer about pages nothing is retried`() async throws {
    let world = try World()
    let charge = try await beforeRetry(world)
    let door = try await click(world.engine, charge)
    guard case .open(let page) = door else { throw StoryError("no page: \(door)") }
    // Its own page, closed by hand: nothing stands before the retry any more.
    world.clock.advance(by: .minutes(61))
    _ = try await world.engine.close(page, reason: "a test")
    world.network.fail("/v1/checkout/sessions?", .requestLost, count: 3)
    let others = try await world.owe(card: "pm_card_visa", key: "others")
    let confirmed = world.network.posts(to: "/confirm").count
    try await world.tick()
    #expect(world.network.posts(to: "/confirm").count == confirmed)
    #expect(try world.state(others) == .paid, "it stands before nobody else")
    world.network.heal()
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid)
    #expect(try world.ledger.fence() == nil)
  }

  @Test func `a retry that never left does not leave beside a page that the other has opened meanwhile`() async throws {
    let world = try World()
    let charge = try await beforeRetry(world)
    let copy = try world.engine(on: world.backup(), .cameAlong)
    world.clock.advance(by: .minutes(11))
    world.network.fail("/confirm", .notSent, count: 3)
    try await copy.tick()
    #expect(try copy.ledger.charge(charge)?.state == .unresolved)
    let door = try await click(world.engine, charge)
    guard case .open = door else { throw StoryError("no page: \(door)") }
    world.clock.advance(by: .minutes(2))
    try await copy.tick()
    #expect(try world.successes(of: charge) == 0)
    #expect(try copy.ledger.fence() != nil)
  }

  // MARK: the same request of both

  @Test func `two copies that send the same first attempt at once take the money once`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let copy = try world.engine(on: world.backup(), .cameAlong)
    async let here = world.tick()
    async let there = copy.tick()
    _ = try await (here, there)
    world.clock.advance(by: .minutes(2))
    try await copy.tick()
    try await world.tick()
    #expect(world.sandbox.ids(of: "payment_intent").count == 1)
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.state(charge) == .paid)
    #expect(try copy.ledger.charge(charge)?.state == .paid)
  }

  @Test func `a copy that wakes up a day later sends nothing that the other has sent`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let copy = try world.engine(on: world.backup(), .cameAlong)
    try await world.tick()
    world.clock.advance(by: .hours(25))
    let posts = world.posts
    try await copy.tick()
    #expect(world.posts == posts)
    #expect(try copy.ledger.fence() != nil)
    #expect(try world.successes(of: charge) == 1)
  }
}
