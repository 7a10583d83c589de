import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// Attacks on the fence: older copies that charge, refund or lose money all the same, and fences that never come down.
@Suite struct FenceAttackTests: MoneyBackStories {
  /// What Stripe has collected or is collecting for a charge.
  private func collecting(_ world: World, _ charge: ChargeID) throws -> Int {
    try world.sandbox.ids(of: "payment_intent").count { id in
      let object = try object(world, id)
      let metadata = object["metadata"] as? [String: Any]
      let status = object["status"] as? String ?? ""
      return metadata?["dues_charge"] as? String == charge.text && ["succeeded", "processing"].contains(status)
    }
  }

  // MARK: twice

  /// The nightly backup of the whole directory, put back on a new disk the day after: its file came along and agrees.
  /// A bank debit on its way is no event that is listened to.
  @Test(arguments: [ProgressStory.cameAlong, .gone], [true, false])
  func `a forgotten bank debit on its way is not debited a second time`(story: ProgressStory, isFirst: Bool)
    async throws
  {
    let world = try World()
    if !isFirst {
      _ = try await world.owe(card: "pm_card_visa", key: "earlier")
      try await world.tick()
    }
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    let charge = try await world.owe(by: customer, with: method, key: "debit")
    let backup = try world.backup()
    try await world.tick()
    #expect(try world.state(charge) == .processing)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, story)
    try await older.tick()
    #expect(try collecting(world, charge) == 1)
    #expect(try older.ledger.fence() != nil)
  }

