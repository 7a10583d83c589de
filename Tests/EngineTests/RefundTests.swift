import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Money that goes back, by our hand or another's.
@Suite struct RefundTests {
  /// A charge that was paid off session.
  private func paid(_ world: World) async throws -> ChargeID {
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    return charge
  }

  private func refund(_ world: World, _ charge: ChargeID, amount: Int64? = nil) async throws -> RefundResult {
    try await world.engine.refund(charge, through: nil, amount: amount, reason: .requestedByCustomer)
  }

  private func refundsAtStripe(_ world: World) throws -> [Int] {
    try world.sandbox.ids(of: "refund").map { id in
      let data = try #require(world.sandbox.json(of: id))
      let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      return try #require(object["amount"] as? Int)
    }
  }

  @Test(arguments: [(nil as Int64?, 1099), (400, 400)])
  func `what is asked for goes back, and the ledger shows what Stripe shows`(amount: Int64?, made: Int) async throws {
    let world = try World()
    let charge = try await paid(world)
    guard case .made = try await refund(world, charge, amount: amount) else {
      Issue.record("not made")
      return
    }
    #expect(try refundsAtStripe(world) == [made])
    #expect(try world.report(charge).charge.amountRefunded == Int64(made))
    #expect(try world.state(charge) == .paid)
    try await world.tick(after: .minutes(5))
    try await world.tick(after: .minutes(5))
    #expect(try world.merchant.messages("charge.refunded").count == 1)
    #expect(try world.merchant.messages("charge.paid").count == 1)
  }

  @Test func `no more goes back than was received`() async throws {
    let world = try World()
    let charge = try await paid(world)
    await #expect(throws: LedgerError.self) { try await refund(world, charge, amount: 1100) }
    await #expect(throws: LedgerError.self) { try await refund(world, charge, amount: 0) }
    _ = try await refund(world, charge, amount: 1000)
    await #expect(throws: LedgerError.self) { try await refund(world, charge, amount: 100) }
    _ = try await refund(world, charge)
    await #expect(throws: LedgerError.self) { try await refund(world, charge) }
    #expect(try refundsAtStripe(world) == [1000, 99])
  }

