import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// The moment in which a recovery is over, with a click, a retry or an attempt beside it.
@Suite struct DeadlineTests {
  /// A recovering charge with nothing open, two minutes after its deadline; no tick has seen that yet.
  private func overdue(_ world: World) async throws -> ChargeID {
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    try await world.tick(after: .days(13))
    try #require(try world.ledger.liveCheckout(of: charge) == nil, "its first checkout has expired")
    world.clock.advance(by: .days(1) + .minutes(2))
    return charge
  }

  /// What a click's process commits before it sends.
  private func click(_ world: World, _ charge: ChargeID) throws -> CheckoutRecord {
    let owed = try world.report(charge).charge
    let expiresAt = world.engine.expiry(of: owed)
    let opening = try world.ledger.writeCheckout(for: charge, by: .customer, expiresAt: expiresAt, at: world.clock.now)
    {
      world.engine.freeze($0, checkout: $1, expiresAt: expiresAt, locale: "en", offersSavedMethods: true)
    }
    guard case .written(let checkout) = opening else { throw StoryError("no checkout was written: \(opening)") }
    return checkout
  }

  private func creates(_ world: World) -> Int { world.network.posts(to: "/v1/checkout/sessions").count }

  private func open(_ world: World) throws -> Int {
    try world.sandbox.ids(of: "checkout.session").count { try world.stripe($0)["status"] as? String == "open" }
  }

  @Test func `a checkout that a click is about to send is left to it, and the deadline waits`() async throws {
    let world = try World()
    let charge = try await overdue(world)
    _ = try await world.engine.readEvents(since: nil)
    let checkout = try click(world, charge)
    let before = creates(world)
    #expect(try await world.tick().errors == 0)
    #expect(creates(world) == before, "the tick sends what another process is sending")
    #expect(try world.state(charge) == .recovering)
    guard case .open = try await world.engine.sendOpening(checkout, isAgain: false) else {
      Issue.record("the customer is led nowhere")
      return
    }
    #expect(creates(world) == before + 1)
    #expect(try await world.tick(after: .minutes(1)).errors == 0)
    #expect(try world.state(charge) == .uncollectible)
    #expect(try open(world) == 0)
    #expect(world.violations.all == [])
  }

  @Test func `who pays what was opened at the deadline has paid`() async throws {
    let world = try World()
    let charge = try await overdue(world)
    _ = try await world.engine.readEvents(since: nil)
    let checkout = try click(world, charge)
    try await world.tick()
    _ = try await world.engine.sendOpening(checkout, isAgain: false)
    _ = try world.pay(charge)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.matters() == [])
  }

  @Test func `what a dead click has left is taken up a minute later, and then it is over`() async throws {
    let world = try World()
    let charge = try await overdue(world)
    _ = try await world.engine.readEvents(since: nil)
    _ = try click(world, charge)
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .uncollectible)
    #expect(try open(world) == 0)
  }

  @Test func `an answer that comes after the end changes nothing, and says nothing`() async throws {
    let world = try World()
    let charge = try await overdue(world)
    _ = try await world.engine.readEvents(since: nil)
    let checkout = try click(world, charge)
    // Its process hangs for longer than a tick waits.
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .uncollectible)
    let before = try world.happenings(charge)
    let row = try world.ledger.latestCheckout(of: charge)
    guard case .unavailable = try await world.engine.sendOpening(checkout, isAgain: false) else {
      Issue.record("the customer is led to a checkout that is over")
      return
    }
    #expect(try world.happenings(charge) == before)
    #expect(try world.ledger.latestCheckout(of: charge) == row)
    #expect(try open(world) == 0)
  }

  @Test func `a link that is wanted anew stays wanted when an older answer comes late`() async throws {
    let world = try World()
    let charge = try await world.failAndDie()
    let checkout = try world.writeCheckoutAndDie(charge)
    guard case .open = try await world.engine.sendOpening(checkout, isAgain: false) else {
      Issue.record("no checkout")
      return
    }
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    // A debit that was begun there comes back: the recovery wants a link again.
    _ = try world.ledger.settleFailed(session, intent: nil, world.policyContext)
    try #require(try world.ledger.recoveriesWantingLink(limit: 10) == [charge])
    _ = try await world.engine.sendOpening(checkout, isAgain: false)
    #expect(try world.ledger.recoveriesWantingLink(limit: 10) == [charge])
  }

  @Test func `a retry that the deadline overtakes is called off in words, and nobody is asked to pay`() async throws {
    let world = try World { $0.policy.recovery.firstNotice = .afterFirstRetry }
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    try await world.tick()
    try #require(try world.report(charge).recovery?.nextRetryAt != nil && world.mailbox.all.isEmpty)
    // No tick until it is over; and then its intent cannot be seen canceled.
    world.network.fail("/cancel", .requestLost, count: 3)
    try await world.tick(after: .days(14) + .minutes(2))
    let waiting = try world.report(charge)
    #expect(waiting.charge.state == .recovering)
    #expect(waiting.recovery?.nextRetryAt == nil && waiting.recovery?.noRetry == .pastDeadline)
    try await world.tick(after: .minutes(2))
    let over = try world.report(charge)
    #expect(over.charge.state == .uncollectible)
    let plans: [Happening] = over.history.map(\.what).filter { [.retryPlanned, .noRetry].contains($0) }
    #expect(plans == [.retryPlanned, .noRetry])
    let mails: [NoticeKind] = over.notices.map(\.kind)
    #expect(!mails.contains(.paymentFailed), "a mail about money that nobody wants any more")
    #expect(over.attempts.count == 1)
  }

  @Test func `an attempt that got on its way in the moment of the deadline is not cut off`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    try world.ledger.checkoutExpired(session, at: world.clock.now)
    world.clock.advance(by: .hours(25))
    _ = try await world.engine.readEvents(since: nil)
    _ = try world.claimAndDie()
    let before = try world.happenings(charge)
    try world.ledger.wantInstrumentsClosed(of: charge, at: world.clock.now)
    #expect(try world.happenings(charge) == before)
    #expect(try world.ledger.intentsToClose(limit: 10).isEmpty)
  }
}
