import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Notices, new cards, budgets and limits.
@Suite struct PolicyTests {
  @Test func `reminders after 3 and 7 days, the final notice 2 days before the end, then silence`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    try await world.tick()
    for _ in 0..<40 { try await world.tick(after: .hours(12)) }
    let sent = try world.report(charge).notices.filter { $0.state == "sent" }.map { notice in
      "\(notice.kind.rawValue) \(((notice.sentAt ?? World.start) - World.start).wholeSeconds / 3600)"
    }
    #expect(sent == ["payment_failed 0", "reminder 72", "reminder 168", "final_notice 288"])
    #expect(world.mailbox.all.count == 4)
    #expect(Set(world.mailbox.all.map(\.messageID)).count == 4)
  }

  @Test func `after the payment there is one thank you and nothing else`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    try await world.tick()
    _ = try world.pay(charge)
    for _ in 0..<20 { try await world.tick(after: .days(1)) }
    #expect(
      try world.report(charge).notices.filter { $0.state == "sent" }.map(\.kind) == [.paymentFailed, .paymentRecovered])
    #expect(world.mailbox.all.count == 2)
  }

  @Test(arguments: [true, false])
  func `a first notice may wait for the first retry`(retrySucceeds: Bool) async throws {
    let world = try World { $0.policy.recovery.firstNotice = .afterFirstRetry }
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    #expect(world.mailbox.all.isEmpty)
    if retrySucceeds { try world.sandbox.setBehavior(of: method.text, .succeeds) }
    try await world.tick(after: .hours(25))
    #expect(try world.state(charge) == (retrySucceeds ? .paid : .recovering))
    #expect(world.mailbox.all.count == (retrySucceeds ? 0 : 1), "who heard nothing is not thanked")
    try await world.tick(after: .hours(1))
    #expect(world.mailbox.all.count == (retrySucceeds ? 0 : 1))
  }

  @Test func `a first notice that waits for a retry goes out when there will be none`() async throws {
    let world = try World { $0.policy.recovery.firstNotice = .afterFirstRetry }
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    _ = try await world.stripe(.post, "/v1/payment_methods/\(method)/detach")
    try await world.tick(after: .hours(25))
    #expect(try world.report(charge).recovery?.noRetry == .needsNewDetails)
    #expect(world.mailbox.all.count == 1)
  }

  @Test func `a retry that brings the money thanks a customer who had heard`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    try world.sandbox.setBehavior(of: method.text, .succeeds)
    try await world.tick(after: .hours(25))
    #expect(try world.state(charge) == .paid)
    #expect(
      try world.report(charge).notices.filter { $0.state == "sent" }.map(\.kind) == [.paymentFailed, .paymentRecovered])
  }

  @Test func `a German customer gets German`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail", locale: "de-AT")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    #expect(try world.report(charge).notices.first?.locale == "de")
    let text = try #require(world.mailbox.all.first).text
    #expect(text.contains("10,99") && !text.contains("declined"))
    let body = String(decoding: world.network.posts(to: "/v1/checkout/sessions")[0].body, as: UTF8.self)
    #expect(body.contains("locale=de"))
  }

  @Test func `a new card takes the place of the failed one, and pays what else had failed`() async throws {
    let gold = try Job.monthly("gold")
    let silver = try Job.monthly("silver")
    let world = try World(jobs: [gold, silver])
    let (customer, failed) = try await world.customer("pm_card_chargeCustomerFail")
    let other = try await world.attach("pm_card_mastercard", to: customer)
    let first = try await world.agree(gold, customer, failed, start: "2026-08-31")
    let second = try await world.agree(silver, customer, failed, start: "2026-08-31")
    let untouched = try await world.owe(by: customer, with: other, key: "other card")
    try await world.tick()
    try await world.tick(after: .minutes(5))
    let charge = world.ledger.id.charge(of: first.id, period: PeriodKey("2026-08-31"))
    let sibling = world.ledger.id.charge(of: second.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(sibling) == .recovering && world.state(untouched) == .paid)
    _ = try world.pay(charge)
    try await world.tick(after: .minutes(5))
    #expect(try world.state(charge) == .paid && world.state(sibling) == .paid)
    let methods = try [first, second].map { try world.ledger.agreement($0.id)?.paymentMethod }
    #expect(methods[0] == methods[1] && methods[0] != failed)
    #expect(try world.successes(of: sibling) == 1 && world.successes(of: charge) == 1)
  }

  @Test func `a new card waives the 24 hours at most once a day`() async throws {
    let world = try World()
    let (customer, failed) = try await world.customer("pm_card_chargeCustomerFail")
    let owed = try await world.owe(by: customer, with: failed, key: "stays owed")
    let one = try await world.owe(by: customer, with: failed, key: "one")
    for _ in 0..<2 { try await world.tick(after: .minutes(1)) }
    // The new card pays on session, and its bank then declines off session.
    _ = try world.pay(one, card: "4000002760003184")
    try await world.tick(after: .minutes(5))
    try await world.tick(after: .minutes(5))
    #expect(try world.report(owed).attempts.count == 2)
    let current = try #require(try world.report(owed).charge.paymentMethod)
    let two = try await world.owe(by: customer, with: current, key: "two")
    try await world.tick(after: .minutes(5))
    _ = try world.pay(two, card: "5555555555554444")
    for _ in 0..<3 { try await world.tick(after: .minutes(5)) }
    #expect(try world.report(owed).attempts.count == 2, "once a day")
    for _ in 0..<2 { try await world.tick(after: .hours(13)) }
    #expect(try world.state(owed) == .paid, "the day is over, and the good card is there")
  }

  @Test func `the same card again is no new card`() async throws {
    let world = try World()
    let (customer, failed) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: failed.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let owed = try await world.owe(by: customer, with: failed, key: "owed")
    let one = try await world.owe(by: customer, with: failed, key: "one")
    for _ in 0..<2 { try await world.tick(after: .minutes(1)) }
    let method = try world.stripe(failed.text)
    let card = try #require(method["card"] as? [String: Any])
    _ = try world.pay(one)
    try await world.tick(after: .minutes(5))
    try await world.tick(after: .minutes(5))
    let fresh = try #require(try world.report(one).charge.paymentMethod ?? world.report(owed).charge.paymentMethod)
    let now = try #require(try world.stripe(fresh.text)["card"] as? [String: Any])
    let same =
      card["fingerprint"] as? String == now["fingerprint"] as? String
      && card["exp_year"] as? Int == now["exp_year"] as? Int && card["exp_month"] as? Int == now["exp_month"] as? Int
    #expect(try world.report(owed).attempts.count == (same ? 1 : 2))
  }

  /// Simulated, seed 70717.
  @Test func `the same card under another id, given by an admin, keeps its 24 hours`() async throws {
    let world = try World(jobs: [.monthly()])
    let (customer, failed) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(.monthly(), customer, failed, start: "2026-08-31")
    try await world.tick()
    let again = try await world.attach("pm_card_chargeCustomerFail", to: customer)
    let read = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(again))
    _ = try world.ledger.setMethod(of: agreement.id, to: read.kept(mandate: nil), at: world.clock.now)
    for _ in 0..<3 { try await world.tick(after: .hours(5)) }
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.report(charge).attempts.count == 1)
    try await world.tick(after: .hours(10))
    let attempts = try world.report(charge).attempts
    #expect(attempts.count == 2 && attempts.last?.method == again)
  }

  @Test func `a new card does not wake a paused agreement's retries`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, failed) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, failed, start: "2026-08-31")
    try await world.tick()
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    let one = try await world.owe(by: customer, with: failed, key: "one")
    try await world.tick(after: .minutes(5))
    _ = try world.pay(one)
    for _ in 0..<3 { try await world.tick(after: .minutes(5)) }
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.report(charge).attempts.count == 1)
    #expect(try world.ledger.liveCheckout(of: charge)?.state == .open, "its link lives on")
  }

  @Test func `one card is tried fifteen times in 30 days, over all that it owes`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    for n in 0..<20 { _ = try await world.owe(by: customer, with: method, key: "\(n)") }
    for _ in 0..<26 { try await world.tick(after: .days(1)) }
    let tries = world.network.posts(to: "/v1/payment_intents").count + world.network.posts(to: "/confirm").count
    #expect(tries <= 15)
  }

  @Test func `a card's budget is one, under whatever name it was saved and by whom`() async throws {
    let world = try World()
    for n in 0..<4 {
      // The same number is the same card to the networks: Stripe gives it one fingerprint.
      let (customer, method) = try await world.customer("pm_card_visa", email: "c\(n)@example.com")
      try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
      for k in 0..<5 { _ = try await world.owe(by: customer, with: method, key: "\(n) \(k)") }
    }
    for _ in 0..<26 { try await world.tick(after: .days(1)) }
    let tries = world.network.posts(to: "/v1/payment_intents").count + world.network.posts(to: "/confirm").count
    #expect(tries == 15)
  }

  @Test func `retries that a pause ended come back at an hour of the job's day`() async throws {
    let world = try World(jobs: [.monthly()])
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(.monthly(), customer, method, start: "2026-08-31")
    try await world.tick()
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    let hours = try #require(DayHours(parsing: "08:00-11:00"))
    _ = try world.ledger.resume(agreement.id, at: world.clock.now) { hours.next(from: $0, in: .utc) }
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.report(charge).recovery?.nextRetryAt == Timestamp(rfc3339: "2026-09-02T08:00:00Z"))
  }

  @Test func `five attempts a charge, never two in 24 hours, whatever the delays say`() async throws {
    let world = try World {
      $0.policy.retry = RetryPolicy(delays: Array(repeating: .hours(1), count: 9), maxAttempts: 5, maxPerCard30Days: 15)
    }
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    for _ in 0..<300 { try await world.tick(after: .hours(1)) }
    let times = try world.report(charge).attempts.map(\.writtenAt)
    #expect(times.count == 5)
    for (a, b) in zip(times, times.dropFirst()) { #expect(b - a >= .hours(24)) }
  }

  /// What the first attempt is declined with, what all later ones, and the days between the attempts.
  @Test(
    arguments: [
      (SandboxDecline("insufficient_funds"), SandboxDecline("insufficient_funds"), [2, 4]),
      (SandboxDecline("insufficient_funds"), SandboxDecline("processing_error"), [2, 1, 1, 1]),
      (SandboxDecline("processing_error"), SandboxDecline("insufficient_funds"), [1, 4]),
      // A refusal with a code, and no decline code.
      (
        SandboxDecline("processing_error"),
        SandboxDecline(bankCode: "insufficient_funds", network: nil, message: "Your card has insufficient funds."),
        [1, 4]
      ),
    ] as [(SandboxDecline, SandboxDecline, [Int64])])
  func `the latest decline's code may have delays of its own, and none follows the last of them`(
    first: SandboxDecline, later: SandboxDecline, days: [Int64]
  ) async throws {
    let world = try World {
      $0.policy.retry = RetryPolicy(
        delays: [.days(1), .days(1), .days(1), .days(1)], maxAttempts: 5, maxPerCard30Days: 15,
        delaysFor: ["insufficient_funds": [.days(2), .days(4)]])
    }
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(first))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(later))
    for _ in 0..<240 { try await world.tick(after: .hours(1)) }
    let report = try world.report(charge)
    let times = report.attempts.map(\.writtenAt)
    #expect(zip(times, times.dropFirst()).map { ($1 - $0).wholeSeconds / 86_400 } == days)
    #expect(report.charge.state == .recovering && report.recovery?.noRetry == .attemptsUsedUp)
  }

  @Test func `no retry after the deadline, even if nobody ticked for weeks`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    try await world.tick()
    let report = try await world.tick(after: .days(20))
    #expect(report.retried == 0)
    #expect(try world.state(charge) == .uncollectible)
    #expect(world.mailbox.all.count == 1)
  }

  @Test func `limits hold what is too large, and approval lets it go`() async throws {
    let world = try World {
      $0.maxCharge = [.usd: 2000]; $0.maxTickTotal = [.usd: 3500]
    }
    var charges: [ChargeID] = []
    for (n, amount) in [1500, 2001, 1500, 1500].enumerated() {
      let (customer, method) = try await world.customer("pm_card_visa", email: "n\(n)@example.com")
      charges.append(try await world.owe(Int64(amount), by: customer, with: method, key: "\(n)"))
    }
    let report = try await world.tick()
    #expect(report.paid == 2 && report.held == 2)
    #expect(try world.report(charges[1]).charge.heldReason == .overMaxCharge)
    for held in charges where try world.state(held) == .held {
      _ = try world.ledger.approve(held, at: world.clock.now, context: world.plainContext)
    }
    #expect(try await world.tick(after: .minutes(5)).paid == 2)
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
  }
}

