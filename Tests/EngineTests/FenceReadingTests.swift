import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// What the simulator has found about older copies: a customer who comes before the timer, a tick that dies while it reads,
/// drafts, and what was withdrawn before it came back.
@Suite struct FenceReadingTests {
  /// A ledger restored with its whole directory from before its customer has paid through a link.
  private func older(_ world: World) async throws -> (ChargeID, String) {
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(1))
    let backup = try world.backup()
    world.clock.advance(by: .hours(2))
    try await world.payThroughLink(charge)
    try #require(try world.state(charge) == .paid)
    world.clock.advance(by: .hours(30))
    return (charge, backup)
  }

  @Test(arguments: ["click", "page", "mail"])
  func `an older copy reads Stripe before anybody's visit makes anything`(visit: String) async throws {
    let world = try World()
    let (charge, backup) = try await older(world)
    let copy = try world.engine(on: backup, .cameAlong)
    try #require(try copy.ledger.fence() == nil)
    let before = world.posts
    switch visit {
    case "click":
      switch try await copy.openCheckout(for: charge, by: .customer, youngerThan: .hours(1)) {
      case .notOwed(.paid), .unavailable: break
      case let door: Issue.record("\(door)")
      }
    case "page":
      let answer = try await copy.payOnPage(charge, with: PaymentMethodID("pm_card_visa"))
      #expect(answer == .paid || "\(answer)".hasPrefix("unavailable"), "\(answer)")
    default: #expect(await copy.fulfillAndNotify() == (0, 0))
    }
    #expect(world.posts == before)
    #expect(try world.successes(of: charge) == 1)
  }

  /// The events are in the inbox, and nobody has looked at them yet.
  @Test(arguments: 0...7)
  func `a tick that dies while it reads leaves no copy that trusts itself`(commit: Int) async throws {
    let world = try World()
    let (charge, backup) = try await older(world)
    let left = Countdown(commit)
    let dying = try world.engine(on: backup, .cameAlong)
    let watched = try Ledger.open(
      path: dying.ledger.path, place: World.place, now: world.clock.now,
      watch: { moment in if case .afterCommit = moment, left.isOver { throw StoryError("killed") } },
      newID: { LedgerID("led_never") })
    let before = world.posts
    do { _ = try await dying.with(ledger: watched).tick(limit: nil) } catch {
      // Killed, as wanted.
    }
    let next = dying.with(
      ledger: try Ledger.open(
        path: dying.ledger.path, place: World.place, now: world.clock.now
      ) { LedgerID("led_never") })
    world.clock.advance(by: .minutes(1))
    _ = try await next.openCheckout(for: charge, by: .customer, youngerThan: .hours(1))
    #expect(world.posts == before)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `nothing is written for Stripe in a ledger that has not read it for a day`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(24))
    #expect(throws: LedgerError.self) {
      try world.ledger.writeCheckout(
        for: charge, by: .customer, expiresAt: world.clock.now + .hours(2), at: world.clock.now
      ) { charge, number in
        FrozenRequest(path: "/", body: Data(), idempotencyKey: "\(charge.id) \(number)")
      }
    }
  }

  @Test func `a draft of a refused create beside the attempt that followed keeps no fence up`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let backup = try world.backup()
    let customer = try #require(try world.ledger.charge(charge)).customer
    let metadata = "metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=\(charge)"
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&\(metadata)&metadata[dues_attempt]=1"
        + "&payment_method=\(try #require(try world.ledger.charge(charge)?.paymentMethod))")
    try #require(made["status"] as? String == "requires_confirmation")
    _ = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&\(metadata)&metadata[dues_attempt]=2")
    world.clock.advance(by: .hours(30))
    let copy = try world.engine(on: backup, .cameAlong)
    try await copy.tick()
    try #require(try copy.ledger.fence() != nil)
    let lift = try await copy.liftFence()
    #expect(lift.isLifted, "\(lift.blocked)")
    #expect(try copy.ledger.attempts(of: charge).map(\.number) == [1, 2])
  }

  @Test func `what was withdrawn before it was found on its way is not asked for again`() async throws {
    let world = try World()
    let (customer, bank) = try await world.bankCustomer("pm_usBankAccount_success")
    try world.sandbox.setBehavior(of: bank.text, .debits(days: 4, failure: SandboxDecline("insufficient_funds")))
    let charge = try await world.owe(by: customer, with: bank, key: "debit")
    let backup = try world.backup()
    try await world.tick()
    try #require(try world.state(charge) == .processing)
    world.clock.advance(by: .hours(30))
    let copy = try world.engine(on: backup, .stayed)
    _ = try copy.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try copy.ledger.finishCancel(charge, world.policyContext)
    #expect(try await copy.liftFence().isLifted)
    try #require(try copy.ledger.charge(charge)?.state == .processing)
    let before = world.network.posts(to: "/v1/checkout/sessions").count
    for _ in 0..<6 {
      world.clock.advance(by: .days(1))
      try await copy.tick()
    }
    #expect(try copy.ledger.charge(charge)?.state == .canceled)
    #expect(world.network.posts(to: "/v1/checkout/sessions").count == before)
  }
}

/// Over after so many.
private final class Countdown: Sendable {
  private let left: Locked<Int>
  init(_ count: Int) { left = Locked(count) }
  var isOver: Bool {
    left.withLock { left in
      left -= 1
      return left < 0
    }
  }
}