  /// Anything that `serve` or a command writes before the first tick makes the missing file anew, as if it proved something.
  @Test func `a click before the first tick does not vouch for a copy without its file`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa", key: "earlier")
    try await world.tick()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    let charge = try await world.owe(by: customer, with: method, key: "debit")
    let backup = try world.backup()
    try await world.tick()
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .gone)
    #expect(try older.ledger.fence() != nil)
    _ = try await older.createSetup(customer: nil, email: nil, job: nil, currency: .usd, locale: "en")
    #expect(try older.ledger.fence() != nil)
    try await older.tick()
    #expect(try collecting(world, charge) == 1)
  }

  /// A person has approved what was too large; the copy is of the moment before it was charged.
  private func approvedLongAgo() async throws -> (World, Engine, ChargeID) {
    let world = try World { $0.maxCharge = [.usd: 1000] }
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    #expect(try world.state(charge) == .held)
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    let backup = try world.backup()
    try await world.tick(after: .minutes(1))
    #expect(try world.state(charge) == .paid)
    world.clock.advance(by: .days(33))
    return (world, try world.engine(on: backup, .cameAlong), charge)
  }

  @Test func `after a month away the comparison finds what was paid`() async throws {
    let (world, older, charge) = try await approvedLongAgo()
    try await older.tick()
    #expect(try older.ledger.fence() != nil)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `a comparison that did not come about is made by the next tick`() async throws {
    let (world, older, charge) = try await approvedLongAgo()
    world.network.fail("/v1/payment_intents", .serverError, count: 9)
    try await older.tick()
    world.network.heal()
    try await older.tick()
    #expect(try older.ledger.fence() != nil)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `dues sync before the first tick does not spare the comparison`() async throws {
    let (world, older, charge) = try await approvedLongAgo()
    _ = try await older.readEvents(since: nil)
    try await older.tick()
    #expect(try older.ledger.fence() != nil)
    #expect(try world.successes(of: charge) == 1)
  }

  // MARK: refunds

  /// A copy of before a refund, fenced by another charge, lifted; its next refund is to be a new one.
  @Test(arguments: ProgressStory.allCases)
  func `after the fence a refund is not answered by the one that was forgotten`(story: ProgressStory) async throws {
    let world = try World()
    let charge = try await paid(world)
    let backup = try world.backup()
    guard case .made = try await refund(world, charge, amount: 300) else { throw StoryError("not made") }
    _ = try await world.owe(card: "pm_card_visa", key: "k2")
    try await world.tick(after: .hours(1))
    world.clock.advance(by: .hours(1))
    let older = try world.engine(on: backup, story)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    #expect(try older.ledger.charge(charge)?.amountRefunded == 300)
    guard case .made = try await refund(world, charge, amount: 300, by: older) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [300, 300])
  }

  /// The same a day later: the key is dead, but the number in the metadata is not.
  @Test func `after the fence a lost refund is not found in the one that was forgotten`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let backup = try world.backup()
    guard case .made = try await refund(world, charge, amount: 300) else { throw StoryError("not made") }
    _ = try await world.owe(card: "pm_card_visa", key: "k2")
    try await world.tick(after: .hours(1))
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge, amount: 400, by: older)
    world.network.heal()
    world.clock.advance(by: .minutes(2))
    try await older.tick()
    #expect(try refundsAtStripe(world) == [300, 400])
  }

  /// Only a refund was forgotten: nothing at Stripe says so by its number, and nothing is fenced.
  @Test func `a copy that forgot nothing but a refund does not take the old one for the new`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let backup = try world.backup()
    guard case .made = try await refund(world, charge, amount: 300) else { throw StoryError("not made") }
    world.clock.advance(by: .hours(2))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    guard case .made = try await refund(world, charge, amount: 300, by: older) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [300, 300])
  }

  @Test func `no message to the merchant has the id of another one`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let backup = try world.backup()
    _ = try await refund(world, charge, amount: 100)
    try await world.tick(after: .minutes(1))
    _ = try await refund(world, charge, amount: 200)
    try await world.tick(after: .minutes(1))
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    _ = try await refund(world, charge, amount: 50, by: older)
    world.clock.advance(by: .minutes(1))
    try await older.tick()
    var amounts: [String: Set<Int>] = [:]
    for message in try world.merchant.messages("charge.refunded") {
      let id = try #require(message["id"] as? String)
      let told = (message["data"] as? [String: Any]) ?? message
      let owed = (told["charge"] as? [String: Any]) ?? told
      amounts[id, default: []].insert(try #require(owed["amount_refunded"] as? Int, "\(message)"))
    }
    #expect(amounts.values.allSatisfy { $0.count == 1 }, "\(amounts)")
  }

  // MARK: payments lost

  /// The hourly backup is put back while a customer stands at a page that the copy has forgotten.
  @Test func `a payment on a forgotten page is not lost when the copy gives its number again`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let backup = try world.backup()
    world.clock.advance(by: .minutes(40))
    guard
      case .open(let page) = try await world.engine.openCheckout(
        for: charge, by: .customer, youngerThan: Engine.freshFor)
    else { throw StoryError("no page") }
    #expect(page.number == 2)
    world.clock.advance(by: .minutes(10))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    // They click the link in the mail once more, and pay in the tab that was open.
    _ = try await older.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    _ = try world.sandbox.complete(session: try #require(page.session).text, card: "4242424242424242")
    world.clock.advance(by: .minutes(5))
    try await older.tick()
    let isPaid = try older.ledger.charge(charge)?.state == .paid
    let isFenced = try older.ledger.fence() != nil
    let state = try older.ledger.charge(charge)
    #expect(isPaid || isFenced, "\(String(describing: state))")
  }

  /// The same page, paid or still open when the fence is to be lifted: no number of it is missing.
  @Test(arguments: [true, false])
  func `a fence because of a page whose number was given again can be lifted`(isPaid: Bool) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let backup = try world.backup()
    world.clock.advance(by: .minutes(40))
    guard
      case .open(let page) = try await world.engine.openCheckout(
        for: charge, by: .customer, youngerThan: Engine.freshFor)
    else { throw StoryError("no page") }
    world.clock.advance(by: .minutes(10))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    _ = try await older.openCheckout(for: charge, by: .customer, youngerThan: Engine.freshFor)
    if isPaid { _ = try world.sandbox.complete(session: try #require(page.session).text, card: "4242424242424242") }
    world.clock.advance(by: .minutes(5))
    try await older.tick()
    var lift = try await older.liftFence()
    for _ in 0..<4 where !lift.isLifted && lift.because != nil {
      world.clock.advance(by: .hours(13))
      try await older.tick()
      _ = try await older.reconcile(since: nil, refundsDuplicates: false)
      lift = try await older.liftFence()
    }
    #expect(lift.isLifted, "\(lift.blocked)")
    #expect(try older.ledger.fence() == nil)
    if isPaid {
      let told = try older.ledger.report(charge)?.charge
      #expect(told?.state == .paid && told?.paidBy == .checkout)
    }
    #expect(try world.successes(of: charge) == (isPaid ? 1 : 0))
    #expect(try older.ledger.status(at: world.clock.now).matters.allSatisfy { $0.kind == .held })
  }

  /// A refund on its way is in no sum yet.
  @Test func `a forgotten refund that is pending does not answer for the next one`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    let backup = try world.backup()
    guard case .made = try await refund(world, charge, amount: 300) else { throw StoryError("not made") }
    world.clock.advance(by: .hours(2))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    guard case .made = try await refund(world, charge, amount: 300, by: older) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [300, 300])
  }

  /// It came back: again nothing has gone back, as before it.
  @Test func `a forgotten refund that has failed does not answer for the next one`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    let backup = try world.backup()
    guard case .made = try await refund(world, charge, amount: 300) else { throw StoryError("not made") }
    try settleLastRefund(world, succeeds: false)
    try await world.tick(after: .minutes(5))
    world.clock.advance(by: .hours(2))
    let older = try world.engine(on: backup, .cameAlong)
    try await older.tick()
    _ = try await refund(world, charge, amount: 300, by: older)
    #expect(try refundsAtStripe(world) == [300, 300])
  }

  /// A setup that a customer has finished was forgotten; a person has done what the advice says.
  @Test func `a forgotten setup that is complete can be put away`() async throws {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    _ = try await paid(world)
    let (customer, method) = try await world.customer("pm_card_visa")
    let backup = try world.backup()
    let door = try await world.engine.createSetup(
      customer: customer, email: nil, job: job, currency: .usd, locale: "en")
    guard case .open(let session, _) = door else { throw StoryError("\(door)") }
    _ = try world.sandbox.complete(session: session.text, card: "4242424242424242")
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    _ = try await older.chooseMethod(for: try await older.customer(customer), named: method)
    let start = "2026-09-30"
    let agreement = Agreement.new(
      id: older.ledger.id.agreement(key: "\(customer) \(job.name)"), state: .active, customer: customer, job: job.name,
      terms: job.terms, start: try CivilDate(parsing: start), paymentMethod: method, key: nil, consent: "admin",
      createdAt: world.clock.now)
    _ = try older.ledger.add(agreement, again: false, at: world.clock.now)
    for _ in 0..<3 {
      world.clock.advance(by: .days(1))
      try await older.tick()
      _ = try await older.reconcile(since: nil, refundsDuplicates: false)
    }
    #expect(try older.ledger.status(at: world.clock.now).matters.map(\.kind) == [])
  }

  /// The advice says: `dues reconcile`, then `dues fence lift`. Both record the payment; one with what was bought.
  @Test(arguments: [false, true])
  func `a forgotten page that was paid tells its line items, reconciled before or not`(isReconciled: Bool) async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let backup = try world.backup()
    try await world.tick()
    let session = try world.pay(charge)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    if isReconciled { _ = try await older.reconcile(since: nil, refundsDuplicates: false) }
    #expect(try await older.liftFence().isLifted)
    try await older.tick()
    let report = try #require(try older.ledger.report(charge))
    #expect(report.charge.state == .paid)
    let told = try #require(try world.merchant.messages("charge.paid").last)
    #expect(String(describing: told).contains(session.text), "\(told)")
  }

  // MARK: fences that never come down

  /// Nobody resolves in a fenced ledger, and nobody may judge what is still `attempting`.
  @Test func `an attempt that never left does not keep the fence up for ever`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    _ = try world.claimAndDie()
    let backup = try world.backup()
    try await world.tick(after: .hours(21))
    #expect(try world.state(charge) == .unresolved)
    world.clock.advance(by: .hours(6))
    _ = try world.ledger.judge(
      charge, as: .failed, note: "not at Stripe", keyLife: Engine.keyLife, at: world.clock.now
    ) { _ in world.policyContext }
    try await world.tick()
    _ = try #require(try world.ledger.liveCheckout(of: charge))
    let older = try world.engine(on: backup, .stayed)
    for _ in 0..<3 {
      world.clock.advance(by: .hours(30))
      try await older.tick()
      _ = try await older.reconcile(since: nil, refundsDuplicates: false)
    }
    var lift = try await older.liftFence()
    if !lift.isLifted {
      do {
        _ = try older.ledger.judge(
          charge, as: .failed, note: "not at Stripe", keyLife: Engine.keyLife, at: world.clock.now
        ) { _ in world.policyContext }
      } catch {
        Issue.record("nor may a person judge it: \(error)")
      }
      lift = try await older.liftFence()
    }
    #expect(lift.isLifted, "\(lift.blocked)")
  }

  /// The debit was on its way when the copy was made; it came back, a page was opened; the events are gone.
  @Test func `a debit that the copy believes on its way does not keep the fence up for ever`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_insufficientFunds")
    let charge = try await world.owe(by: customer, with: method, key: "debit")
    try await world.tick()
    try #require(try world.state(charge) == .processing)
    let backup = try world.backup()
    for _ in 0..<10 where try world.state(charge) == .processing { try await world.tick(after: .hours(25)) }
    try #require(try world.state(charge) == .recovering)
    _ = try #require(try world.ledger.liveCheckout(of: charge))
    world.clock.advance(by: .days(33))
    let older = try world.engine(on: backup, .gone)
    try await older.tick()
    try #require(try older.ledger.fence() != nil)
    var lift = try await older.liftFence()
    for _ in 0..<3 where !lift.isLifted {
      world.clock.advance(by: .hours(30))
      try await older.tick()
      _ = try await older.reconcile(since: nil, refundsDuplicates: false)
      lift = try await older.liftFence()
    }
    #expect(lift.isLifted, "\(lift.blocked)")
  }

  /// Staff canceled the intent that the copy knows; the charge was approved, and got another.
  @Test(arguments: [Duration.hours(30), .days(33)])
  func `a second intent after one that was canceled does not keep the fence up for ever`(away: Duration) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let backup = try world.backup()
    let first = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await world.stripePost("/v1/payment_intents/\(first)/cancel", "")
    try await world.tick(after: .hours(26))
    try #require(try world.state(charge) == .held)
    _ = try world.ledger.approve(charge, at: world.clock.now) { _ in world.policyContext }
    try await world.tick(after: .hours(25))
    try await world.tick(after: .hours(25))
    let intents = Set(try world.ledger.attempts(of: charge).compactMap(\.intent))
    try #require(intents.count == 2)
    world.clock.advance(by: away)
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    try #require(try older.ledger.fence() != nil)
    var lift = try await older.liftFence()
    for _ in 0..<3 where !lift.isLifted {
      world.clock.advance(by: .hours(30))
      try await older.tick()
      _ = try await older.reconcile(since: nil, refundsDuplicates: false)
      lift = try await older.liftFence()
    }
    #expect(lift.isLifted, "\(lift.blocked)")
  }

  @Test func `a customer who is gone does not keep the fence up for ever`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa", key: "first")
    try await world.tick()
    let backup = try world.backup()
    let charge = try await world.owe(card: "pm_card_visa", key: "forgotten")
    try await world.tick(after: .hours(1))
    let customer = try #require(try world.ledger.charge(charge)).customer
    _ = try await world.sandbox.http.send(
      HTTPRequest(
        method: .delete, url: "http://127.0.0.1:12111/v1/customers/\(customer)",
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
        ], body: Data(), timeout: .seconds(5)))
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    let lift = try await older.liftFence()
    #expect(lift.isLifted, "\(lift.blocked)")
    #expect(try older.ledger.charge(charge)?.state == .paid)
  }

  @Test(arguments: ProgressStory.allCases, ["pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds"])
  func `a complete and unpaid page is processing after the lift, and then what it came to`(
    story: ProgressStory, bank: String
  ) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let backup = try world.backup()
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    _ = try world.sandbox.submit(session: session.text, .bank(bank))
    world.clock.advance(by: .minutes(10))
    let older = try world.engine(on: backup, story)
    try await older.tick()
    let first = try await older.liftFence()
    let second = try await older.liftFence()
    #expect(first.isLifted && second.because == nil && second.adopted.isEmpty, "\(first.blocked)")
    #expect(try older.ledger.charge(charge)?.state == .processing)
    for _ in 0..<10 {
      world.clock.advance(by: .hours(25))
      try await older.tick()
    }
    let isGood = bank == "pm_usBankAccount_success"
    #expect(try world.successes(of: charge) == (isGood ? 1 : 0))
    #expect(try older.ledger.charge(charge)?.state == (isGood ? .paid : .recovering))
    #expect(try collecting(world, charge) == (isGood ? 1 : 0))
  }

  /// The first page's debit came back, the second page stands open; the copy knows of neither.
  @Test(arguments: ProgressStory.allCases)
  func `of several forgotten pages the last one still counts`(story: ProgressStory) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    let backup = try world.backup()
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    _ = try world.sandbox.submit(session: session.text, .bank("pm_usBankAccount_insufficientFunds"))
    for _ in 0..<9 {
      try await world.tick(after: .hours(25))
      if try world.state(charge) == .recovering { break }
    }
    let second = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    try #require(second != session)
    let older = try world.engine(on: backup, story)
    try await older.tick()
    let lift = try await older.liftFence()
    #expect(lift.isLifted, "\(lift.blocked)")
    _ = try world.sandbox.complete(session: second.text, card: "4242424242424242")
    world.clock.advance(by: .minutes(5))
    try await older.tick()
    #expect(try older.ledger.charge(charge)?.state == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  // MARK: afterwards

  /// The copy is restored and lifted; then the file of one-offs is imported again, to bring back what was forgotten.
  @Test func `a file with due dates can be imported again after the lift`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    _ = try await world.owe(by: customer, with: method, key: "earlier")
    try await world.tick()
    let backup = try world.backup()
    let due = world.clock.now + .hours(3)
    let file = ["row 1", "row 2"].enumerated().map { index, key in
      Charge.new(
        id: world.ledger.id.charge(key: key), customer: customer, money: Money(amount: 1500, currency: .usd),
        description: "Late fee", statementDescriptorSuffix: nil, origin: .key(key),
        dueAt: due + .days(Int64(index * 40)), paymentMethod: method, heldReason: nil, metadata: [:])
    }
    #expect(try enqueue(file, in: world.ledger, at: world.clock.now) == 2)
    try await world.tick(after: .hours(4))
    #expect(try world.state(file[0].id) == .paid)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    #expect(try enqueue(file, in: older.ledger, at: world.clock.now) == 1)
    #expect(try older.ledger.charge(file[1].id) != nil)
  }

  /// As an import does it: one after the other, in one transaction.
  private func enqueue(_ charges: [Charge], in ledger: Ledger, at now: Timestamp) throws -> Int {
    var rest = charges[...]
    return try ledger.enqueue(all: { rest.popFirst() }, at: now)
  }

  @Test func `a forgotten setup that is over does not stand before a person for ever`() async throws {
    let world = try World()
    _ = try await paid(world)
    let backup = try world.backup()
    _ = try await world.engine.createSetup(customer: nil, email: nil, job: nil, currency: .usd, locale: "en")
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    for _ in 0..<5 {
      world.clock.advance(by: .days(1))
      try await older.tick()
      _ = try await older.reconcile(since: nil, refundsDuplicates: false)
    }
    #expect(try older.ledger.status(at: world.clock.now).matters.map(\.kind) == [])
  }

  @Test func `a fenced ledger reconciles, also when it is asked to refund`() async throws {
    let world = try World()
    let charge = try await paid(world)
    _ = try await payAgain(world, charge)
    let elsewhere = LedgerPlace(instance: nil, location: "elsewhere")
    let copy = try world.engine(on: try world.backup(), .cameAlong, place: elsewhere)
    let report = try await copy.reconcile(since: nil, refundsDuplicates: true)
    #expect(report.duplicates.count == 1 && report.duplicates.first?.refund == nil)
  }

  @Test(arguments: [Duration.hours(30), .days(33)])
  func `what was paid and given back meanwhile is taken over as given back`(away: Duration) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let backup = try world.backup()
    try await world.tick()
    _ = try await refund(world, charge)
    world.clock.advance(by: away)
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    for _ in 0..<3 {
      world.clock.advance(by: .hours(5))
      try await older.tick()
    }
    let taken = try #require(try older.ledger.charge(charge))
    #expect(taken.state == .paid && taken.amountRefunded == 1099)
  }

  /// A one-off without a method goes straight to its link; nothing but the page names it.
  @Test func `a forgotten charge that only had a page keeps what the customer reads`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa", key: "earlier")
    try await world.tick()
    let (customer, _) = try await world.customer("pm_card_visa")
    let backup = try world.backup()
    let charge = try await world.owe(by: customer, with: nil, key: "link only")
    try await world.tick(after: .minutes(1))
    try #require(try world.ledger.liveCheckout(of: charge) != nil)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .stayed)
    try await older.tick()
    #expect(try await older.liftFence().isLifted)
    #expect(try older.ledger.charge(charge)?.description == "Gold membership")
  }

  /// A tick that dies anywhere in the lift leaves it to be done again.
  @Test func `a lift that is cut off can be done again`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa", key: "earlier")
    try await world.tick()
    let backup = try world.backup()
    let paid = try await world.owe(card: "pm_card_visa", key: "paid")
    let declined = try await world.owe(card: "pm_card_chargeCustomerFail", key: "declined")
    try await world.tick(after: .minutes(1))
    _ = try world.pay(declined)
    world.clock.advance(by: .hours(30))
    let older = try world.engine(on: backup, .gone)
    try await older.tick()
    for path in ["/v1/payment_intents", "/v1/checkout/sessions", "/v1/customers", "line_items"] {
      for count in 1...3 {
        world.network.fail(path, .requestLost, count: count * 3)
        do { _ = try await older.liftFence() } catch {
          // Cut off, as wanted.
        }
        world.network.heal()
        world.clock.advance(by: .minutes(1))
      }
    }
    let lift = try await older.liftFence()
    #expect(lift.isLifted || lift.because == nil, "\(lift.blocked)")
    try await older.tick()
    #expect(try older.ledger.charge(paid)?.state == .paid)
    #expect(try older.ledger.charge(declined)?.state == .paid)
    #expect(try world.successes(of: paid) == 1 && world.successes(of: declined) == 1)
    #expect(try world.merchant.messages("charge.paid").count { "\($0)".contains(declined.text) } == 1)
  }

  // MARK: healthy ledgers

  @Test func `a healthy ledger is not fenced by lapsed pages, judged attempts and a crash before the file`()
    async throws
  {
    let world = try World()
    let charge = try await world.failAndDie()
    _ = try world.writeCheckoutAndDie(charge)
    world.network.fail("/v1/checkout/sessions", .answerLost, count: 6)
    try await world.tick(after: .minutes(5))
    world.network.heal()
    for _ in 0..<40 { try await world.tick(after: .hours(12)) }
    try FileManager.default.removeItem(atPath: world.ledger.path + ".progress")
    try await world.tick(after: .days(31))
    #expect(try world.ledger.fence() == nil)
  }
}
