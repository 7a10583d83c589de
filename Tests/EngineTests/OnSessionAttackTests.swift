import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Attacks on paying on our own page.
@Suite struct OnSessionAttackTests {
  private func post(_ world: World, _ path: String, _ body: String = "") async throws {
    _ = try await world.stripePost(path, body)
  }

  private func context(_ world: World) -> (Charge) -> StepContext {
    { _ in StepContext(now: world.clock.now, policy: .standard, hasPublicURL: true, zone: .utc) }
  }

  // MARK: withdrawn

  @Test func `A1 a tick does not collect a charge that was withdrawn after the bank's yes`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    try await world.bankAnswers(try world.challenge(of: charge))
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    for pause in [Duration.minutes(6), .minutes(10), .hours(1)] { try await world.tick(after: pause) }
    #expect(try world.successes(of: charge) == 0)
    #expect(try world.state(charge) == .canceled)
  }

  @Test func `A2 the browser does not collect a charge that was withdrawn after the bank's yes`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    _ = try await world.engine.confirmOnPage(charge, intent)
    for pause in [Duration.minutes(6), .minutes(10), .hours(1)] { try await world.tick(after: pause) }
    #expect(try world.successes(of: charge) == 0)
    #expect(try world.state(charge) == .canceled)
  }

  @Test func `A3 a charge withdrawn while its first request is on its way is not collected`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    world.network.fail("/v1/payment_intents", .answerLost, count: 8)
    _ = try await world.engine.payOnPage(charge, with: card)
    world.network.heal()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick(after: .minutes(6))
    // The page is still open in the browser, and asks again.
    let answer = try await world.engine.payOnPage(charge, with: card)
    if case .requiresAction = answer { Issue.record("a withdrawn charge's question is handed out: \(answer)") }
    if let intent = try world.report(charge).attempts.last?.intent {
      try await world.bankAnswers(intent)
      _ = try await world.engine.confirmOnPage(charge, intent)
    }
    for pause in [Duration.minutes(6), .minutes(10), .hours(1)] { try await world.tick(after: pause) }
    #expect(try world.successes(of: charge) == 0)
    #expect(try world.state(charge) == .canceled)
  }

  // MARK: an intent that stays open

  /// A 400 without an intent in it.
  private static let refusals = [
    #"{"error":{"type":"invalid_request_error","message":"Something about the request"}}"#,
    #"{"error":{"type":"invalid_request_error","message":"The provided PaymentMethod was detached; it may not be used again.","param":"payment_method"}}"#,
  ]

  @Test(arguments: refusals)
  func `B1 a confirmation that is refused leaves nothing that blocks the link for ever`(body: String) async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    let refused = world.engine { request in
      request.url.hasSuffix("/confirm") && request.method == HTTPRequest.Method.post ? .stripe(400, body) : nil
    }
    _ = try await refused.confirmOnPage(charge, intent)
    #expect(try world.state(charge) == .recovering)
    for _ in 0..<4 { try await world.tick(after: .hours(1)) }
    #expect(try !world.collectible(charge).contains(intent.text), "its secret left us, and it is open at Stripe")
    do {
      guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero) else {
        throw StoryError("no link")
      }
    } catch { Issue.record("the link is dead: \(error)") }
  }

  @Test func `B2 a card detached between the bank's yes and the confirmation`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    try await post(world, "/v1/payment_methods/\(card)/detach")
    let answer = try await world.engine.confirmOnPage(charge, intent)
    for _ in 0..<4 { try await world.tick(after: .hours(1)) }
    if try world.state(charge) == .paid { return }
    #expect(try !world.collectible(charge).contains(intent.text), "\(answer)")
    do {
      guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero) else {
        throw StoryError("no link")
      }
    } catch { Issue.record("the link is dead: \(error)") }
  }

  @Test func `B3 what a person judged as failed is payable again`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    world.network.fail("/confirm", .requestLost, count: 3)
    _ = try await world.engine.confirmOnPage(charge, intent)
    #expect(try world.state(charge) == .unresolved)
    // The machine is off for a day; a person looks at Stripe and decides.
    world.clock.advance(by: .hours(26))
    _ = try world.ledger.judge(
      charge, as: .failed, note: "looked", keyLife: Engine.keyLife, at: world.clock.now, context: context(world))
    world.network.heal()
    for _ in 0..<3 {
      let report = try await world.tick(after: .hours(1))
      #expect(report.errors == 0)
    }
    #expect(try !world.collectible(charge).contains(intent.text))
    do {
      guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero) else {
        throw StoryError("no link")
      }
    } catch { Issue.record("the link is dead: \(error)") }
  }

  @Test func `B4 what a person judged as paid on our page was paid on our page`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    world.network.fail("/confirm", .answerLost, count: 3)
    _ = try await world.engine.confirmOnPage(charge, intent)
    world.network.heal()
    _ = try world.ledger.judge(
      charge, as: .paid, note: "looked", keyLife: Engine.keyLife, at: world.clock.now, context: context(world))
    #expect(try world.report(charge).charge.paidBy == .onSession)
    for _ in 0..<2 { try await world.tick(after: .hours(1)) }
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.matters().isEmpty)
  }

  // MARK: events

  @Test func `C1 an intent of our page is never confirmed off session`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let retry = try #require(try world.report(charge).recovery?.nextRetryAt)
    world.clock.advance(by: (retry - world.clock.now) - .minutes(2))
    let bad = try await world.typedCard("tok_chargeDeclinedInsufficientFunds")
    _ = try await world.engine.payOnPage(charge, with: bad)
    let intent = try world.challenge(of: charge)
    try await world.tick(after: .minutes(3))
    #expect(world.network.posts(to: "/v1/payment_intents/\(intent)/confirm").isEmpty)
    let last = try #require(try world.report(charge).attempts.last)
    #expect(last.kind != .offSession || last.intent != intent, "\(last.intent?.text ?? "") is the page's")
  }

  @Test func `C2 the failure event of a try on our page makes its intent nobody's off-session intent`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_chargeDeclinedInsufficientFunds"))
    let intent = try world.challenge(of: charge)
    _ = try await world.engine.readEvents(since: nil)
    #expect(try world.report(charge).charge.paymentIntent != intent)
  }

  /// Law 3 upside down: its answer is lost, and the recover pass of the same tick cancels it.
  @Test func `C3 a retry whose answer is lost is not canceled under it`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let retry = try #require(try world.report(charge).recovery?.nextRetryAt)
    world.clock.advance(by: (retry - world.clock.now) - .minutes(2))
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_chargeDeclinedInsufficientFunds"))
    let intent = try world.challenge(of: charge)
    world.network.fail("/confirm", .requestLost, count: 3)
    try await world.tick(after: .minutes(3))
    world.network.heal()
    for _ in 0..<3 { try await world.tick(after: .minutes(10)) }
    #expect(world.network.posts(to: "/v1/payment_intents/\(intent)/confirm").isEmpty)
    #expect(try world.state(charge) == .recovering)
    let matters = try world.matters()
    #expect(matters.isEmpty, "\(matters)")
  }

  // MARK: silent

  @Test func `D1 a question that cannot be ended for a day is put before a person`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    world.network.fail("/cancel", .serverError, count: 1_000_000)
    for _ in 0..<26 { try await world.tick(after: .hours(1)) }
    #expect(try world.state(charge) == .attempting)
    #expect(try !world.matters().isEmpty, "attempting for 26 hours, and nobody is told")
  }

  // MARK: the page

  @Test func `E1 whose card was declined on our page can go to Stripe's page at once`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_chargeDeclinedInsufficientFunds"))
    let door = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero)
    guard case .open = door else { throw StoryError("told \(door)") }
  }

  @Test func `E2 a refused request is not called nothing owed`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let card = try await world.typedCard()
    let refused = world.engine { request in
      request.url.hasSuffix("/v1/payment_intents") && request.method == HTTPRequest.Method.post
        ? .stripe(400, #"{"error":{"type":"invalid_request_error","message":"Something"}}"#) : nil
    }
    let answer = try await refused.payOnPage(charge, with: card)
    #expect(try world.state(charge) == .recovering)
    #expect(answer != .notOwed(.recovering), "it is owed")
    #expect(answer == (try await refused.payOnPage(charge, with: card)))
  }

  @Test func `E3 a card is tried no more often than the networks allow`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let first = try await world.typedCard("tok_chargeDeclinedInsufficientFunds")
    let second = try await world.typedCard("tok_chargeDeclined")
    for _ in 0..<20 {
      _ = try await world.engine.payOnPage(charge, with: first)
      _ = try await world.engine.payOnPage(charge, with: second)
    }
    #expect(try world.report(charge).attempts.filter { $0.method == first }.count <= 15)
  }

  @Test func `E4 a tried card changes no plan in the history either`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let before = try world.happenings(charge).filter { $0 == .noRetry }.count
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_chargeDeclinedInsufficientFunds"))
    #expect(try world.report(charge).recovery?.nextRetryAt != nil)
    #expect(
      try world.happenings(charge).filter { $0 == .noRetry }.count == before, "the history says that none follows")
  }

  // MARK: stop

  @Test func `F1 the stopped card typed again is the stopped card`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let own = try #require(try world.report(charge).method)
    let typed = try await world.typedCard("tok_visa_chargeCustomerFailLostCard")
    _ = try await world.engine.payOnPage(charge, with: typed)
    let kept = try #require(try world.ledger.paymentMethod(typed))
    try #require(kept.budgetKey == own.budgetKey, "the same card")
    #expect(try world.report(charge).attempts.last?.remedy == .stop)
    #expect(try world.ledger.isStopped(budgetKey: own.budgetKey))
    for _ in 0..<8 { try await world.tick(after: .hours(24)) }
    #expect(try world.report(charge).attempts.filter { $0.kind == .offSession }.count == 1, "tried after a stop")
  }

  // MARK: renewed

  @Test func `G1 a renewed card that the page sees first is tried for the others all the same`() async throws {
    let world = try World()
    let (customer, card) = try await world.customer("pm_card_chargeCustomerFail")
    let one = try await world.owe(1099, by: customer, with: card, key: "one")
    let two = try await world.owe(500, by: customer, with: card, key: "two")
    try await world.tick()
    try await world.tick(after: .minutes(1))
    try world.sandbox.update(card: card.text, SandboxCardUpdate(month: 7, year: 2031, last4: nil, behavior: nil))
    _ = try await world.engine.payOnPage(one, with: card)
    try await world.tick(after: .hours(1))
    #expect(try world.report(two).attempts.count == 2)
  }

  @Test func `G2 a card renewed while the bank asks is tried when the question is over`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    try world.sandbox.update(card: card.text, SandboxCardUpdate(month: 7, year: 2031, last4: nil, behavior: nil))
    for pause in [Duration.minutes(10), .minutes(50), .minutes(10)] { try await world.tick(after: pause) }
    #expect(try world.report(charge).attempts.filter { $0.kind == .offSession }.count == 2)
  }

  @Test func `G3 a renewed card does not undo the day that the customer chose`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let day = world.clock.now + .days(5)
    #expect(try world.ledger.chooseRetry(of: charge, at: day, now: world.clock.now))
    let card = try #require(try world.report(charge).charge.paymentMethod)
    try world.sandbox.update(card: card.text, SandboxCardUpdate(month: 7, year: 2031, last4: nil, behavior: nil))
    try await world.tick(after: .hours(1))
    #expect(try world.report(charge).attempts.count == 1)
    #expect(try world.report(charge).recovery?.nextRetryAt == day)
  }

  @Test func `G4 a renewed card does not close the page under a customer who has just opened it`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    world.clock.advance(by: .minutes(5))
    guard
      case .open(let door) = try await world.engine.openCheckout(
        for: charge, by: .customer, youngerThan: Engine.freshFor), let session = door.session
    else { throw StoryError("closed") }
    let card = try #require(try world.report(charge).charge.paymentMethod)
    try world.sandbox.update(card: card.text, SandboxCardUpdate(month: 7, year: 2031, last4: nil, behavior: nil))
    try await world.tick(after: .minutes(2))
    #expect(try world.collectible(charge).contains(session.text), "closed under the customer")
  }

  @Test func `H1 a card that was detached before the answer came back is not what follows is charged with`()
    async throws
  {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    let (customer, old) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, old, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    let typed = try await world.typedCard("tok_threeDSecure2Required")
    _ = try await world.engine.payOnPage(charge, with: typed)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    world.network.fail("/confirm", .answerLost, count: 3)
    _ = try await world.engine.confirmOnPage(charge, intent)
    world.network.heal()
    try await post(world, "/v1/payment_methods/\(typed)/detach")
    try await world.tick(after: .minutes(6))
    try await world.tick(after: .minutes(6))
    #expect(try world.state(charge) == .paid)
    #expect(try world.ledger.agreement(agreement.id)?.paymentMethod == old)
  }

  @Test func `H2 money seen by closing is said to have come on our page, and its card is kept`() async throws {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    let (customer, old) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, old, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    let typed = try await world.typedCard("tok_threeDSecure2Required")
    _ = try await world.engine.payOnPage(charge, with: typed)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    world.network.fail("/confirm", .answerLost, count: 3)
    _ = try await world.engine.confirmOnPage(charge, intent)
    world.network.heal()
    try world.ledger.eventsRead(until: world.clock.now + .minutes(30), at: world.clock.now)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick(after: .minutes(1))
    for _ in 0..<3 { try await world.tick(after: .minutes(6)) }
    #expect(try world.report(charge).charge.paidBy == .onSession)
    #expect(try world.report(charge).attempts.last?.state == .succeeded)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test(arguments: [Duration.minutes(4), .minutes(6), .minutes(58), .hours(3)])
  func `I1 events doubled and out of order, at any time, change nothing`(pause: Duration) async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let first = try world.challenge(of: charge)
    try await world.bankAnswers(first, yes: false)
    let second = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_threeDSecure2Required"))
    guard case .requiresAction = second else { throw StoryError("\(second)") }
    _ = try await world.engine.readEvents(since: nil)
    let live = try world.challenge(of: charge)
    #expect(live != first)
    try await world.bankAnswers(live)
    world.clock.advance(by: pause)
    _ = try await world.engine.readEvents(since: World.start)
    _ = try await world.engine.confirmOnPage(charge, live)
    for _ in 0..<3 { try await world.tick(after: .minutes(20)) }
    #expect(try world.successes(of: charge) <= 1)
    #expect((try world.state(charge) == .paid) == (try world.successes(of: charge) == 1))
    if try world.state(charge) == .paid { #expect(try world.collectible(charge).isEmpty) }
    #expect(try world.matters().isEmpty)
  }

  @Test func `J1 a try on our page sends no mail that was to wait for the retry`() async throws {
    let world = try World { settings in settings.policy.recovery.firstNotice = .afterFirstRetry }
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    try await world.tick()
    try #require(world.mailbox.all.isEmpty)
    _ = try await world.engine.payOnPage(charge, with: try await world.typedCard("tok_chargeDeclinedInsufficientFunds"))
    try await world.tick(after: .minutes(10))
    #expect(world.mailbox.all.isEmpty)
  }

  @Test func `K1 a day that the timer cannot reach before the deadline is not offered`() async throws {
    let world = try World()
    world.clock.advance(by: .seconds(30))
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let deadline = try #require(try world.report(charge).recovery?.deadline)
    let noon = deadline - .seconds(30)
    let isChosen = try world.ledger.chooseRetry(of: charge, at: noon, now: world.clock.now)
    guard isChosen else { return }
    world.clock.advance(by: (noon - world.clock.now) - .minutes(1))
    try await world.tick()
    try await world.tick(after: .minutes(3))
    #expect(try world.report(charge).attempts.count == 2)
  }

  @Test func `L1 who failed at the bank may be asked again`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent, yes: false)
    _ = try await world.engine.confirmOnPage(charge, intent)
    let again = try await world.engine.payOnPage(charge, with: card)
    guard case .requiresAction = again else { throw StoryError("\(again)") }
  }

  /// The process dies at any commit, and the customer comes back with another card.
  @Test(arguments: 0..<26, [0, 6, 56])
  func `M1 a crash and another card are one success at most`(at moment: Int, minutes: Int) async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    let engine = try world.dyingEngine(at: moment)
    do {
      _ = try await engine.payOnPage(charge, with: card)
      let intent = try world.challenge(of: charge)
      try await world.bankAnswers(intent)
      _ = try await engine.confirmOnPage(charge, intent)
    } catch is StoryError {}
    try engine.ledger.close()
    if minutes > 0 { try await world.tick(after: .minutes(Int64(minutes))) }
    let first = try world.report(charge).attempts.last(where: { $0.kind == .onSession })?.intent
    let other = try await world.engine.payOnPage(charge, with: try await world.typedCard())
    if let first {
      try await world.bankAnswers(first)
      _ = try await world.engine.confirmOnPage(charge, first)
    }
    for pause in [Duration.minutes(6), .minutes(30), .hours(1), .hours(2)] { try await world.tick(after: pause) }
    let successes = try world.successes(of: charge)
    let state = try world.state(charge)
    #expect(successes <= 1 && (state == .paid) == (successes == 1), "\(state), \(successes) at \(moment), \(other)")
    #expect(state == .paid || state == .recovering)
    #expect(try world.matters().isEmpty)
    if state == .paid { #expect(try world.collectible(charge).isEmpty) }
  }

  @Test(arguments: [Network.Fault.answerLost, .requestLost, .serverError])
  func `N1 a lost answer to a cancellation delays another card and nothing else`(fault: Network.Fault) async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    world.network.fail("/cancel", fault, count: 3)
    _ = try await world.engine.payOnPage(charge, with: card)
    world.network.heal()
    _ = try await world.engine.payOnPage(charge, with: card)
    let first = try world.challenge(of: charge)
    try await world.bankAnswers(first)
    world.network.fail("/cancel", fault, count: 3)
    let typed = try await world.typedCard()
    _ = try await world.engine.payOnPage(charge, with: typed)
    world.network.heal()
    #expect(try await world.engine.payOnPage(charge, with: typed) == .paid)
    #expect(try await world.engine.confirmOnPage(charge, first) != .paid)
    try await world.tick(after: .minutes(6))
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.collectible(charge).isEmpty && world.matters().isEmpty)
  }

  @Test func `O1 a fence between the bank's yes and the confirmation sends nothing and changes nothing`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    try world.ledger.raiseFence(because: "a test", at: world.clock.now)
    _ = try await world.engine.confirmOnPage(charge, intent)
    _ = try await world.engine.readEvents(since: World.start)
    try await world.tick(after: .minutes(6))
    #expect(world.network.posts(to: "/confirm").isEmpty)
    #expect(try world.successes(of: charge) == 0)
    #expect(try world.state(charge) == .attempting)
  }

  /// The create's answer is lost, and a tick finds the question: the charge stays `unresolved`, its attempt is `sending`.
  @Test func `R1 a person cannot judge a question that is still open`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    // The cancellation of the old intent comes first.
    let engine = world.engine { request in
      request.url.hasSuffix("/v1/payment_intents") && request.method == HTTPRequest.Method.post
        ? HTTPResponse(status: 500, body: Data("{}".utf8)) : nil
    }
    _ = try await engine.payOnPage(charge, with: card)
    try #require(try world.state(charge) == .unresolved)
    try await world.tick(after: .minutes(6))
    let intent = try world.challenge(of: charge)
    #expect(try world.state(charge) == .attempting, "the question is open")
    #expect(throws: LedgerError.self) {
      try world.ledger.judge(
        charge, as: .failed, note: "too soon", keyLife: Engine.keyLife, at: world.clock.now, context: context(world))
    }
    do { _ = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero) } catch {
      Issue.record("the link fails: \(error)")
    }
    try await world.bankAnswers(intent)
    _ = try await world.engine.confirmOnPage(charge, intent)
    #expect(try world.successes(of: charge) == 1)
  }

  /// An hour without an answer raises the matter; the question found after it does not clear it.
  @Test func `R2 a question that is found late is no unresolved charge any more`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    let engine = world.engine { request in
      request.url.hasSuffix("/v1/payment_intents") && request.method == HTTPRequest.Method.post
        ? HTTPResponse(status: 500, body: Data("{}".utf8)) : nil
    }
    _ = try await engine.payOnPage(charge, with: card)
    world.clock.advance(by: .minutes(70))
    _ = try await engine.tick(limit: nil)
    for _ in 0..<3 { try await world.tick(after: .minutes(10)) }
    #expect(try world.state(charge) == .recovering)
    #expect(try world.matters().isEmpty)
  }

  @Test func `T1 nothing is confirmed for a charge that is paid`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    let engine = world.engine { request in
      request.url.hasSuffix("/v1/payment_intents") && request.method == HTTPRequest.Method.post
        ? HTTPResponse(status: 500, body: Data("{}".utf8)) : nil
    }
    _ = try await engine.payOnPage(charge, with: card)
    try await world.tick(after: .minutes(6))
    let intent = try world.challenge(of: charge)
    guard try world.state(charge) == .unresolved else { return }
    _ = try world.ledger.judge(
      charge, as: .paid, note: "in cash", keyLife: Engine.keyLife, at: world.clock.now, context: context(world))
    try await world.bankAnswers(intent)
    _ = try await world.engine.confirmOnPage(charge, intent)
    for _ in 0..<2 { try await world.tick(after: .minutes(10)) }
    #expect(try world.successes(of: charge) == 0)
    #expect(try world.collectible(charge).isEmpty)
  }

  @Test(
    arguments: SandboxFault.Kind.allCases, ["create 1", "create 3", "create 7", "confirm 1", "confirm 3", "confirm 7"])
  func `V1 Stripe's own trouble on our page makes nothing twice`(kind: SandboxFault.Kind, at what: String) async throws
  {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    let count = try #require(Int(what.suffix(1)))
    if what.hasPrefix("create") {
      world.sandbox.inject(SandboxFault(kind, method: .post, pathPrefix: "/v1/payment_intents", count: count))
    }
    for round in 0..<4 {
      _ = try await world.engine.payOnPage(charge, with: card)
      if let intent = try world.report(charge).attempts.last(where: { $0.kind == .onSession })?.intent {
        try await world.bankAnswers(intent)
        if round == 0, what.hasPrefix("confirm") {
          world.sandbox.inject(SandboxFault(kind, method: .post, pathPrefix: "/v1/payment_intents", count: count))
        }
        _ = try await world.engine.confirmOnPage(charge, intent)
      }
      try await world.tick(after: .minutes(7))
    }
    for _ in 0..<3 { try await world.tick(after: .minutes(61)) }
    let state = try world.state(charge)
    let successes = try world.successes(of: charge)
    #expect(successes <= 1 && (state == .paid) == (successes == 1), "\(state), \(successes)")
    #expect(state == .paid || state == .recovering, "\(state)")
    let matters = try world.matters()
    #expect(matters.isEmpty, "\(matters)")
    if state == .paid { #expect(try world.collectible(charge).isEmpty) }
  }

  @Test func `Z1 a new card takes the place of the old one also where the bank asks just now`() async throws {
    let world = try World()
    let (customer, card) = try await world.customer("pm_card_authenticationRequired")
    let one = try await world.owe(1099, by: customer, with: card, key: "one")
    let two = try await world.owe(500, by: customer, with: card, key: "two")
    try await world.tick()
    try await world.tick(after: .minutes(1))
    _ = try await world.engine.payOnPage(two, with: card)
    let typed = try await world.typedCard()
    #expect(try await world.engine.payOnPage(one, with: typed) == .paid)
    for _ in 0..<3 { try await world.tick(after: .minutes(40)) }
    #expect(try world.report(two).charge.paymentMethod == typed)
    #expect(try world.state(two) == .paid)
  }
}
