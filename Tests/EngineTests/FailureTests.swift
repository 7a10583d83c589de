import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// What each failure of docs/STRIPE.md §3 to §5 leads to, end to end.
@Suite struct FailureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var code: String
    var state: ChargeState
    var remedy: Remedy
    /// `nil`: a retry is planned.
    var noRetry: NoRetry?
    var hearsOfIt = true
    var testDescription: String { code }
  }

  static let cases: [Case] = [
    Case(code: "insufficient_funds", state: .recovering, remedy: .wait),
    Case(code: "card_velocity_exceeded", state: .recovering, remedy: .wait),
    Case(code: "do_not_honor", state: .recovering, remedy: .wait),
    Case(code: "a_code_of_next_year", state: .recovering, remedy: .wait),
    Case(code: "expired_card", state: .recovering, remedy: .newDetails, noRetry: .needsNewDetails),
    Case(code: "incorrect_cvc", state: .recovering, remedy: .newDetails, noRetry: .needsNewDetails),
    Case(code: "currency_not_supported", state: .recovering, remedy: .newDetails, noRetry: .needsNewDetails),
    Case(code: "authentication_required", state: .recovering, remedy: .authenticate, noRetry: .needsCustomer),
    Case(code: "lost_card", state: .recovering, remedy: .stop, noRetry: .stopped),
    Case(code: "stolen_card", state: .recovering, remedy: .stop, noRetry: .stopped),
    Case(code: "pickup_card", state: .recovering, remedy: .stop, noRetry: .stopped),
    Case(code: "restricted_card", state: .recovering, remedy: .stop, noRetry: .stopped),
    Case(code: "fraudulent", state: .uncollectible, remedy: .stop, hearsOfIt: false),
    Case(code: "merchant_blacklist", state: .uncollectible, remedy: .stop, hearsOfIt: false),
    Case(code: "revocation_of_authorization", state: .uncollectible, remedy: .stop, hearsOfIt: false),
    Case(code: "stop_payment_order", state: .uncollectible, remedy: .stop, hearsOfIt: false),
    Case(code: "duplicate_transaction", state: .held, remedy: .ourFault, hearsOfIt: false),
    Case(code: "testmode_decline", state: .held, remedy: .ourFault, hearsOfIt: false),
  ]

  @Test(arguments: cases)
  func `a decline leads to what its code says`(row: Case) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_\(row.code)")
    let tick = try await world.tick()
    let after = try world.report(charge)
    #expect(after.charge.state == row.state && tick.errors == 0)
    #expect(after.attempts.first?.remedy == row.remedy)
    #expect(world.mailbox.all.count == (row.hearsOfIt ? 1 : 0))
    #expect(world.sandbox.ids(of: "checkout.session").count == (row.hearsOfIt ? 1 : 0))
    #expect(try world.merchant.messages("charge.recovering").count == (row.hearsOfIt ? 1 : 0))
    #expect(tick.matters.count == (row.hearsOfIt ? 0 : 1))
    #expect(after.recovery?.noRetry == row.noRetry && (after.recovery?.nextRetryAt == nil) == (row.remedy != .wait))
    let text = world.mailbox.all.map { $0.subject + $0.text + $0.html }.joined().lowercased()
    for word in ["lost", "stolen", "fraud", "blacklist", "pick up", "restricted"] { #expect(!text.contains(word)) }
    // A month later there was one attempt unless waiting helps, and nobody was charged.
    for _ in 0..<30 { try await world.tick(after: .days(1)) }
    let attempts = try world.report(charge).attempts.count
    #expect(row.remedy == .wait ? (2...5).contains(attempts) : attempts == 1, "\(attempts)")
    if !row.hearsOfIt { #expect(world.mailbox.all.isEmpty) }
    #expect(world.violations.all == [])
  }

  @Test func `a lost card is not charged for anything else, however it was saved`() async throws {
    let world = try World()
    let (customer, lost) = try await world.customer("pm_card_visa")
    let twin = try await world.attach("pm_card_visa", to: customer)
    try world.sandbox.setBehavior(of: lost.text, .declinesCharges(SandboxDecline("lost_card")))
    let first = try await world.owe(by: customer, with: lost, key: "first")
    _ = try await world.owe(by: customer, with: twin, key: "twin, known before")
    try await world.tick()
    let next = try await world.owe(by: customer, with: lost, key: "next")
    let late = try await world.attach("pm_card_visa", to: customer)
    let later = try await world.owe(by: customer, with: late, key: "the same card, saved afterwards")
    try await world.tick(after: .hours(1))
    #expect(try world.report(first).recovery?.otherMethodOnly == true)
    #expect(try world.state(next) == .recovering && world.report(next).attempts.isEmpty)
    #expect(try world.report(later).attempts.isEmpty, "one fingerprint, one card")
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1)
  }

  @Test func `the link of a lost card offers no saved card, that of another does`() async throws {
    for (code, offers) in [("lost_card", false), ("insufficient_funds", true)] {
      let world = try World()
      _ = try await world.owe(card: "pm_card_sandboxDecline_\(code)")
      try await world.tick()
      let body = String(
        decoding: try #require(world.network.posts(to: "/v1/checkout/sessions").first).body, as: UTF8.self)
      #expect(body.contains("allow_redisplay") == offers, "\(body)")
    }
  }

  @Test func `fraud pauses the agreement, closes the intent and holds what else the card owes`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_sandboxDecline_fraudulent")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    try await world.tick()
    let other = try await world.owe(by: customer, with: method, key: "other")
    try await world.tick(after: .hours(1))
    #expect(try world.ledger.agreement(agreement.id)?.state == .paused)
    #expect(try world.state(other) == .held && world.report(other).charge.heldReason == .cardStopped)
    #expect(try world.stripe(world.sandbox.ids(of: "payment_intent")[0])["status"] as? String == "canceled")
    #expect(try world.merchant.messages("agreement.paused").count == 1)
    #expect(world.mailbox.all.isEmpty)
  }

  @Test(arguments: [true, false])
  func `a customer that is gone: held, agreement paused, no mail, no link`(seen: Bool) async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let (customer, method) = try await world.customer("pm_card_visa")
    let agreement = try await world.agree(job, customer, method, start: "2026-08-31")
    _ = try await world.stripe(.delete, "/v1/customers/\(customer)")
    if !seen { try world.loseEvents() }
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    // Known before the period was planned: nothing new is owed, and the pause says why. Otherwise Stripe says so.
    #expect(try world.ledger.report(charge)?.charge.heldReason == (seen ? nil : .customerGone))
    #expect(try world.ledger.agreement(agreement.id)?.state == .paused, "facts §4: hold, pause, no link")
    #expect(try world.merchant.messages("agreement.paused").count == 1)
    let paused = try world.ledger.history(agreement: agreement.id).first { $0.what == .agreementPaused }
    #expect(paused?.detail["reason"]?.isEmpty == false)
    for _ in 0..<40 { try await world.tick(after: .days(1)) }
    #expect(world.mailbox.all.isEmpty && world.sandbox.ids(of: "checkout.session").isEmpty)
  }

  @Test func `a customer that goes while a charge recovers hears nothing more`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_chargeCustomerFail")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    _ = try await world.stripe(.delete, "/v1/customers/\(customer)")
    for _ in 0..<20 { try await world.tick(after: .days(1)) }
    #expect(world.mailbox.all.count == 1)
    let after = try world.report(charge)
    let matters = try world.ledger.status(at: world.clock.now).matters
    #expect(after.charge.heldReason == .customerGone, "\(after.charge.state), \(after.history.map(\.what)), \(matters)")
  }

  @Test(arguments: [true, false])
  func `a detached method wants new details, whether or not the event was seen`(seen: Bool) async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    _ = try await world.stripe(.post, "/v1/payment_methods/\(method)/detach")
    if !seen { try world.loseEvents() }
    try await world.tick()
    let after = try world.report(charge)
    #expect(after.charge.state == .recovering && after.recovery?.noRetry == .needsNewDetails)
    #expect(after.recovery?.safeReason == .methodUnavailable)
    #expect(world.mailbox.all.count == 1)
    for _ in 0..<5 { try await world.tick(after: .days(1)) }
    #expect(try world.report(charge).attempts.count == (seen ? 0 : 1))
  }

  @Test func `a 400 about the amount holds the charge`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    let charge = try await world.owe(10, by: customer, with: method, key: "k")
    let report = try await world.tick()
    #expect(report.held == 1 && report.matters.map(\.kind) == [.held])
    let after = try world.report(charge)
    #expect(after.charge.heldReason == .refusedByStripe && after.attempts.first?.state == .refused)
    #expect(after.attempts.first?.remedy == .ourFault)
    try await world.tick(after: .days(1))
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1 && world.mailbox.all.isEmpty)
  }

  @Test func `five 400s in a row stop the tick, and the others stay scheduled`() async throws {
    let world = try World { $0.maxInFlight = 1 }
    for n in 0..<8 {
      let (customer, method) = try await world.customer("pm_card_visa", email: "n\(n)@example.com")
      _ = try await world.owe(10, by: customer, with: method, key: "\(n)")
    }
    let report = try await world.tick()
    #expect(report.attempted == 5 && report.errors == 1)
    #expect(try world.ledger.status(at: world.clock.now).charges == [.held: 5, .scheduled: 3])
  }

  @Test func `five 400s in a row stop what an earlier tick could not send as well`() async throws {
    let world = try World()
    for n in 0..<8 { _ = try await world.owe(card: "pm_card_visa", key: "\(n)") }
    world.network.fail("/v1/payment_intents", .notSent, count: 1_000_000, isEnd: true)
    try await world.tick()
    world.network.heal()
    world.network.fail("/v1/payment_intents", .refused, count: 1_000_000, isEnd: true)
    let before = world.network.posts(to: "/v1/payment_intents").count
    try await world.tick(after: .minutes(2))
    #expect(world.network.posts(to: "/v1/payment_intents").count == before + 5)
    #expect(try world.ledger.status(at: world.clock.now).charges == [.held: 5, .unresolved: 3])
  }
}
