import Domain
import Engine
import Foundation
import Storage
import TestSupport
import Testing
import Transport

/// Stripe goes away in the middle of an attempt, and comes back: a minute later, or when it has forgotten the key.
@Suite struct OutageTests {
  struct Outage: Sendable, CustomTestStringConvertible {
    let fault: Network.Fault
    let length: Duration
    var testDescription: String { "\(fault) for \(length)" }
  }

  static let lengths: [Duration] = [.minutes(1), .hours(23), .hours(25), .days(9)]
  static let outages = [Network.Fault.notSent, .requestLost, .answerLost, .serverError].flatMap { fault in
    lengths.map { Outage(fault: fault, length: $0) }
  }

  @Test(arguments: outages)
  func `an attempt that an outage has cut off collects once, or is put before a person`(outage: Outage) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", outage.fault, count: 3, isEnd: true)
    world.network.fail("/v1/payment_intents", .notSent, count: 1_000_000)
    try await world.tick()
    #expect(try world.state(charge) == .unresolved)
    world.network.fail("/", .requestLost, count: 1_000_000)
    let end = world.clock.now + outage.length
    while world.clock.now < end { try await world.tick(after: min(outage.length, .hours(6))) }
    let sent = world.network.posts(to: "/v1/payment_intents").count
    world.network.heal()
    for _ in 0..<2 { try await world.tick(after: .minutes(2)) }
    let sentAgain = world.network.posts(to: "/v1/payment_intents").count > sent
    let matters = try world.matters()
    switch (outage.fault, outage.length) {
    // It was executed: asking finds it, and nothing is sent.
    case (.answerLost, _):
      #expect(try world.state(charge) == .paid && !sentAgain)
    // Certainly never executed: it goes, however late, by the rules of what is due.
    case (.notSent, .days(9)):
      #expect(try world.state(charge) == .held && matters == [.held] && !sentAgain)
    case (.notSent, _), (_, .minutes(1)):
      #expect(try world.state(charge) == .paid && sentAgain)
    // It may be executed yet, and its key may be dead: a person decides.
    default:
      #expect(try world.state(charge) == .unresolved && matters == [.unresolved] && !sentAgain)
    }
    #expect(try world.successes(of: charge) == (world.state(charge) == .paid ? 1 : 0))
  }

  @Test(
    arguments: [Network.Fault.answerLost, .requestLost], ["pm_card_visa", "pm_card_sandboxDecline_insufficient_funds"])
  func `a pause waits for what is on its way, and nothing is retried while it lasts`(
    fault: Network.Fault, card: String
  ) async throws {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer(card)
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    world.network.fail("/v1/payment_intents", fault, count: 3, isEnd: true)
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    #expect(try world.state(charge) == .unresolved)
    _ = try world.ledger.pause(agreement.id, at: world.clock.now)
    try await world.tick(after: .minutes(2))
    guard card != "pm_card_visa" else {
      #expect(try world.state(charge) == .paid)
      #expect(try world.successes(of: charge) == 1)
      return
    }
    #expect(try world.state(charge) == .recovering)
    for _ in 0..<4 { try await world.tick(after: .days(1)) }
    #expect(try world.report(charge).attempts.count == 1)
    _ = try world.ledger.resume(agreement.id, at: world.clock.now)
    for _ in 0..<2 { try await world.tick(after: .days(1)) }
    #expect(try world.report(charge).attempts.count > 1)
  }
}
