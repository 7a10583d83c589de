import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport

@testable import Engine

/// `tick`, `serve` and the customer on one ledger at once.
@Suite struct AttackRaceTests {
  @Test(arguments: 0..<6)
  func `tick, events, landing and clicks at once: one success, one message`(round: Int) async throws {
    let world = try World()
    var charges: [ChargeID] = []
    for n in 0..<6 {
      let (customer, card) = try await world.customer("pm_card_chargeCustomerFail", email: "n\(n)@example.com")
      charges.append(try await world.owe(by: customer, with: card, key: "k\(n)"))
    }
    try await world.tick()
    // The retry is due, the customers click and pay, webhooks and landings come in.
    world.clock.advance(by: .hours(23) + .minutes(59))
    for charge in charges.prefix(3) {
      _ = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero)
    }
    world.clock.advance(by: .minutes(90))
    let all = charges
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = try await world.engine.tick(limit: nil) }
      for (n, charge) in all.enumerated() {
        group.addTask {
          for _ in 0..<(n + round) { await Task.yield() }
          guard
            case .open(let checkout) = try await world.engine.openCheckout(
              for: charge, by: .customer, youngerThan: Engine.freshFor), let session = checkout.session
          else { return }
          do { try world.sandbox.complete(session: session.text, card: "4242424242424242") } catch { return }
          _ = try await world.engine.settle(session)
        }
        group.addTask {
          for _ in 0..<(2 * n) { await Task.yield() }
          _ = try await world.engine.applyEvents()
        }
      }
      try await group.waitForAll()
    }
    for _ in 0..<3 { #expect(try await world.tick(after: .minutes(70)).errors == 0) }
    for charge in all {
      let report = try world.report(charge)
      #expect(try world.successes(of: charge) <= 1)
      #expect((report.charge.state == .paid) == (try world.successes(of: charge) == 1))
      #expect([.paid, .recovering].contains(report.charge.state))
    }
    let paid = try all.filter { try world.state($0) == .paid }.count
    #expect(try world.merchant.messages("charge.paid").count == paid)
    #expect(try world.matters() == [])
  }

  @Test func `doubled, late and reordered events change nothing`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.pay(charge)
    try await world.tick(after: .minutes(1))
    let before = try world.happenings(charge)
    for (n, id) in world.sandbox.ids(of: "event").reversed().enumerated() {
      let data = try #require(world.sandbox.json(of: id))
      let text = String(decoding: data, as: UTF8.self).replacing("\"\(id)\"", with: "\"evt_again_\(n)\"")
      let event = try StripeJSON.decode(StripeEvent.self, from: Data(text.utf8))
      try world.engine.receive(webhooks: [event])
      try world.engine.receive(webhooks: [event])
      _ = try await world.engine.applyEvents()
    }
    try await world.tick(after: .hours(30))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.happenings(charge).filter { $0 == .paid || $0 == .secondPayment } == [.paid])
    #expect(before.contains(.paid))
    #expect(world.mailbox.all.count == 2)
  }
}
