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

/// Attacks on money that goes back: each tries to lose it, to give it back twice, or to keep somebody in the dark.
@Suite struct MoneyBackAttackTests {
  private func paid(_ world: World, card: String = "pm_card_visa") async throws -> ChargeID {
    let charge = try await world.owe(card: card)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    return charge
  }

  private func refund(
    _ world: World, _ charge: ChargeID, amount: Int64? = nil, through intent: PaymentIntentID? = nil,
    by engine: Engine? = nil
  ) async throws -> RefundResult {
    try await (engine ?? world.engine).refund(
      charge, through: intent, amount: amount, reason: .requestedByCustomer)
  }

  private func object(_ world: World, _ id: String) throws -> [String: Any] {
    let data = try #require(world.sandbox.json(of: id))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func refundsAtStripe(_ world: World) throws -> [Int] {
    try world.sandbox.ids(of: "refund").map { try #require(try object(world, $0)["amount"] as? Int) }
  }

  /// The charge is paid once more, past Dues.
  private func payAgain(_ world: World, _ charge: ChargeID, amount: Int64 = 1099, card: String? = nil) async throws
    -> PaymentIntentID
  {
    let owed = try #require(try world.ledger.charge(charge))
    var method = try #require(owed.paymentMethod?.text)
    if let card {
      method = try #require(
        try await world.stripePost("/v1/payment_methods/\(card)/attach", "customer=\(owed.customer)")["id"] as? String)
    }
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=\(amount)&currency=usd&customer=\(owed.customer)&payment_method=\(method)&confirm=true"
        + "&off_session=true&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=\(charge)")
    let intent = PaymentIntentID(try #require(made["id"] as? String))
    _ = try world.ledger.intentSucceeded(
      intent, of: charge, received: Money(amount: amount, currency: .usd), by: .offSession, world.policyContext)
    return intent
  }

  private func stripeCharge(_ world: World, of intent: PaymentIntentID) throws -> String {
    try #require(try object(world, intent.text)["latest_charge"] as? String)
  }

  private func settleLastRefund(_ world: World, succeeds: Bool) throws {
    try world.sandbox.settle(refund: try #require(world.sandbox.ids(of: "refund").last), succeeds: succeeds)
  }

  /// Another wire: a refund is refused for a reason that is not about it, and none is listed.
  private func engine(_ world: World, refusingWith status: Int, _ body: String) -> Engine {
    let wire = world.network.http
    let http = HTTPClient { request async throws(TransportError) in
      guard request.method == .post, request.url.hasSuffix("/v1/refunds") else { return try await wire.send(request) }
      return HTTPResponse(status: status, body: Data(body.utf8))
    }
    let clock = world.engine.clock
    let stripe = StripeClient(
      http: http,
      configuration: StripeConfiguration(
        apiKey: "sk_test_world", apiBase: "http://127.0.0.1:12111", apiVersion: "2026-10-28.endive",
        timeout: .seconds(80), userAgent: "Dues/test"),
      pacer: Pacer(
        requestsPerSecond: 1000, requestsPerSecondPerEndpoint: 1000, now: { clock.now().milliseconds },
        sleep: clock.sleep),
      serverTime: world.engine.stripe.serverTime)
    return Engine(
      ledger: world.ledger, stripe: stripe, mail: world.engine.mail, merchant: world.engine.merchant,
      links: world.engine.links, settings: world.engine.settings, clock: clock, logger: world.engine.logger)
  }

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

  @Test func `a lost refund that has failed by the time it is found is not called made`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    world.network.fail("/v1/refunds", .answerLost, count: 3)
    _ = try await refund(world, charge)
    world.network.heal()
    try settleLastRefund(world, succeeds: false)
    try await world.tick(after: .minutes(2))
    #expect(try world.happenings(charge).contains(.refundRefused))
    #expect(try !world.happenings(charge).contains(.refundMade))
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [1099, 1099])
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
        _ = try ledger.moneyBack(MoneyBack(intent: intent, refunded: 700, isDisputed: false), at: World.start)
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

  struct Refusal: Sendable, CustomTestStringConvertible {
    let status: Int
    let body: String
    var testDescription: String { "\(status)" }
  }

