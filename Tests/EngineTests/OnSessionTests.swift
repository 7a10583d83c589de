import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing

/// Attempts on our own page: one success at most, nothing beside them, and an end without the browser as well.
@Suite struct OnSessionTests {
  @Test func `the card that failed is confirmed with its bank, and paid once`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    #expect(try world.collectible(charge).count == 2)
    let first = try await world.engine.payOnPage(charge, with: card)
    guard case .requiresAction(let secret) = first else { throw StoryError("\(first)") }
    let intent = try world.challenge(of: charge)
    #expect(secret.hasPrefix(intent.text))
    // Checkout and the old intent were seen closed before.
    #expect(try world.collectible(charge) == [intent.text])
    #expect(try world.state(charge) == .attempting)
    #expect(try world.successes(of: charge) == 0)
    try await world.bankAnswers(intent)
    #expect(try world.successes(of: charge) == 0, "no money moves without our last confirmation")
    #expect(try await world.engine.confirmOnPage(charge, intent) == .paid)
    #expect(try await world.engine.confirmOnPage(charge, intent) == .paid)
    #expect(try await world.engine.payOnPage(charge, with: card) == .paid)
    let report = try world.report(charge)
    #expect(report.charge.state == .paid && report.charge.paidBy == .onSession)
    #expect(report.attempts.map(\.kind) == [.offSession, .onSession])
    try await world.tick()
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.merchant.messages("charge.paid").count == 1)
    #expect(try world.matters().isEmpty)
  }

  @Test func `another card pays at once, and pays what follows`() async throws {
    let job = try Job.monthly(at: "12:00")
    let world = try World(jobs: [job])
    let (customer, old) = try await world.customer("pm_card_chargeCustomerFail")
    let agreement = try await world.agree(job, customer, old, start: "2026-08-31")
    try await world.tick()
    let charge = world.ledger.id.charge(of: agreement.id, period: PeriodKey("2026-08-31"))
    let other = try await world.owe(500, by: customer, with: old, key: "locker")
    try await world.tick(after: .minutes(1))
    let card = try await world.typedCard()
    #expect(try await world.engine.payOnPage(charge, with: card) == .paid)
    #expect(try world.ledger.agreement(agreement.id)?.paymentMethod == card)
    #expect(try world.report(other).charge.paymentMethod == card)
    try await world.tick(after: .minutes(1))
    #expect(try world.state(other) == .paid)
    #expect(try world.successes(of: charge) == 1 && world.successes(of: other) == 1)
  }

  @Test func `a card that is declined on the page changes no plan`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let before = try #require(try world.report(charge).recovery)
    let bad = try await world.typedCard("tok_chargeDeclinedInsufficientFunds")
    let answer = try await world.engine.payOnPage(charge, with: bad)
    #expect(answer == .declined(.declinedByBank))
    #expect(try await world.engine.payOnPage(charge, with: bad) == answer, "the first's answer")
    #expect(try world.report(charge).attempts.count == 2)
    let after = try #require(try world.report(charge).recovery)
    #expect(after.nextRetryAt == before.nextRetryAt && after.safeReason == before.safeReason)
    // And another one pays.
    #expect(try await world.engine.payOnPage(charge, with: try await world.typedCard()) == .paid)
    #expect(try world.successes(of: charge) == 1)
    try await world.tick()
    #expect(try world.collectible(charge).isEmpty)
  }

  @Test func `who walks away finds the link as it was, and the planned retry goes on`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let before = try #require(try world.report(charge).recovery)
    let card = try await world.typedCard("tok_threeDSecure2Required")
    guard case .requiresAction = try await world.engine.payOnPage(charge, with: card) else {
      throw StoryError("no question")
    }
    guard case .inFlight = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero) else {
      throw StoryError("a checkout beside the bank's question")
    }
    try await world.tick(after: .minutes(20))
    #expect(try world.state(charge) == .attempting)
    try await world.tick(after: .minutes(36))
    #expect(try world.state(charge) == .recovering)
    #expect(try world.report(charge).attempts.last?.state == .needsCustomer)
    #expect(try world.collectible(charge).isEmpty)
    let after = try #require(try world.report(charge).recovery)
    #expect(after.nextRetryAt == before.nextRetryAt && after.safeReason == before.safeReason)
    guard case .open = try await world.engine.openCheckout(for: charge, by: .customer, youngerThan: .zero) else {
      throw StoryError("the link is dead")
    }
  }

  @Test func `a bank that was answered is collected from without the browser`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    try await world.bankAnswers(try world.challenge(of: charge))
    try await world.tick(after: .minutes(6))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `a bank that says no leaves the charge owed`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent, yes: false)
    #expect(try await world.engine.confirmOnPage(charge, intent) == .declined(.confirmationNeeded))
    #expect(try world.state(charge) == .recovering)
    try await world.tick()
    #expect(try world.collectible(charge).count <= 1)
  }

  @Test func `two clicks at once are one attempt`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    let answers = try await withThrowingTaskGroup(of: OnSessionAnswer.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var answer = try await world.engine.payOnPage(charge, with: card)
          // Another click is closing the first try at this moment; Stripe says so, and whoever hears it clicks again.
          for _ in 0..<100 where answer == .unavailable("an earlier try could not be closed yet") {
            answer = try await world.engine.payOnPage(charge, with: card)
          }
          return answer
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    // Who comes while the first is still being sent hears that, if it takes long.
    #expect(Set(answers.filter { $0 != .inFlight }.map { "\($0)" }).count == 1, "\(answers)")
    #expect(try world.report(charge).attempts.count == 2)
    let intent = try world.challenge(of: charge)
    try await world.bankAnswers(intent)
    let ends = try await withThrowingTaskGroup(of: OnSessionAnswer.self) { group in
      for _ in 0..<4 { group.addTask { try await world.engine.confirmOnPage(charge, intent) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(ends.contains(.paid), "\(ends)")
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `another card while the bank asks ends the first question`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let first = try world.challenge(of: charge)
    #expect(try await world.engine.payOnPage(charge, with: try await world.typedCard()) == .paid)
    try await world.bankAnswers(first)
    #expect(try await world.engine.confirmOnPage(charge, first) == .declined(.confirmationNeeded))
    try await world.tick()
    #expect(try world.successes(of: charge) == 1)
  }

  @Test func `what belongs to others is unknown`() async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    let (_, theirs) = try await world.customer("pm_card_visa", email: "bob@example.com")
    #expect(try await world.engine.payOnPage(charge, with: theirs) == .unknown)
    #expect(try await world.engine.payOnPage(charge, with: "pm_nobody") == .unknown)
    let (second, other) = try await world.wantsConfirmation(key: "k2")
    _ = try await world.engine.payOnPage(second, with: other)
    #expect(try await world.engine.confirmOnPage(charge, try world.challenge(of: second)) == .unknown)
    #expect(try await world.engine.confirmOnPage(charge, "pi_nobody") == .unknown)
    _ = card
    #expect(try world.report(charge).attempts.count == 1)
  }

  @Test(arguments: [true, false])
  func `a charge that is withdrawn while the bank asks is not collected`(answers: Bool) async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    _ = try await world.engine.payOnPage(charge, with: card)
    let intent = try world.challenge(of: charge)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    try await world.tick(after: .minutes(1))
    if answers { try await world.bankAnswers(intent) }
    _ = try await world.engine.confirmOnPage(charge, intent)
    for _ in 0..<3 { try await world.tick(after: .minutes(10)) }
    #expect(try world.state(charge) == .canceled)
    #expect(try world.successes(of: charge) == 0)
    #expect(try world.collectible(charge).isEmpty)
  }

  @Test(arguments: ["create", "confirm"], [false, true])
  func `an answer that is lost is found, and nothing is made twice`(what: String, isGone: Bool) async throws {
    let world = try World()
    let (charge, card) = try await world.wantsConfirmation()
    if what == "create" {
      world.network.fail("/v1/payment_intents", isGone ? .requestLost : .answerLost, count: 5)
      guard case .unavailable = try await world.engine.payOnPage(charge, with: card) else {
        throw StoryError("answered")
      }
      world.network.heal()
      try await world.tick(after: .minutes(6))
      _ = try await world.engine.payOnPage(charge, with: card)
      try await world.bankAnswers(try world.challenge(of: charge))
      #expect(try await world.engine.confirmOnPage(charge, try world.challenge(of: charge)) == .paid)
    } else {
      _ = try await world.engine.payOnPage(charge, with: card)
      let intent = try world.challenge(of: charge)
      try await world.bankAnswers(intent)
      world.network.fail("/confirm", isGone ? .requestLost : .answerLost, count: 3)
      guard case .unavailable = try await world.engine.confirmOnPage(charge, intent) else {
        throw StoryError("answered")
      }
      #expect(try world.state(charge) == .unresolved)
      world.network.heal()
      try await world.tick(after: .minutes(6))
    }
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    try await world.tick()
    #expect(try world.collectible(charge).isEmpty)
    #expect(try world.matters().isEmpty)
  }

  /// The process dies at any commit of a payment on the page; ticks go on, and the customer comes back or not.
  @Test(arguments: 0..<24, [true, false])
  func `a crash at any commit leaves one success at most`(at moment: Int, comesBack: Bool) async throws {
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
    if comesBack {
      if case .requiresAction = try await world.engine.payOnPage(charge, with: card) {
        try await world.bankAnswers(try world.challenge(of: charge))
        _ = try await world.engine.confirmOnPage(charge, try world.challenge(of: charge))
      }
    }
    for pause in [Duration.minutes(6), .minutes(30), .hours(1), .hours(2)] { try await world.tick(after: pause) }
    let successes = try world.successes(of: charge)
    let state = try world.state(charge)
    #expect(successes <= 1 && (state == .paid) == (successes == 1), "\(state), \(successes) at \(moment)")
    #expect(state == .paid || state == .recovering)
    #expect(try world.matters().isEmpty)
    if state == .paid { #expect(try world.collectible(charge).isEmpty) }
  }
}
