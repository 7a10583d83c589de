import Domain
import Foundation
import GRDB
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// The limits of a tick hold for what an earlier one could not send as well, and silence is a reason to stop.
@Suite struct LimitTests {
  private func unsent(_ count: Int) async throws -> (World, [ChargeID]) {
    let world = try World {
      $0.maxTickTotal = [.usd: 3000]
      $0.maxInFlight = 4
    }
    let charges = try await owe(count, 1500, in: world, key: "unsent")
    world.network.fail("/v1/payment_intents", .notSent, count: 1000)
    try await world.tick()
    world.network.heal()
    for charge in charges { #expect(try world.state(charge) == .unresolved) }
    return (world, charges)
  }

  private func owe(_ count: Int, _ amount: Int64, in world: World, key: String) async throws -> [ChargeID] {
    var charges: [ChargeID] = []
    for n in 0..<count {
      let (customer, method) = try await world.customer("pm_card_visa", email: "\(key)\(n)@example.com")
      charges.append(try await world.owe(amount, by: customer, with: method, key: "\(key) \(n)"))
    }
    return charges
  }

  @Test func `what an earlier tick could not send counts as sent by the one that sends it`() async throws {
    let (world, late) = try await unsent(2)
    let others = try await owe(2, 1500, in: world, key: "other")
    try await world.tick(after: .minutes(2))
    #expect(try late.map { try world.state($0) } == [.paid, .paid])
    #expect(try others.map { try world.state($0) } == [.held, .held])
  }

  @Test func `no more of it is sent than the tick may collect`() async throws {
    let (world, late) = try await unsent(2)
    var settings = world.engine.settings
    settings.maxTickTotal = [.usd: 1500]
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.with(settings: settings).tick(limit: nil)
    #expect(try late.map { try world.state($0) }.sorted { $0.rawValue < $1.rawValue } == [.held, .paid])
    #expect(try world.matters() == [.held])
  }

  @Test func `limit counts it as well`() async throws {
    let (world, late) = try await unsent(2)
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.tick(limit: 1)
    #expect(try late.count { try world.state($0) == .paid } == 1)
  }

  @Test func `of an agreement that was paused meanwhile nothing leaves until it is resumed`() async throws {
    let (world, charge, agreement) = try await unsentPeriod()
    _ = try world.ledger.pause(agreement, at: world.clock.now)
    for _ in 0..<3 { try await world.tick(after: .hours(2)) }
    #expect(try world.state(charge) == .scheduled && world.successes(of: charge) == 0)
    #expect(try world.matters() == [], "nobody has anything to decide")
    _ = try world.ledger.resume(agreement, at: world.clock.now)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
  }

  /// A period whose attempt could not leave.
  private func unsentPeriod() async throws -> (World, ChargeID, AgreementID) {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    world.network.fail("/v1/payment_intents", .notSent, count: 3)
    try await world.tick()
    try #require(try world.state(charge) == .unresolved)
    return (world, charge, agreement.id)
  }

  @Test func `older than catch_up by now, it is held`() async throws {
    let (world, late) = try await unsent(1)
    try await world.tick(after: .days(4))
    #expect(try world.report(late[0]).charge.heldReason == .olderThanCatchUp)
    #expect(try world.successes(of: late[0]) == 0)
    _ = try world.ledger.approve(late[0], at: world.clock.now, context: world.engine.context)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(late[0]) == .paid && world.successes(of: late[0]) == 1)
  }

  @Test func `above a lowered max_charge it is held`() async throws {
    let (world, late) = try await unsent(1)
    var settings = world.engine.settings
    settings.maxCharge = [.usd: 1499]
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.with(settings: settings).tick(limit: nil)
    #expect(try world.report(late[0]).charge.heldReason == .overMaxCharge)
  }

  @Test func `of a job whose file is broken by now it waits, and goes once that is mended`() async throws {
    let (world, charge, _) = try await unsentPeriod()
    var settings = world.engine.settings
    settings.jobs = ["weekly": .broken("a test")]
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.with(settings: settings).tick(limit: nil)
    #expect(try world.state(charge) == .scheduled && world.matters() == [.badJob])
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
  }