@Suite struct TickStopTests {
  @Test func `a tick stops at the decline rate, says so, and sends the rest next time`() async throws {
    let world = try World {
      $0.stopAtDeclinesPerMille = 500
      $0.policy.retry.maxPerCard30Days = 1000
      $0.maxInFlight = 4
    }
    for n in 0..<40 {
      let (customer, method) = try await world.customer("pm_card_chargeCustomerFail", email: "n\(n)@example.com")
      _ = try await world.owe(by: customer, with: method, key: "k\(n)")
    }
    let report = try await world.tick()
    #expect(report.attempted >= 20 && report.attempted < 30)
    #expect(report.matters.map(\.kind) == [.tickStopped])
    let rest = try await world.tick(after: .minutes(1))
    #expect(rest.attempted > 0)
  }

  /// Many customers may have one card. What is on its way may succeed yet, and is no failure of it.
  @Test func `a card's budget is not used up by what is on its way`() async throws {
    let world = try World { $0.policy.retry.maxPerCard30Days = 3 }
    var charges: [ChargeID] = []
    for n in 0..<8 {
      let (customer, method) = try await world.customer("pm_card_visa", email: "n\(n)@example.com")
      charges.append(try await world.owe(by: customer, with: method, key: "\(n)"))
    }
    let report = try await world.tick()
    #expect(report.paid == 8)
    for charge in charges { #expect(try world.state(charge) == .paid) }
    #expect(world.mailbox.all.allSatisfy { !$0.subject.contains("not go through") })
    #expect(try world.matters().isEmpty)
  }

  @Test func `debits of one account that are on their way use up nothing`() async throws {
    let world = try World { $0.policy.retry.maxPerCard30Days = 2 }
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    for n in 0..<4 { _ = try await world.owe(by: customer, with: method, key: "\(n)") }
    for _ in 0..<4 { try await world.tick(after: .minutes(2)) }
    #expect(try world.ledger.status(at: world.clock.now).charges == [.processing: 4])
    for _ in 0..<6 { try await world.tick(after: .days(1)) }
    #expect(try world.ledger.status(at: world.clock.now).charges == [.paid: 4])
    #expect(world.mailbox.all.isEmpty)
  }
}
