import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// `payment_methods` goes alike into setup, checkout and charge: as a list, or not at all.
@Suite struct SetupMethodTests {
  @Test(arguments: [
    PaymentMethodTypes.list(["card", "us_bank_account", "sepa_debit"]), .list(["card"]), .dynamic,
  ])
  func `the same methods at setup, charge and checkout`(methods: PaymentMethodTypes) async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job]) { $0.methods = methods }
    let session = try await world.setup(of: world.newcomer(), job)
    try world.enterCard(session, "4000000000000341")
    try await world.tick()
    try await world.tick(after: .minutes(1))
    let charge = try #require(world.network.posts(to: "/v1/payment_intents").first)
    let pages = world.network.posts(to: "/v1/checkout/sessions")
    #expect(pages.count == 2, "one setup, one recovery")
    for body in (pages + [charge]).map({ String(decoding: $0.body, as: UTF8.self) }) {
      let sent = body.matches(of: /allowed_payment_method_types\[\d+\]=([a-z_]+)/).map { String($0.output.1) }
      switch methods {
      case .list(let names): #expect(sent == names, "\(body)")
      case .dynamic: #expect(!body.contains("payment_method_types"), "\(body)")
      }
      #expect(!body.contains("&payment_method_types"))
    }
  }

  @Test func `a setup names its job's currency, returns with its session's id, and says whose it is`() async throws {
    let job = Job(
      name: "gold", description: "Gold", money: Money(amount: 900, currency: .eur), statementDescriptorSuffix: nil,
      schedule: try Job.monthly().schedule, missed: .oneByOne, policy: .standard)
    let world = try World(jobs: [job])
    _ = try await world.setup(of: world.newcomer(), job)
    let body = String(
      decoding: try #require(world.network.posts(to: "/v1/checkout/sessions").first).body, as: UTF8.self)
    for part in [
      "mode=setup", "currency=eur", "session_id%3D%7BCHECKOUT_SESSION_ID%7D", "metadata[dues_job]=gold",
      "setup_intent_data[metadata][dues_setup]=1",
    ] {
      #expect(body.contains(part), "\(part) is not in \(body)")
    }
  }

  @Test func `without a public URL the customer returns to the website, and sync brings the end`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(publicURL: nil, jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    let body = String(
      decoding: try #require(world.network.posts(to: "/v1/checkout/sessions").first).body, as: UTF8.self)
    #expect(body.contains("success_url=https%3A%2F%2Facme.example"))
    try world.enterCard(session)
    try await world.tick(after: .minutes(5))
    #expect(try world.agreement(madeBy: session)?.state == .active)
  }
}

/// A card that its bank renews in place.
@Suite struct RenewedCardTests {
  @Test func `a card that Stripe reports as updated is tried again in the next tick, once a day`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let card = try #require(try world.report(charge).charge.paymentMethod)
    let planned = try #require(try world.report(charge).recovery?.nextRetryAt)
    // Seen again as it was: nothing changes.
    let known = try #require(try world.ledger.paymentMethod(card))
    try world.ledger.methodSeen(known, at: world.clock.now)
    #expect(try world.report(charge).recovery?.nextRetryAt == planned)
    try world.sandbox.update(
      card: card.text, SandboxCardUpdate(month: 7, year: 2031, last4: nil, behavior: nil))
    try await world.tick(after: .hours(1))
    #expect(try world.report(charge).attempts.count == 2)
    try world.sandbox.update(
      card: card.text, SandboxCardUpdate(month: 8, year: 2032, last4: nil, behavior: nil))
    try await world.tick(after: .hours(1))
    #expect(try world.report(charge).attempts.count == 2, "the 24 hours are waived once a day")
  }
}