  @Test func `its card's budget used up by now, the customer is next`() async throws {
    let (world, late) = try await unsent(1)
    var settings = world.engine.settings
    settings.policy.retry.maxPerCard30Days = 0
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.with(settings: settings).tick(limit: nil)
    #expect(try world.state(late[0]) == .recovering)
    #expect(try world.report(late[0]).recovery?.noRetry == .cardBudgetUsedUp)
    #expect(world.mailbox.all.count == 1)
  }

  @Test func `with another card in its place, that one is charged`() async throws {
    let (world, late) = try await unsent(1)
    let charge = try world.report(late[0]).charge
    let other = try await world.stripePost(
      "/v1/payment_methods/pm_card_mastercard/attach", "customer=\(charge.customer)")
    let method = PaymentMethodID(try #require(other["id"] as? String))
    let read = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(method))
    try world.ledger.save(read.kept(mandate: nil), at: world.clock.now)
    try await DatabaseQueue(path: world.ledger.path).write { db in
      try db.execute(
        sql: "UPDATE charges SET payment_method = ? WHERE id = ?", arguments: [method.text, charge.id.text])
    }
    try await world.tick(after: .minutes(2))
    let attempts = try world.report(charge.id).attempts
    #expect(attempts.map(\.state) == [.refused, .succeeded] && attempts.last?.method == method)
    #expect(try world.successes(of: charge.id) == 1)
  }

