import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Each way in ends in the same ledger rows.
@Suite(.timeLimit(.minutes(5))) struct SetupWaysTests {
  /// How the end of a session is learned.
  enum Way: String, CaseIterable, Sendable {
    case webhook, landing, byHand, sync, syncTwoDaysLater, allAtOnceAndTwice
  }

  struct Road: Sendable, CustomTestStringConvertible {
    let origin: SetupOrigin
    let method: SetupMethod
    let way: Way
    var testDescription: String { "\(method.rawValue) in a session \(origin.rawValue), by \(way.rawValue)" }
  }

  static let roads = SetupOrigin.allCases.flatMap { origin in
    SetupMethod.allCases.flatMap { method in Way.allCases.map { Road(origin: origin, method: method, way: $0) } }
  }

  @Test(arguments: roads)
  func `every way in ends in the same rows of the ledger`(road: Road) async throws {
    let usual = try await Self.travel(Road(origin: road.origin, method: road.method, way: .byHand))
    let rows = try await Self.travel(road)
    #expect(rows == usual, "\(rows)\n—— but by hand:\n\(usual)")
    #expect(rows.description.contains("state=\"complete\""), "\(rows)")
    #expect(rows.description.contains("state=\"active\""), "\(rows)")
  }

  private static func travel(_ road: Road) async throws -> LedgerRows {
    let job = try Job.gold()
    let world = try World(jobs: [job])
    let session = try await world.askForSetup(road.origin, job)
    try await ServedWorld.serve(world) { served in
      world.clock.advance(by: .minutes(3))
      try world.submit(session, road.method)
      world.clock.advance(by: .minutes(1))
      try await served.learn(session, road.way)
    }
    // Whoever comes afterwards changes nothing.
    let before = try LedgerRows(of: world)
    guard case .complete = try await world.engine.completeSetup(session) else { throw SetupStoryError("not complete") }
    _ = try await world.engine.readEvents(since: nil)
    #expect(try LedgerRows(of: world) == before)
    #expect(world.sandbox.ids(of: "customer").count == 1, "one customer at Stripe")
    #expect(try world.ledger.setups(state: nil, customer: nil, limit: 10).count == 1)
    return before
  }

  @Test(arguments: SetupOrigin.allCases)
  func `whose session it was does not show in customer, method and agreement`(origin: SetupOrigin) async throws {
    let job = try Job.gold()
    let world = try World(jobs: [job])
    let session = try await world.askForSetup(origin, job)
    try world.submit(session, .bankAccount)
    _ = try await world.engine.completeSetup(session)
    let agreement = try world.onlyAgreement()
    let customer = try #require(try world.ledger.customer(agreement.customer))
    let method = try #require(try agreement.paymentMethod.flatMap { try world.ledger.paymentMethod($0) })
    #expect(customer.email == "jenny@example.com")
    #expect(agreement.state == .active && agreement.consent == session.text && agreement.money == job.money)
    #expect(agreement.id == world.ledger.id.agreement(key: session.text))
    #expect(method.customer == agreement.customer && method.mandate != nil)
    #expect(try world.ledger.history(agreement: agreement.id).map(\.what) == [.created, .consentGiven])
    // And it is charged, with its mandate.
    world.clock.advance(by: .hours(8))
    _ = try await world.engine.tick(limit: nil)
    let body = String(decoding: try #require(world.network.posts(to: "/v1/payment_intents").first).body, as: UTF8.self)
    #expect(body.contains("mandate=\(try #require(method.mandate))") && body.contains("customer=\(customer.id)"))
  }
}

extension ServedWorld {
  /// Learns the end of a session, and waits until the ledger has it.
  fileprivate func learn(_ session: CheckoutSessionID, _ way: SetupWaysTests.Way) async throws {
    switch way {
    case .webhook:
      #expect(try await webhook(world.event("checkout.session.completed")).status == 200)
      try await eventually { try world.ledger.setup(session: session)?.state == .complete }
    case .landing: #expect(try await get("/done?session_id=\(session)").title == "Saved")
    case .byHand: _ = try await world.engine.completeSetup(session)
    case .sync: _ = try await world.engine.readEvents(since: nil)
    case .syncTwoDaysLater:
      world.clock.advance(by: .hours(48))
      _ = try await world.engine.readEvents(since: nil)
    case .allAtOnceAndTwice:
      let completed = try world.event("checkout.session.completed")
      let succeeded = try world.event("setup_intent.succeeded")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          for event in [completed, succeeded] {
            group.addTask {
              let answer = try await webhook(event)
              #expect(answer.status == 200)
            }
          }
          group.addTask { _ = try await get("/done?session_id=\(session)") }
          group.addTask { _ = try await world.engine.readEvents(since: nil) }
          group.addTask {
            do { _ = try await world.engine.completeSetup(session) } catch is StripeTrouble {
              // Stripe was busy with the same; another one has it.
            }
          }
        }
        try await group.waitForAll()
      }
      try await eventually { try world.ledger.setup(session: session)?.state == .complete }
    }
  }
}
