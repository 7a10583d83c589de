import Domain
import Sandbox
import Storage
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
    let tight = world.engine.with(settings: settings)
    world.clock.advance(by: .minutes(2))
    _ = try await tight.tick(limit: nil)
    #expect(try late.map { try world.state($0) }.sorted { $0.rawValue < $1.rawValue } == [.paid, .unresolved])
    world.clock.advance(by: .minutes(2))
    _ = try await tight.tick(limit: nil)
    #expect(try late.map { try world.state($0) } == [.paid, .paid])
    world.clock.advance(by: .minutes(2))
    #expect(try await tight.tick(limit: nil).attempted == 0)
  }

  @Test func `limit counts it as well`() async throws {
    let (world, late) = try await unsent(2)
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.tick(limit: 1)
    #expect(try late.count { try world.state($0) == .paid } == 1)
  }

  @Test func `of an agreement that was paused meanwhile nothing leaves until it is resumed`() async throws {
    let job = try Job.weekly()
    let world = try World(jobs: [job])
    let (customer, card) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, card, start: "2026-08-31")
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    world.network.fail("/v1/payment_intents", .notSent, count: 3)
    try await world.tick()
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    for _ in 0..<3 { try await world.tick(after: .hours(2)) }
    #expect(try world.state(charge) == .unresolved && world.successes(of: charge) == 0)
    #expect(try world.matters() == [], "nobody has anything to decide")
    let paused = Explanation.Surroundings(now: world.clock.now, agreement: .paused, blocker: nil)
    let next = try Explanation(world.report(charge), surroundings: paused).next
    #expect(
      next == ["The attempt has never left this machine. Its agreement is paused: it goes out once that is resumed."])
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
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
    #expect(try world.state(charge) == .held && world.report(charge).charge.heldReason == .cardStopped)
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
