import Domain
import Foundation
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine
@testable import Sandbox

/// A clock that is set, or jumps, while something is under way: it dates nothing, and nothing leaves by it (decision 13).
struct JumpingClockTests {
  private static let jumps: [Duration] = [.days(400), .days(-400), .hours(30), .hours(-30)]

  /// An engine whose machine's clock is off by what `error` holds at that moment; what has passed is never wrong.
  private static func engine(_ world: World, _ error: Locked<Duration>, http: HTTPClient? = nil) -> Engine {
    let clock = world.clock
    let wall = WallClock(
      now: { clock.now + error.withLock { $0 } }, sleep: { clock.advance(by: $0) },
      elapsed: { .milliseconds(clock.now.milliseconds) })
    return world.engine.with(stripe: World.stripe(http ?? world.network.http, wall), clock: wall)
  }

  /// Sets the clock once a charge has been made.
  private static func jumping(_ world: World, _ error: Locked<Duration>, by jump: Duration) -> HTTPClient {
    HTTPClient { request async throws(TransportError) in
      let answer = try await world.network.http.send(request)
      if request.method == .post, request.url.hasSuffix("/v1/payment_intents") { error.withLock { $0 = jump } }
      return answer
    }
  }

  @Test(arguments: jumps)
  func `a clock that jumps while a tick charges dates nothing, and ends the tick`(jump: Duration) async throws {
    let world = try World()
    let declined = try await world.owe(card: "pm_card_chargeCustomerFail")
    let error = Locked(Duration.zero)
    let engine = Self.engine(world, error, http: Self.jumping(world, error, by: jump))
    let report = try await engine.tick(limit: nil)
    #expect(report.declined == 1 && report.linksCreated == 0 && report.emailsSent == 0)
    #expect(try world.matters() == [.clockWrong])
    let recovery = try #require(try world.report(declined).recovery)
    #expect(recovery.deadline > world.clock.now + .days(13) && recovery.deadline < world.clock.now + .days(15))
    #expect(try world.ledger.mark().lastCommitAt <= world.clock.now)
    // The clock is right again.
    try await world.tick(after: .minutes(1))
    #expect(try world.matters() == [])
    #expect(try world.state(declined) == .recovering)
    #expect(world.mailbox.all.count == 1)
  }

  @Test(arguments: jumps)
  func `serve under a clock that has jumped writes nothing and sends nothing`(jump: Duration) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let error = Locked(Duration.zero)
    let serve = Self.engine(world, error)
    _ = try await serve.readEvents(since: nil)
    error.withLock { $0 = jump }
    let before = world.posts
    let door = try await serve.openCheckout(for: charge, by: .customer, youngerThan: .zero)
    guard case .unavailable(let why) = door else { throw StoryError("\(door)") }
    #expect(why.contains("clock"))
    guard case .unavailable = try await serve.payOnPage(charge, with: PaymentMethodID("pm_card_visa")) else {
      throw StoryError("it was paid")
    }
    #expect(world.posts == before)
    #expect(try world.matters() == [.clockWrong])
  }

  @Test(arguments: jumps)
  func `what an event tells is written in Stripe's time`(jump: Duration) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    guard
      case .open(let page) = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .hours(1)),
      let session = page.session
    else { throw StoryError("no page") }
    let serve = Self.engine(world, Locked(jump))
    _ = try world.pay(charge)
    _ = try await serve.settle(session)
    let paidAt = try #require(try world.report(charge).charge.paidAt)
    #expect(abs((paidAt - world.clock.now).wholeSeconds) <= 2)
  }

  /// A proxy's answer out of its memory: it does not date the ledger.
  @Test(arguments: [-20, 400] as [Int64])
  func `one Date that nothing confirms dates nothing`(days: Int64) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let wrong = httpDate(Int((world.clock.now + .days(days)).seconds))
    let http = HTTPClient { request async throws(TransportError) in
      var answer = try await world.network.http.send(request)
      if request.method == .post, request.url.hasSuffix("/v1/payment_intents") {
        answer.headers = answer.headers.filter { $0.name.lowercased() != "date" } + [HTTPHeader("Date", wrong)]
      }
      return answer
    }
    let report = try await Self.engine(world, Locked(.zero), http: http).tick(limit: nil)
    #expect(report.declined == 1 && report.linksCreated == 0)
    let recovery = try #require(try world.report(charge).recovery)
    #expect(recovery.deadline > world.clock.now + .days(13) && recovery.deadline < world.clock.now + .days(15))
    #expect(try world.ledger.mark().lastCommitAt <= world.clock.now)
    #expect(try world.matters() == [])
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .recovering)
    #expect(world.mailbox.all.count == 1)
  }

  /// A machine that was suspended whole and went on a day later: what had passed for it has not passed for the world, and
  /// its clock has been set right.
  @Test func `a machine that was restored asks Stripe for the time before anything leaves`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let lost = Locked(Duration.zero)
    let clock = world.clock
    let wall = WallClock(
      now: { clock.now }, sleep: { clock.advance(by: $0) },
      elapsed: { .milliseconds(clock.now.milliseconds) - lost.withLock { $0 } })
    let serve = world.engine.with(stripe: World.stripe(world.network.http, wall), clock: wall)
    _ = try await serve.readEvents(since: nil)
    world.clock.advance(by: .hours(15))
    lost.withLock { $0 = .hours(15) }
    let request = StripeRequest.createCustomer(email: "a@b.example", name: nil, metadata: [], idempotencyKey: "k")
    #expect(serve.whyNothingLeaves(request) != nil)
    let door = try await serve.openCheckout(for: charge, by: .customer, youngerThan: .zero)
    guard case .open = door else { throw StoryError("\(door)") }
    #expect(serve.whyNothingLeaves(request) == nil)
    #expect(try world.matters() == [])
  }
}
