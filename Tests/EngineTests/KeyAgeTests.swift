import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// The age of a key counts from the first send that Stripe may have executed, not from when the attempt was written: one
/// that could not leave for a day is as young as its first departure.
@Suite struct KeyAgeTests {
  /// An attempt that could not leave for thirty hours, and whose first real send was lost on the way.
  private func leftLate(_ world: World) async throws -> ChargeID {
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .notSent, count: 3)
    try await world.tick()
    try #require(try world.state(charge) == .unresolved)
    world.clock.advance(by: .hours(30))
    // The question finds Stripe as it is; then every try of the create is lost.
    let lost = LostPosts(world)
    try await world.engine.with(stripe: lost.stripe).tick()
    try #require(lost.count == 3)
    try #require(try world.state(charge) == .unresolved)
    return charge
  }

  @Test func `it is sent again, under its key`() async throws {
    let world = try World()
    let charge = try await leftLate(world)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    let sent = world.network.posts(to: "/v1/payment_intents")
    #expect(Set(sent.map(\.body)).count == 1)
  }

  @Test func `nobody may call it failed while Stripe may still execute it`() async throws {
    let world = try World()
    let charge = try await leftLate(world)
    func judge() throws {
      _ = try world.ledger.judge(
        charge, as: .failed, note: "not in the dashboard", keyLife: Engine.keyLife, at: world.clock.now,
        context: world.engine.context)
    }
    #expect(throws: LedgerError.self) { try judge() }
    world.clock.advance(by: .hours(26))
    try judge()
    #expect(try world.state(charge) == .recovering)
  }

  @Test func `withdrawn, it is asked about until its key is dead`() async throws {
    let world = try World()
    let charge = try await leftLate(world)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .unresolved)
    try await world.tick(after: .hours(26))
    #expect(try world.state(charge) == .canceled)
    #expect(try world.successes(of: charge) == 0)
  }

  @Test func `from twenty hours after it first left it is never sent again`() async throws {
    let world = try World()
    let charge = try await leftLate(world)
    try await world.tick(after: .hours(21))
    #expect(world.network.posts(to: "/v1/payment_intents").count == 3, "the three that never left")
    #expect(try world.state(charge) == .unresolved)
    #expect(try world.matters() == [.unresolved])
  }
}

/// A wire that loses every create of an intent, after it has left.
private final class LostPosts: Sendable {
  private let lost = LockedList<Int>()
  private let world: World
  init(_ world: World) { self.world = world }
  var count: Int { lost.all.count }

  var stripe: StripeClient {
    let wire = HTTPClient { [lost, world] request async throws(TransportError) in
      if request.method == .post, request.url.hasSuffix("/v1/payment_intents") {
        lost.append([1])
        throw .noAnswer("connection reset")
      }
      return try await world.network.http.send(request)
    }
    return World.stripe(wire, world.engine.clock)
  }
}