  @Test func `a retry that never left, past its deadline, ends with its recovery`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    try await world.tick()
    try await world.tick(after: .days(1))
    let due = try #require(try world.report(charge).recovery?.nextRetryAt ?? world.clock.now)
    world.network.fail("/confirm", .notSent, count: 3)
    try await world.tick(after: max(.zero, due - world.clock.now))
    try #require(try world.state(charge) == .unresolved)
    let posts = { world.network.requests.count { $0.url.hasSuffix("/confirm") } }
    let before = posts()
    try await world.tick(after: .days(15))
    #expect(try world.state(charge) == .uncollectible)
    #expect(posts() == before)
  }

  @Test func `of an agreement that was canceled meanwhile it ends with it`() async throws {
    let (world, charge, agreement) = try await unsentPeriod()
    _ = try world.ledger.cancel(agreement, keepOwed: true, at: world.clock.now)
    for _ in 0..<2 { try await world.tick(after: .minutes(5)) }
    #expect(try world.state(charge) == .canceled && world.successes(of: charge) == 0)
  }

  @Test func `withdrawn and past its deadline it is canceled, and its agreement goes on`() async throws {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_sandboxDecline_insufficient_funds")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    try await world.tick()
    world.network.fail("/confirm", .notSent, count: 1000)
    while try world.state(charge) != .unresolved { try await world.tick(after: .days(1)) }
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    world.network.heal()
    try await world.tick(after: .days(15))
    #expect(try world.state(charge) == .canceled)
    #expect(try world.ledger.agreement(agreement.id)?.state == .active)
  }

  @Test func `what has not left for an hour is put before a person, and says why`() async throws {
    let (world, late) = try await unsent(1)
    world.network.fail("/v1/payment_intents", .notSent, count: 1000)
    for _ in 0..<5 { try await world.tick(after: .minutes(20)) }
    let matter = try #require(try world.ledger.status(at: world.clock.now).matters.first { $0.kind == .unresolved })
    #expect(matter.subject == late[0].text && matter.advice.contains("has never left this machine"))
  }

  @Test func `several that can never be read do not stand before the others, and are all shown`() async throws {
    let world = try World()
    let charges = try await owe(8, 100, in: world, key: "unread")
    world.network.fail("/v1/payment_intents", .requestLost, count: 1000)
    try await world.tick()
    world.network.heal()
    // Too old to be sent again, and of the first seven nothing can be read.
    let customers = Set(try charges.prefix(7).map { try world.report($0).charge.customer.text })
    let wire = HTTPClient { request async throws(TransportError) in
      let isTheirs = customers.contains { request.url.contains($0) } && request.url.contains("/v1/payment_intents?")
      let refusal = #"{"error": {"type": "invalid_request_error", "message": "No such customer"}}"#
      if isTheirs { return HTTPResponse(status: 400, body: Data(refusal.utf8)) }
      return try await world.network.http.send(request)
    }
    world.clock.advance(by: .hours(26))
    let blind = world.engine.with(stripe: World.stripe(wire, world.engine.clock))
    _ = try await blind.tick(limit: nil)
    let asked = try #require(try world.ledger.attempts(of: charges[7]).first?.askedAt)
    #expect(world.clock.now - asked < .hours(1))
    #expect(try world.matters().count == 8)
  }

  @Test func `a card that was stopped meanwhile is not tried`() async throws {
    let (world, late) = try await unsent(1)
    let charge = try #require(late.first)
    let method = try #require(try world.report(charge).charge.paymentMethod)
    let customer = try world.report(charge).charge.customer
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("lost_card")))
    // Stripe is reached again by the next charge alone.
    let second = try await world.owe(100, by: customer, with: method, key: "second")
    let before = world.network.posts(to: "/v1/payment_intents").count
    try await world.tick(after: .seconds(20))
    #expect(try world.state(second) == .recovering)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .recovering && world.report(charge).recovery?.noRetry == .stopped)
    #expect(world.network.posts(to: "/v1/payment_intents").count == before + 1)
  }

  @Test(arguments: [Network.Fault.notSent, .requestLost])
  func `a tick whose requests are not answered stops, and says so`(fault: Network.Fault) async throws {
    let world = try World {
      $0.maxInFlight = 8
      $0.policy.retry.maxPerCard30Days = 1000
    }
    _ = try await owe(60, 1500, in: world, key: "due")
    world.network.fail("/v1/payment_intents", fault, count: 1000)
    let report = try await world.tick()
    #expect(report.attempted < SendingLimits.silencesThatStop + 8)
    #expect(report.matters.map(\.kind) == [.tickStopped])
    #expect(!report.isWhole)
    #expect(report.errors == 1)
  }

  @Test func `the first answers decide, however many may be in flight`() async throws {
    let world = try World { $0.maxInFlight = 64 }
    _ = try await owe(80, 10, in: world, key: "wrong")
    let report = try await world.tick()
    #expect(report.held > 0 && report.held <= SendingLimits.answersBeforeRate)
  }

  @Test func `a fence that is raised meanwhile holds back what waits for its turn`() async throws {
    let world = try World { $0.maxInFlight = 8 }
    _ = try await owe(8, 1500, in: world, key: "due")
    let wire = HTTPClient { request async throws(TransportError) in
      if request.method == .post {
        do { try world.ledger.raiseFence(because: "a test", at: world.clock.now) } catch { Issue.record("\(error)") }
      }
      return try await world.network.http.send(request)
    }
    // One after another: the others wait for their turn.
    let clock = world.engine.clock
    let fenced = world.engine.with(stripe: World.stripe(wire, clock, requestsPerSecond: 2))
    _ = try await fenced.tick(limit: nil)
    #expect(world.network.posts(to: "/v1/payment_intents").count < 4)
  }

  @Test func `where much is held, no step is long`() async throws {
    let world = try World { $0.maxCharge = [.usd: 1] }
    let (customer, method) = try await world.customer("pm_card_visa")
    for n in 0..<520 { _ = try await world.owe(1500, by: customer, with: method, key: "dear \(n)") }
    let request = ClaimRequest(
      now: world.clock.now, tickStartedAt: world.clock.now, limit: 64, position: nil, catchUp: .days(3),
      maxCharge: [.usd: 1], remainingTotal: [:], usableJobs: [], manyPerTick: [], maxPerCard30Days: 15)
    let first = try world.ledger.claim(request, context: world.engine.context, freeze: world.engine.freeze)
    #expect(first.held == 500 && first.position != nil)
    #expect(try await world.tick().held == 20)
  }
}
