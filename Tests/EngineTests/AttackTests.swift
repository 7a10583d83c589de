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

/// Attacks on the money: charged twice, lost, or collected when nobody may.
@Suite struct AttackTests {
  /// A recovering charge whose customer pays its link by a bank debit.
  private func debitThroughCheckout(_ world: World, _ charge: ChargeID, _ bank: String = "pm_usBankAccount_success")
    throws
    -> CheckoutSessionID
  {
    guard let session = try world.ledger.liveCheckout(of: charge)?.session else { throw StoryError("no checkout") }
    _ = try world.sandbox.submit(session: session.text, .bank(bank))
    return session
  }

  @Test func `a debit that came back before anybody looked at its session leaves the charge payable`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    _ = try debitThroughCheckout(world, charge, "pm_usBankAccount_insufficientFunds")
    // Neither webhook nor tick for five days: `completed` and `async_payment_failed` are found together.
    try await world.tick(after: .days(5))
    try await world.tick(after: .minutes(10))
    #expect(try world.state(charge) == .recovering)
    guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    else {
      Issue.record("the customer can never pay again: \(String(describing: try world.ledger.liveCheckout(of: charge)))")
      return
    }
  }

  @Test func `a checkout that failed long ago does not end the debit of a later attempt`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    let session = try debitThroughCheckout(world, charge)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .processing)
    let intent = try #require(world.sandbox.ids(of: "payment_intent").last)
    try world.sandbox.settleDebit(of: intent, succeeds: false)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .recovering)
    // The new link expires unused; a bank account that the customer saves brings an off-session debit.
    let report = try world.report(charge)
    let bank = try await world.saveBank("pm_usBankAccount_success", of: report.charge.customer)
    guard
      case .live = try world.ledger.writeCheckout(
        for: charge, by: .engine, expiresAt: world.clock.now, at: world.clock.now,
        freeze: { _, _ in report.attempts[0].request })
    else {
      Issue.record("no new link")
      return
    }
    try world.adopt(bank, of: report.charge)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .processing)
    #expect(try world.report(charge).attempts.last?.state == .processing)
    // The browser tab of the failed debit is loaded again.
    _ = try await world.engine.settle(session)
    #expect(try world.state(charge) == .processing)
    let tick = try await world.tick(after: .minutes(1))
    #expect(tick.errors == 0)
  }

  @Test func `money under our ledger's id that the ledger has forgotten is not collected again`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let owed = try world.report(charge).charge
    let method = try #require(owed.paymentMethod)
    // The ledger was restored from a backup of before the attempt; Stripe has long forgotten the key.
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(owed.customer)&payment_method=\(method)&off_session=true&confirm=true"
        + "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
        + "&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=\(charge)&metadata[dues_attempt]=1")
    #expect(made["status"] as? String == "succeeded", "\(made)")
    try await world.tick()
    try await world.tick(after: .minutes(10))
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `an unanswered attempt of a charge that was paid otherwise is not sent again`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 3)
    try await world.tick()
    #expect(try world.state(charge) == .unresolved)
    let owed = try world.report(charge).charge
    _ = try world.ledger.intentSucceeded(
      "pi_elsewhere", of: charge, received: owed.money, by: .offSession, world.policyContext)
    #expect(try world.state(charge) == .paid)
    try await world.tick(after: .minutes(5))
    #expect(try world.successes(of: charge) == 0, "the one that paid is not in this sandbox")
  }

  @Test func `a machine that is suspended while it waits to resend does not resend a day later`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .answerLost)
    _ = try await world.engine(asleep: .hours(30)).tick(limit: nil)
    try await world.tick(after: .minutes(5))
    #expect(try world.successes(of: charge) == 1)
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1)
  }

  @Test func `a card that was stopped for fraud is not charged when it is saved again`() async throws {
    let world = try World()
    let (customer, card) = try await world.customer("pm_card_sandboxDecline_fraudulent")
    let first = try await world.owe(by: customer, with: card, key: "first")
    try await world.tick()
    #expect(try world.state(first) == .uncollectible)
    let again = try await world.stripePost(
      "/v1/payment_methods/pm_card_sandboxDecline_fraudulent/attach", "customer=\(customer)")
    let second = try await world.owe(
      by: customer, with: PaymentMethodID(try #require(again["id"] as? String)), key: "second")
    #expect(
      try world.ledger.paymentMethod(PaymentMethodID(try #require(again["id"] as? String)))?.fingerprint
        == world.ledger.paymentMethod(card)?.fingerprint)
    try await world.tick(after: .minutes(1))
    #expect(try world.report(second).attempts.isEmpty)
  }

  @Test func `no card is tried more often than its budget allows`() async throws {
    let world = try World()
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    for n in 0..<9 { _ = try await world.owe(by: customer, with: card, key: "k\(n)") }
    for _ in 0..<3 { try await world.tick(after: .hours(25)) }
    let tries = world.network.requests.count {
      $0.method == .post && ($0.url.hasSuffix("/v1/payment_intents") || $0.url.hasSuffix("/confirm"))
    }
    #expect(tries <= 15)
  }

  @Test func `nothing is charged after the deadline, however late the tick is`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    for day in [0, 1, 3, 4] as [Int64] { try await world.tick(after: .days(day) + .minutes(1)) }
    let retry = try #require(try world.report(charge).recovery?.nextRetryAt)
    #expect(try world.report(charge).attempts.count == 4)
    try await world.tick(after: retry - world.clock.now + .days(3))
    #expect(try world.report(charge).attempts.count == 4)
    #expect(try world.state(charge) == .uncollectible)
  }

  @Test func `an unanswered attempt of a paid charge that was declined does not stop the resolve pass`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    let owed = try world.report(charge).charge
    _ = try world.ledger.intentSucceeded(
      "pi_elsewhere", of: charge, received: owed.money, by: .offSession, world.policyContext)
    #expect(try await world.tick(after: .minutes(5)).errors == 0)
    #expect(try world.report(charge).attempts.first?.state == .declined)
  }

  @Test func `money that arrives after a withdrawal is shown to a person`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick(after: .minutes(5))
    #expect(try world.state(charge) == .paid)
    #expect(try world.matters() == [.paidAfterEnd])
  }

  @Test func `another amount than what is owed stops all further collecting`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    _ = try world.ledger.settle(
      SettledCheckout(
        session: session, intent: "pi_other", received: Money(amount: 999, currency: .usd), lineItems: "[]",
        savedMethod: nil), world.policyContext)
    #expect(try world.matters() == [.wrongAmount])
    let report = try await world.tick(after: .hours(25))
    #expect(report.retried == 0, "who has paid something is not charged in full as well")
    #expect(try world.state(charge) == .held)
  }

  @Test func `a wrong amount off session leaves a charge that a person can end`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let attempt = try world.claimAndDie()
    let wrong = Conclusion(
      outcome: .succeeded(received: Money(amount: 1, currency: .usd)), intent: "pi_wrong", intentState: .succeeded,
      networkDeclineCode: nil, networkAdviceCode: nil, requestID: nil, endsResending: false, isUnexecuted: false)
    _ = try world.ledger.conclude(charge, attempt: attempt.number, wrong, world.policyContext)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .canceled)
  }

  @Test func `a late event about a canceled intent does not end the debit of its successor`() async throws {
    let world = try World()
    let (customer, bank) = try await world.bankCustomer("pm_usBankAccount_success")
    let card = try await world.stripePost(
      "/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer=\(customer)")
    let charge = try await world.owe(by: customer, with: PaymentMethodID(try #require(card["id"] as? String)), key: "k")
    try await world.tick()
    let first = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await world.stripePost("/v1/payment_intents/\(first)/cancel", "cancellation_reason=abandoned")
    try world.ledger.intentCanceled(first, byUs: true, at: world.clock.now)
    try world.adopt(bank, of: try world.report(charge).charge)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .processing)
    let hint = "dues_attempt=1\ndues_charge=\(charge)\ndues_ledger=\(world.ledger.id)"
    _ = try world.ledger.store(
      EventRecord(
        id: "evt_late", type: "payment_intent.canceled", object: first.text, payload: Data(hint.utf8),
        createdAt: world.clock.now, source: .webhook), at: world.clock.now)
    _ = try await world.engine.applyEvents()
    #expect(try world.state(charge) == .processing, "its second intent is still on its way")
  }
}

extension World {
  /// The customer's other failed charges get this method, and a retry at once.
  fileprivate func adopt(_ method: PaymentMethodID, of charge: Charge) throws {
    let job = try Job.monthly("other")
    let agreement = Agreement.new(
      id: ledger.id.agreement(key: "other \(method)"), state: .pending, customer: charge.customer, job: "other",
      terms: job.terms, start: try CivilDate(parsing: "2030-01-01"), paymentMethod: charge.paymentMethod, key: nil,
      consent: "admin", createdAt: clock.now)
    _ = try ledger.add(agreement, again: true, at: clock.now)
    guard let saved = try ledger.paymentMethod(method) else { throw StoryError("the method is not in the ledger") }
    try keepSetup(saved, of: charge.customer, job: job, make: agreement)
  }
}
