import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// Attacks on what is seen of money that went back: each tries to keep somebody in the dark, or to tell what is not so.
@Suite struct MoneyBackAttackTests: MoneyBackStories {
  @Test func `the merchant hears of the same sum again when a refund has failed in between`() async throws {
    let world = try World()
    let charge = try await paid(world)
    for turn in 1...2 {
      _ = try await refund(world, charge, amount: 300)
      try await world.tick(after: .seconds(5))
      #expect(try world.report(charge).charge.amountRefunded == 300)
      #expect(try world.merchant.messages("charge.refunded").count == turn * 2 - 1)
      try settleLastRefund(world, succeeds: false)
      try await world.tick(after: .seconds(5))
      #expect(try world.report(charge).charge.amountRefunded == 0)
      #expect(try world.merchant.messages("charge.refunded").count == turn * 2)
    }
    for event in world.sandbox.ids(of: "event") { world.sandbox.resend(event: event) }
    try await world.tick(after: .minutes(5))
    #expect(try world.merchant.messages("charge.refunded").count == 4)
  }

  @Test func `a refund of ours that was pending and fails after days is said in the history`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
    #expect(try world.report(charge).charge.amountRefunded == 0, "the bank has not taken it yet")
    try settleLastRefund(world, succeeds: false)
    for _ in 0..<3 { try await world.tick(after: .minutes(1)) }
    #expect(try world.report(charge).charge.amountRefunded == 0)
    let failed = try world.report(charge).history.filter { $0.what == .refundRefused }
    #expect(failed.count == 1, "and once")
  }

  /// What a slow reader has seen does not undo what a quicker one has written since.
  @Test func `an older reading does not overtake a newer one`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await refund(world, charge, amount: 300)
    let ledger = world.ledger
    // It was answered when 300 had gone back; before it writes, another process has seen 400 more.
    let answers = LockedList<String>()
    let slow = world.engine(retelling: "/v1/payment_intents/") { text in
      answers.append([text])
      guard answers.all.count == 1 else { return text }
      do {
        _ = try ledger.moneyBack(
          MoneyBack(intent: intent, refunded: 700, isDisputed: false, before: nil), at: World.start)
      } catch {
        Issue.record("\(error)")
      }
      return text.replacing(/"amount_refunded":\s*700/, with: #""amount_refunded": 300"#)
    }
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=400")
    _ = try await slow.readMoneyBack(intent)
    #expect(try world.report(charge).charge.amountRefunded == 700)
  }

  @Test func `a second payment whose refund fails after days is put before a person again`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let second = try await payAgain(world, charge, card: "pm_card_refundFail")
    #expect(try world.matters() == [.secondPayment])
    _ = try await refund(world, charge, through: second)
    #expect(try world.matters().isEmpty)
    try await world.tick(after: .days(10))
    try await world.tick(after: .minutes(1))
    #expect(try world.ledger.payment(through: second)?.refunded == 0)
    #expect(try world.matters() == [.secondPayment])
    // What stood never is not raised by a refund that fails.
    let other = try await world.owe(card: "pm_card_refundFail", key: "k2")
    try await world.tick()
    _ = try await refund(world, other)
    try await world.tick(after: .days(10))
    #expect(try world.report(other).charge.amountRefunded == 0)
    #expect(try world.matters() == [.secondPayment])
  }

  @Test func `of two payments the first may be given back instead, and then nobody is asked to give back the other`()
    async throws
  {
    let world = try World()
    let charge = try await paid(world)
    let first = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await payAgain(world, charge)
    _ = try await refund(world, charge, amount: 600, through: first)
    #expect(try world.matters() == [.secondPayment], "a part is not enough")
    _ = try await refund(world, charge, through: first)
    #expect(try world.matters().isEmpty)
  }

  @Test func `a held charge is still put before a person when the wrong amount has gone back`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let wrong = try await payAgain(world, charge, amount: 500)
    #expect(try world.state(charge) == .held)
    #expect(try world.matters() == [.wrongAmount])
    _ = try await refund(world, charge, through: wrong)
    #expect(try world.state(charge) == .held)
    #expect(try world.matters() == [.held])
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick()
    #expect(try world.state(charge) == .canceled)
    #expect(try world.matters().isEmpty)
  }

  @Test func `a dispute of a second payment is told as well, and the end of one leaves the other standing`()
    async throws
  {
    let world = try World()
    let charge = try await paid(world)
    let first = try #require(try world.report(charge).charge.paymentIntent)
    let second = try await payAgain(world, charge)
    let ground = SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback)
    let one = try world.sandbox.dispute(charge: stripeCharge(world, of: first), ground)
    try await world.tick(after: .seconds(5))
    let two = try world.sandbox.dispute(charge: stripeCharge(world, of: second), ground)
    for _ in 0..<3 { try await world.tick(after: .minutes(1)) }
    #expect(try world.merchant.messages("charge.disputed").count == 2)
    #expect(try world.happenings(charge).filter { $0 == .disputed }.count == 2)
    try world.sandbox.close(dispute: one, .won)
    for _ in 0..<2 { try await world.tick(after: .seconds(5)) }
    #expect(try world.matters().contains(.disputed), "the other is still open")
    try world.sandbox.close(dispute: two, .lost)
    try await world.tick(after: .seconds(5))
    #expect(try !world.matters().contains(.disputed))
    #expect(try world.happenings(charge).filter { $0 == .disputeClosed }.count == 2)
  }

  @Test func `a later dispute of a second payment stands, though the first dispute is over`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let first = try #require(try world.report(charge).charge.paymentIntent)
    let second = try await payAgain(world, charge)
    let ground = SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback)
    let one = try world.sandbox.dispute(charge: stripeCharge(world, of: first), ground)
    // Opened and closed before anybody has looked.
    try world.sandbox.close(dispute: one, .won)
    for _ in 0..<2 { try await world.tick(after: .minutes(1)) }
    #expect(try !world.matters().contains(.disputed))
    _ = try world.sandbox.dispute(charge: stripeCharge(world, of: second), ground)
    try await world.tick(after: .minutes(1))
    #expect(try world.matters().contains(.disputed))
  }

  @Test func `what was disputed while nobody could hear of it is learned by comparing`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    try await world.tick(after: .days(5))
    _ = try world.sandbox.dispute(
      charge: stripeCharge(world, of: intent), SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback))
    // Stripe keeps its events for 30 days; the payment is older than the window of the comparison.
    world.clock.advance(by: .days(40))
    _ = try await world.engine.reconcile(since: nil, refundsDuplicates: false)
    #expect(try world.report(charge).charge.disputedAt != nil)
    #expect(try world.matters().contains(.disputed))
  }

  @Test func `nor does the timer that was off for so long miss it`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    try await world.tick(after: .days(5))
    _ = try world.sandbox.dispute(
      charge: stripeCharge(world, of: intent), SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback))
    try await world.tick(after: .days(40))
    #expect(try world.report(charge).charge.disputedAt != nil)
    #expect(try world.matters().contains(.disputed))
  }

  @Test func `a person who resumes after a dispute is not overruled by the next reading`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    let dispute = try world.sandbox.dispute(
      charge: stripeCharge(world, of: intent), SandboxDisputeGround(reason: "general", caseType: .inquiry))
    try await world.tick(after: .minutes(1))
    #expect(try world.ledger.agreement(agreement.id)?.state == .paused)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    _ = try await refund(world, charge, amount: 100)
    try await world.tick(after: .minutes(1))
    try world.sandbox.close(dispute: dispute, .won)
    try await world.tick(after: .minutes(1))
    #expect(try world.ledger.agreement(agreement.id)?.state == .active)
    #expect(try world.matters().isEmpty)
  }

  @Test func `an event about a refund that comes before its payment is recorded waits for it`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let attempt = try world.claimAndDie()
    _ = await world.engine.stripe.send(StripeRequest(attempt.request))
    let intent = try #require(world.sandbox.ids(of: "payment_intent").last)
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=300")
    // Only the refund's event is heard of, by a webhook.
    let event = EventRecord(
      id: "evt_early", type: "charge.refunded", object: "ch_1", payload: Data("payment_intent=\(intent)".utf8),
      createdAt: world.clock.now, source: .webhook)
    _ = try world.ledger.store(event, at: world.clock.now)
    _ = try await world.engine.applyEvents()
    #expect(try world.report(charge).charge.amountRefunded == 0)
    for _ in 0..<3 { try await world.tick(after: .minutes(2)) }
    #expect(try world.state(charge) == .paid)
    #expect(try world.report(charge).charge.amountRefunded == 300)
    #expect(try world.merchant.messages("charge.refunded").count == 1)
  }

  @Test func `a duplicate is not proven by a payment that is on its way back`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    let first = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await payAgain(world, charge)
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(first)")
    _ = try await world.engine.reconcile(since: World.start, refundsDuplicates: true)
    #expect(try refundsAtStripe(world) == [1099])
  }
}
