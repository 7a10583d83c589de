import Domain
import Engine
import Sandbox
import Storage
import Templates
import TestSupport
import Testing
import Transport

@Suite struct ChargeTests {
  @Test func `a due charge is paid and the merchant is told once`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let report = try await world.tick()
    #expect(report.paid == 1 && report.fulfilled == 1 && report.errors == 0)
    #expect(try world.state(charge) == .paid)
    #expect(try world.report(charge).charge.paidBy == .offSession)
    try await world.tick(after: .hours(1))
    #expect(try world.merchant.messages("charge.paid").count == 1)
    #expect(try world.successes(of: charge) == 1)
    #expect(world.mailbox.all.isEmpty)
    #expect(world.violations.all == [])
  }

  @Test func `nothing is sent before it is due`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    _ = try world.ledger.enqueue(
      .new(
        id: "chg_later", customer: customer, money: Money(amount: 500, currency: .usd), description: "Later",
        statementDescriptorSuffix: nil, origin: .key("later"), dueAt: world.clock.now + .days(1), paymentMethod: nil,
        heldReason: nil, metadata: [:]), equalWithin: nil, at: world.clock.now)
    _ = method
    #expect(try await world.tick().attempted == 0)
    #expect(try world.state("chg_later") == .scheduled)
  }

  @Test func `a declined card opens a recovery with link, mail and retry`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let report = try await world.tick()
    #expect(report.declined == 1 && report.linksCreated == 1 && report.emailsSent == 1)
    let after = try world.report(charge)
    #expect(after.charge.state == .recovering)
    #expect(after.recovery?.nextRetryAt?.seconds == (World.start + .days(1)).seconds)
    #expect(after.recovery?.deadline.seconds == (World.start + .days(14)).seconds)
    #expect(after.checkout?.state == .open)
    let mail = try #require(world.mailbox.all.first)
    let link = try #require(world.engine.links.recovery(charge))
    #expect(mail.text.contains(link))
    #expect(mail.subject.contains("Gold membership"))
    #expect(world.violations.all == [])
  }

  @Test func `a card that wants its holder is not retried, and the mail asks for a confirmation`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_authenticationRequired")
    try await world.tick()
    let after = try world.report(charge)
    #expect(after.charge.state == .recovering)
    #expect(after.recovery?.noRetry == .needsCustomer)
    #expect(after.notices.first?.kind == .authenticationNeeded)
    #expect(after.attempts.first?.state == .needsCustomer)
  }

  @Test func `a bank debit is processing until Stripe says otherwise`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_usBankAccount_success")
    let report = try await world.tick()
    let state = try world.state(charge)
    // Without a mandate Stripe refuses it; then the customer is asked. With one it is on its way.
    #expect(state == .processing || state == .recovering, "\(report)")
  }

  @Test func `a retry closes the open checkout first and confirms the same intent`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let first = try world.report(charge)
    let report = try await world.tick(after: .hours(24) + .minutes(5))
    #expect(report.retried == 1)
    let after = try world.report(charge)
    #expect(after.attempts.count == 2)
    #expect(after.attempts.allSatisfy { $0.intent == first.charge.paymentIntent })
    #expect(world.network.posts(to: "/confirm").count == 1)
    #expect(world.network.posts(to: "/v1/payment_intents").count == 1)
    #expect(after.notices.count { $0.state == "sent" } == 1, "a failed retry sends no mail of its own")
    #expect(world.violations.all == [])
  }

  @Test func `at the deadline everything is closed and the charge is uncollectible`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    for _ in 0..<15 { try await world.tick(after: .days(1)) }
    let after = try world.report(charge)
    #expect(after.charge.state == .uncollectible)
    #expect(after.checkout?.state == .expired)
    #expect(after.charge.paymentIntent == nil)
    #expect(after.notices.map(\.kind).filter { $0 == .reminder }.count == 2)
    #expect(after.notices.contains { $0.kind == .finalNotice && $0.state == "sent" })
    #expect(try world.merchant.messages("charge.uncollectible").count == 1)
    #expect(try world.successes(of: charge) == 0)
    #expect(world.violations.all == [])
  }

  @Test func `a charge without a method goes straight to the link`() async throws {
    let world = try World()
    let (customer, _) = try await world.customer("pm_card_visa")
    let charge = try await world.owe(by: customer, with: nil, key: "none")
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    #expect(try world.report(charge).attempts.isEmpty)
    #expect(world.mailbox.all.count == 1)
  }

  @Test func `one customer has one attempt in flight, many customers many`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    for n in 0..<5 { _ = try await world.owe(by: customer, with: method, key: "same \(n)") }
    for n in 0..<20 {
      let (other, card) = try await world.customer("pm_card_visa", email: "n\(n)@example.com")
      _ = try await world.owe(by: other, with: card, key: "other \(n)")
    }
    let report = try await world.tick()
    #expect(report.paid == 25)
    #expect(try world.merchant.messages("charge.paid").count == 25)
  }

  @Test func `limits hold a charge, and approval lets it go`() async throws {
    let world = try World { $0.maxCharge = [.usd: 1000] }
    let charge = try await world.owe(card: "pm_card_visa")
    let report = try await world.tick()
    #expect(report.held == 1 && report.attempted == 0 && report.matters.map(\.kind) == [.held])
    #expect(try await world.tick().matters.isEmpty, "told once")
    let context = { (_: Charge) in StepContext(now: world.clock.now, policy: .standard, hasPublicURL: true, zone: .utc)
    }
    _ = try world.ledger.approve(charge, at: world.clock.now, context: context)
    try await world.tick()
    #expect(try world.state(charge) == .paid)
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty)
    #expect(throws: LedgerError.cannot("charge \(charge) is paid; only a held one can be approved")) {
      try world.ledger.approve(charge, at: world.clock.now, context: context)
    }
  }

  @Test func `a charge older than catch_up is held`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick(after: .days(4))
    #expect(try world.report(charge).charge.heldReason == .olderThanCatchUp)
  }

  @Test func `a canceled charge ends only when all is seen closed`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.network.fail("/expire", .notSent, count: 3)
    _ = try world.ledger.requestCancel(charge, reason: "test", at: world.clock.now)
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    try await world.tick()
    #expect(try world.state(charge) == .canceled)
    #expect(try world.report(charge).checkout?.state == .expired)
    #expect(world.mailbox.all.count == 1)
  }
}
