import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// What was read of Stripe's events, and by which clock: the older copy's guard trusts it.
@Suite struct SyncTests {
  /// A charge whose link was paid an hour ago, and nobody has read of it.
  private func paidUnread(_ world: World) async throws -> ChargeID {
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .minutes(30))
    _ = try world.pay(charge)
    world.clock.advance(by: .hours(1))
    return charge
  }

  @Test func `reading from a later time than the last skips nothing`() async throws {
    let world = try World()
    let charge = try await paidUnread(world)
    _ = try await world.engine.readEvents(since: world.clock.now)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .paid)
  }

  @Test func `more events than a page holds are all read`() async throws {
    let world = try World()
    let charge = try await paidUnread(world)
    let customer = try #require(try world.ledger.charge(charge)).customer
    for n in 0..<110 { _ = try await world.stripePost("/v1/customers/\(customer)", "name=Ada \(n)") }
    let before = world.network.requests.count
    try await world.tick(after: .minutes(1))
    let pages = world.network.requests.dropFirst(before).map(\.url).filter { $0.contains("/v1/events?") }
    #expect(pages.count == 2)
    #expect(pages.map { $0.contains("starting_after") } == [false, true], "\(pages)")
    #expect(try world.state(charge) == .paid)
  }

  /// Stripe keeps events for 30 days.
  @Test func `after forty days events are read from thirty days back`() async throws {
    let world = try World()
    try await world.tick()
    world.clock.advance(by: .days(40))
    let before = world.network.requests.count
    _ = try await world.engine.readEvents(since: nil)
    let url = try #require(world.network.requests.dropFirst(before).map(\.url).first { $0.contains("/v1/events?") })
    let floor = (world.clock.now - .days(30)).seconds
    #expect(url.contains("created%5Bgte%5D=\(floor)") || url.contains("created[gte]=\(floor)"), "\(url)")
  }

  @Test func `a cursor in the future comes back`() async throws {
    let world = try World()
    try world.ledger.eventsRead(until: world.clock.now + .days(300), at: world.clock.now)
    try await world.tick(after: .minutes(1))
    let read = try world.ledger.eventsReadUntil()
    #expect(read <= world.clock.now && world.clock.now - read < .minutes(1))
  }

  @Test func `under another account's key nothing is read, by hand or by a click`() async throws {
    let world = try World()
    let charge = try await paidUnread(world)
    var settings = world.engine.settings
    settings.keyDigest = "another"
    settings.isLive = true
    let stranger = world.engine.with(settings: settings)
    world.clock.advance(by: .hours(21))
    let read = try world.ledger.eventsReadUntil()
    await #expect(throws: (any Error).self) { try await stranger.readEvents(since: nil) }
    let door = try await stranger.openCheckout(for: charge, by: .customer, youngerThan: .hours(1))
    guard case .unavailable(let reason) = door else { throw StoryError("opened: \(door)") }
    #expect(reason.contains("live mode"))
    #expect(try world.ledger.eventsReadUntil() == read)
    #expect(try world.state(charge) == .recovering)
  }

  /// A machine that was restored whole, its clock with it, believes that it read Stripe an hour ago.
  @Test(arguments: ["click", "page"])
  func `Stripe is asked for its time before a restored clock is believed`(visit: String) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .hours(1))
    let backup = try world.backup()
    let then = world.clock.now
    world.clock.advance(by: .minutes(30))
    try await world.payThroughLink(charge)
    world.clock.advance(by: .days(3))
    let behind = world.clock.now - then
    let clock = WallClock(now: { world.clock.now - behind }, sleep: { world.clock.advance(by: $0) })
    let copy = try world.engine(on: backup, .cameAlong)
      .with(stripe: World.stripe(world.network.http, clock), clock: clock)
    let before = world.posts
    switch visit {
    case "click":
      let door = try await copy.openCheckout(for: charge, by: .customer, youngerThan: .hours(1))
      guard case .unavailable = door else { throw StoryError("\(door)") }
    default:
      let answer = try await copy.payOnPage(charge, with: PaymentMethodID("pm_card_visa"))
      guard case .unavailable = answer else { throw StoryError("\(answer)") }
    }
    #expect(world.posts == before)
    #expect(try world.successes(of: charge) == 1)
  }
}
