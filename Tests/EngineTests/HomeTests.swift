import Domain
import Engine
import Storage
import TestSupport
import Testing
import Transport

/// The ledger belongs to one Stripe account and mode.
@Suite struct HomeTests {
  @Test func `under a live key a ledger of test charges sends nothing, and says so once`() async throws {
    let world = try World()
    let first = try await world.owe(card: "pm_card_visa", key: "first")
    try await world.tick()
    #expect(try world.state(first) == .paid)
    let second = try await world.owe(card: "pm_card_visa", key: "second")
    var settings = world.engine.settings
    settings.isLive = true
    settings.keyDigest = "another key"
    let stranger = world.engine.with(settings: settings)
    let report = try await stranger.tick(limit: nil)
    #expect(report.attempted == 0 && report.matters.map(\.kind) == [.fenced])
    #expect(try await stranger.tick(limit: nil).matters.isEmpty, "told once")
    #expect(try world.ledger.status(at: world.clock.now).fencedBecause != nil)
    #expect(try world.state(second) == .scheduled)
    try await world.tick()
    #expect(try world.state(second) == .paid)
    #expect(try world.ledger.status(at: world.clock.now).fencedBecause == nil)
  }

  @Test func `another key of the same account is looked at once and taken`() async throws {
    let world = try World()
    try await world.tick()
    var settings = world.engine.settings
    settings.keyDigest = "a rolled key"
    let same = Engine(
      ledger: world.ledger, stripe: world.engine.stripe, mail: nil, merchant: nil, links: world.engine.links,
      settings: settings, clock: world.engine.clock, logger: world.engine.logger)
    let charge = try await world.owe(card: "pm_card_visa")
    #expect(try await same.tick(limit: nil).paid == 1)
    let asked = { world.network.requests.count { $0.url.hasSuffix("/v1/account") } }
    #expect(asked() == 2)
    _ = try await same.tick(limit: nil)
    #expect(asked() == 2)
    #expect(try world.state(charge) == .paid)
  }
}
