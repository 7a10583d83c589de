import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Templates
import TestSupport
import Testing
import Transport

@Suite struct RecoveryTests {
  @Test func `the customer pays the link: paid, old intent canceled, merchant told once, thanks sent`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    let session = try world.pay(charge)
    #expect(try await world.engine.settle(session) == .paid(charge))
    #expect(try await world.engine.settle(session) == .paid(charge), "any number of times")
    let report = try await world.tick(after: .minutes(1))
    #expect(report.errors == 0)
    let after = try world.report(charge)
    #expect(after.charge.state == .paid && after.charge.paidBy == .checkout)
    #expect(after.recovery?.nextRetryAt == nil && after.recovery?.endedAt != nil)
    let told = try world.merchant.messages("charge.paid")
    #expect(told.count == 1)
    let data = try #require(told.first?["data"] as? [String: Any])
    #expect(data["checkout_session"] as? String == session.text)
    #expect((data["line_items"] as? [[String: Any]])?.first?["amount_total"] as? Int == 1099)
    #expect(world.mailbox.all.count == 2, "the failure, and the thanks")
    #expect(try String(decoding: #require(world.sandbox.json(of: intent.text)), as: UTF8.self).contains("canceled"))
    #expect(try world.successes(of: charge) == 1)
    #expect(world.violations.all == [])
  }

  @Test func `a payment is found by sync when no webhook and no landing came`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.pay(charge)
    let report = try await world.tick(after: .minutes(10))
    #expect(report.eventsApplied > 0)
    #expect(try world.state(charge) == .paid)
  }

  @Test func `a payment in the moment before a retry ends the retry`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(23))
    _ = try world.pay(charge)
    // The event is lost: only closing the checkout before the retry finds the payment.
    try world.ledger.eventsRead(until: world.clock.now + .hours(2), at: world.clock.now)
    let report = try await world.tick(after: .hours(1) + .minutes(5))
    #expect(report.retried == 0)
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `a checkout that a customer opened within the hour postpones the retry`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(23) + .minutes(50))
    guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    else {
      Issue.record("no checkout for the customer")
      return
    }
    #expect(try await world.tick(after: .minutes(15)).retried == 0)
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open)
    #expect(try await world.tick(after: .hours(1)).retried == 1)
  }

  @Test func `two clicks lead to one checkout`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    var urls: Set<String> = []
    for _ in 0..<3 {
      if case .open(let checkout) = try await world.engine.openCheckout(
        for: charge, by: .customer, youngerThan: Engine.freshFor)
      {
        urls.insert(checkout.url ?? "")
      }
    }
    #expect(urls.count == 1)
    world.clock.advance(by: .minutes(31))
    if case .open(let checkout) = try await world.engine.openCheckout(
      for: charge, by: .customer, youngerThan: Engine.freshFor)
    {
      urls.insert(checkout.url ?? "")
    }
    #expect(urls.count == 2, "after half an hour a fresh one; the old one is expired")
    #expect(world.network.posts(to: "/expire").count == 1)
  }

  @Test func `without pages of ours every mail carries a fresh Checkout URL`() async throws {
    let world = try World(publicURL: nil)
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let first = try #require(try world.ledger.liveCheckout(of: charge)?.url)
    #expect(world.mailbox.all.count == 1 && world.mailbox.all[0].text.contains(first))
    try await world.tick(after: .hours(25))
    let second = try #require(try world.ledger.liveCheckout(of: charge)?.url)
    #expect(second != first)
    #expect(
      world.mailbox.all.count == 2 && world.mailbox.all[1].text.contains(second), "the retry failed: a fresh link")
    _ = try world.pay(charge)
    try await world.tick(after: .minutes(10))
    #expect(try world.state(charge) == .paid)
  }

  @Test func `a mail that is refused for good is shown to a person, one that fails is tried again`() async throws {
    let world = try World()
    world.mailbox.fail(.unavailable("451 try later"))
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    #expect(world.mailbox.all.isEmpty)
    try await world.tick(after: .minutes(6))
    #expect(world.mailbox.all.count == 1)
    let other = try World()
    other.mailbox.fail(.refused("550 no such user"))
    let refused = try await other.owe(card: "pm_card_chargeCustomerFail")
    let report = try await other.tick()
    #expect(report.matters.map(\.kind) == [.mailRefused])
    #expect(try other.happenings(refused).contains(.noticeRefused))
    #expect(try world.happenings(charge).contains(.noticeDelayed))
  }

  @Test func `a merchant that is ill is told again under the same id`() async throws {
    let world = try World()
    world.merchant.setIll(true)
    _ = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    world.merchant.setIll(false)
    try await world.tick(after: .minutes(5))
    let ids = world.merchant.all.map { $0.headers.first { $0.name == "webhook-id" }?.value }
    #expect(ids.count == 2 && Set(ids).count == 1)
    try await world.tick(after: .hours(1))
    #expect(world.merchant.all.count == 2)
  }

  @Test func `a new card from a recovery is used for the next period`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let stored = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: stored.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(charge) == .recovering)
    let session = try world.pay(charge)
    _ = try await world.engine.settle(session)
    let after = try #require(try world.ledger.agreement(stored.id))
    #expect(after.paymentMethod != method && after.paymentMethod != nil)
    try await world.tick(after: .days(31))
    let next = world.ledger.id.charge(of: stored.id, period: PeriodKey("2026-09-30"))
    #expect(try world.state(next) == .paid)
    #expect(world.violations.all == [])
  }
}