  @Test func `what was never paid cannot be refunded`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    await #expect(throws: LedgerError.self) { try await refund(world, charge) }
    #expect(try refundsAtStripe(world).isEmpty)
  }

  /// However the wire breaks, and however often a person asks again, one refund is made.
  @Test(arguments: [Network.Fault.notSent, .answerLost, .requestLost, .serverError])
  func `a refund without an answer is taken up, and made once`(fault: Network.Fault) async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", fault, count: 3)
    guard case .unanswered = try await refund(world, charge) else {
      Issue.record("answered")
      return
    }
    world.network.heal()
    // Impatience: the same again takes up the first.
    guard case .made(let record) = try await refund(world, charge, amount: 1) else {
      Issue.record("not taken up")
      return
    }
    #expect(record.amount == 1099)
    for _ in 0..<3 { try await world.tick(after: .hours(10)) }
    #expect(try refundsAtStripe(world) == [1099])
    #expect(try world.report(charge).charge.amountRefunded == 1099)
  }

  @Test func `a refund whose 500 is stored is found by asking`() async throws {
    let world = try World()
    let charge = try await paid(world)
    world.sandbox.inject(SandboxFault(.failsAfter, method: .post, pathPrefix: "/v1/refunds"))
    guard case .unanswered = try await refund(world, charge) else {
      Issue.record("answered")
      return
    }
    try await world.tick(after: .minutes(2))
    #expect(try refundsAtStripe(world) == [1099])
    #expect(try world.ledger.refundsToSettle(limit: 10).isEmpty)
    #expect(try world.happenings(charge).contains(.refundMade))
  }

  @Test func `nobody answers for an hour: a person is told; for a day: it was never made, and may be asked for anew`()
    async throws
  {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .requestLost, count: 100)
    _ = try await refund(world, charge)
    try await world.tick(after: .hours(2))
    #expect(try world.matters().contains(.refundUnanswered))
    world.clock.advance(by: .hours(24))
    world.network.heal()
    try await world.tick()
    #expect(try refundsAtStripe(world).isEmpty)
    #expect(try world.matters().contains(.refundUnanswered) == false)
    #expect(try world.happenings(charge).contains(.refundRefused))
    _ = try await refund(world, charge)
    #expect(try refundsAtStripe(world) == [1099])
  }

  @Test func `from twenty hours on it is asked about, and not sent again`() async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .answerLost, count: 3)
    _ = try await refund(world, charge)
    world.network.heal()
    let sent = world.network.posts(to: "/v1/refunds").count
    try await world.tick(after: .hours(30))
    #expect(world.network.posts(to: "/v1/refunds").count == sent)
    #expect(try refundsAtStripe(world) == [1099])
    #expect(try world.happenings(charge).contains(.refundMade))
  }

  @Test func `a refund in the dashboard is seen, told once, and a failed one taken back`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_refundFail")
    try await world.tick()
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=300")
    try await world.tick(after: .seconds(5))
    #expect(try world.report(charge).charge.amountRefunded == 300)
    for event in world.sandbox.ids(of: "event") { world.sandbox.resend(event: event) }
    try await world.tick(after: .seconds(10))
    #expect(try world.merchant.messages("charge.refunded").count == 1)
    // The bank sends it back after all.
    try await world.tick(after: .days(10))
    #expect(try world.report(charge).charge.amountRefunded == 0)
    #expect(try world.merchant.messages("charge.refunded").count == 2)
    #expect(try world.state(charge) == .paid)
  }

  @Test func `a second payment is given back with one command, and nothing stands in status any more`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let first = try #require(try world.report(charge).charge.paymentIntent)
    let owed = try #require(try world.ledger.charge(charge))
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(owed.customer)&payment_method=\(try #require(owed.paymentMethod))&confirm=true"
        + "&off_session=true&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=\(charge)")
    let second = PaymentIntentID(try #require(made["id"] as? String))
    _ = try world.ledger.intentSucceeded(
      second, of: charge, received: owed.money, by: .offSession, world.policyContext)
    #expect(try world.matters() == [.secondPayment])
    await #expect(throws: LedgerError.self) { try await refund(world, charge) }
    let result = try await world.engine.refund(charge, through: second, amount: nil, reason: .duplicate)
    guard case .made = result else {
      Issue.record("\(result)")
      return
    }
    #expect(try world.matters().isEmpty)
    // The charge keeps what it was paid with.
    #expect(try world.report(charge).charge.amountRefunded == 0)
    #expect(try world.ledger.payment(through: first)?.refunded == 0)
    #expect(try world.state(charge) == .paid)
  }

  @Test func `a dispute pauses the agreement, tells the merchant once, and stands until it is closed`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let charge = try #require(
      try world.ledger.reports(state: .paid, customer: customer, email: nil, since: nil, limit: 1).first
    ).charge.id
    let stripeCharge = try #require(world.sandbox.ids(of: "charge").last)
    let ground = SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback)
    try world.sandbox.dispute(charge: stripeCharge, ground)
    try await world.tick(after: .seconds(5))
    try await world.tick(after: .minutes(20))
    #expect(try world.report(charge).charge.disputedAt != nil)
    #expect(try world.ledger.agreement(agreement.id)?.state == .paused)
    #expect(try world.matters() == [.disputed])
    #expect(try world.merchant.messages("charge.disputed").count == 1)
    #expect(try world.merchant.messages("agreement.paused").count == 1)
    try await world.tick(after: .days(40))
    #expect(try world.successes(of: charge) == 1)
    #expect(world.sandbox.ids(of: "payment_intent").count == 1)
    let dispute = try #require(world.sandbox.ids(of: "dispute").last)
    try world.sandbox.close(dispute: dispute, .won)
    try await world.tick(after: .seconds(5))
    #expect(try world.matters().isEmpty)
  }

  @Test func `refunds of the merchant's other payments are nothing of ours`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    let other = try await world.stripePost(
      "/v1/payment_intents", "amount=500&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true")
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(other["id"] as? String ?? "")")
    let report = try await world.tick(after: .minutes(1))
    #expect(report.errors == 0)
    #expect(try world.matters().isEmpty)
  }
}