  static let strangeRefusals = [
    Refusal(status: 401, body: #"{"error":{"type":"invalid_request_error","message":"Expired API Key"}}"#),
    Refusal(status: 403, body: #"{"error":{"type":"invalid_request_error","message":"no permission"}}"#),
    Refusal(
      status: 404,
      body: #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}"#),
    Refusal(
      status: 400,
      body: #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}"#),
    Refusal(status: 400, body: #"{"error":{"type":"idempotency_error","message":"other parameters"}}"#),
  ]

  /// The first sending may still be on its way; a refusal that is not about the refund says nothing about it.
  @Test(arguments: strangeRefusals)
  func `a sent refund is not given up because of a refusal that is about something else`(given: Refusal) async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge, amount: 400)
    world.network.heal()
    let onItsWay = try #require(world.network.posts(to: "/v1/refunds").last)
    world.clock.advance(by: .minutes(2))
    guard case .unanswered = try await refund(world, charge, by: engine(world, refusingWith: given.status, given.body))
    else { throw StoryError("given up") }
    // It arrives after all, and an impatient person asks once more.
    _ = try await world.sandbox.http.send(onItsWay)
    _ = try await refund(world, charge, amount: 400)
    #expect(try refundsAtStripe(world) == [400])
    #expect(try world.report(charge).charge.amountRefunded == 400)
  }

  /// Nothing was sent before: a wrong key is a refusal, and may be asked for again with the right one.
  @Test func `a first sending that the key may not do is refused`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let locked = engine(world, refusingWith: 403, Self.strangeRefusals[1].body)
    guard case .refused = try await refund(world, charge, by: locked) else { throw StoryError("not refused") }
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [1099])
  }

  @Test func `many who ask for all of it at once give it back once`() async throws {
    let world = try World()
    let charge = try await paid(world)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          do { _ = try await refund(world, charge) } catch {
            // Gone back whole already.
          }
        }
        group.addTask {
          do { _ = try await world.engine.sync() } catch { Issue.record("\(error)") }
        }
      }
    }
    for _ in 0..<3 { try await world.tick(after: .minutes(2)) }
    #expect(try refundsAtStripe(world) == [1099])
    #expect(try world.report(charge).charge.amountRefunded == 1099)
    #expect(try world.merchant.messages("charge.refunded").count == 1)
    #expect(try world.matters().isEmpty)
  }

  @Test func `staff refund in the dashboard while ours has no answer: no more goes back than was received`()
    async throws
  {
    let world = try World()
    let charge = try await paid(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge)
    world.network.heal()
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=500")
    try await world.tick(after: .minutes(2))
    #expect(try refundsAtStripe(world) == [500])
    #expect(try world.report(charge).charge.amountRefunded == 500)
    _ = try await refund(world, charge)
    #expect(try refundsAtStripe(world) == [500, 599])
    #expect(try world.report(charge).charge.amountRefunded == 1099)
  }

  @Test(arguments: [(Duration.hours(20) - .minutes(1), true), (.hours(20), false), (.hours(24), false)])
  func `a key of almost twenty hours is used, an older one is not`(age: Duration, isSent: Bool) async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge)
    let written = try #require(try world.ledger.refundsToSettle(limit: 1).first).writtenAt
    world.network.heal()
    world.clock.advance(by: written + age - world.clock.now)
    try await world.tick()
    #expect(try refundsAtStripe(world).count == (isSent ? 1 : 0))
    #expect(try world.ledger.refundsToSettle(limit: 1).isEmpty == isSent)
  }

  @Test func `a replayed 500 behind which nothing was made ends after a day, and is not sent for ever`() async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .serverError, count: 1000)
    _ = try await refund(world, charge)
    for _ in 0..<30 { try await world.tick(after: .hours(1)) }
    world.network.heal()
    try await world.tick(after: .minutes(2))
    #expect(try world.ledger.refundsToSettle(limit: 1).isEmpty)
    #expect(try world.matters().isEmpty)
    #expect(try refundsAtStripe(world).isEmpty)
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
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

  @Test(
    .disabled(
      """
      Engine+Reconcile.swift, isProven: Stripe does not count a pending refund in amount_refunded, so a first payment \
      that is on its way back still proves the second to be one too many, and both go back
      """))
  func `a duplicate is not proven by a payment that is on its way back`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    let first = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await payAgain(world, charge)
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(first)")
    _ = try await world.engine.reconcile(since: World.start, refundsDuplicates: true)
    #expect(try refundsAtStripe(world) == [1099])
  }
}
