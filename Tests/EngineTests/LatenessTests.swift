import Domain
import Engine
import Foundation
import Storage
import TestSupport
import Testing
import Transport

/// The dead man's switch, and the operator's mails.
@Suite struct LatenessTests {
  @Test func `a timer that does not run is said by status`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa")
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    world.clock.advance(by: .hours(3))
    #expect(try world.ledger.status(at: world.clock.now).matters.map(\.kind) == [.timerSilent])
    try await world.tick()
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    world.clock.advance(by: .hours(25))
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty, "nothing is due, and a timer may be daily")
    world.clock.advance(by: .hours(2))
    #expect(try world.ledger.status(at: world.clock.now).matters.map(\.kind) == [.timerSilent])
  }

  @Test func `charges that grow old while the timer runs are said, and taken back`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/events", .notSent, count: 999)
    try await world.tick()
    #expect(try world.ledger.standing(.overdue).isEmpty)
    world.clock.advance(by: .hours(3))
    let report = try await world.tick()
    #expect(report.matters.map(\.kind) == [.overdue] && !report.isWhole)
    world.network.heal()
    let good = try await world.tick()
    #expect(good.isWhole && good.matters.isEmpty)
    #expect(try world.ledger.standing(.overdue).isEmpty)
    #expect(try world.state(charge) == .paid)
  }

  @Test func `the operator gets one mail a day for each cause`() async throws {
    let world = try World {
      $0.alertEmail = "ops@acme.example"
      $0.maxCharge = [.usd: 1000]
    }
    _ = try await world.owe(card: "pm_card_visa", key: "a")
    try await world.tick()
    #expect(world.mailbox.all.map(\.to.address) == ["ops@acme.example"])
    #expect(world.mailbox.all.map(\.subject) == ["Dues: 1 held"])
    _ = try await world.owe(card: "pm_card_visa", key: "b")
    try await world.tick(after: .hours(1))
    #expect(world.mailbox.all.count == 1, "the same cause, on the same day")
    try await world.tick(after: .hours(24))
    #expect(world.mailbox.all.map(\.subject) == ["Dues: 1 held", "Dues: 1 held"], "what was new since")
    for _ in 0..<3 { try await world.tick(after: .days(1)) }
    #expect(world.mailbox.all.count == 2, "and no more of what is known")
  }

  @Test func `a mail to the operator that fails is tried again`() async throws {
    let world = try World {
      $0.alertEmail = "ops@acme.example"
      $0.maxCharge = [.usd: 1000]
    }
    _ = try await world.owe(card: "pm_card_visa")
    world.mailbox.fail(.unavailable("451"))
    try await world.tick()
    #expect(world.mailbox.all.isEmpty)
    try await world.tick(after: .minutes(5))
    #expect(world.mailbox.all.count == 1)
  }

  @Test func `who serves tells of a timer that is dead`() async throws {
    let world = try World { $0.alertEmail = "ops@acme.example" }
    _ = try await world.owe(card: "pm_card_visa")
    world.clock.advance(by: .hours(3))
    await world.engine.watch()
    await world.engine.watch()
    #expect(world.mailbox.all.map(\.subject) == ["Dues: 1 timer_silent"])
  }
}
