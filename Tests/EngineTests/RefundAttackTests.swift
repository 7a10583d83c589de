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

/// Attacks on refunds of ours: each tries to lose one, or to give money back twice.
@Suite struct RefundAttackTests: MoneyBackStories {
  @Test func `a refusal of one process says nothing about what another is sending`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let locked = engine(
      world, refusingWith: 401, #"{"error":{"type":"invalid_request_error","message":"Invalid API Key"}}"#)
    world.network.fail("/v1/refunds", .answerLost, count: 3)
    async let mine = refund(world, charge, amount: 400)
    async let theirs = refund(world, charge, amount: 400, by: locked)
    _ = try await (mine, theirs)
    for _ in 0..<2 { try await world.tick(after: .minutes(2)) }
    let made = try refundsAtStripe(world)
    let known = try world.report(charge).charge.amountRefunded
    #expect(made.reduce(0, +) == Int(known))
  }

  @Test func `a lost refund that has failed by the time it is found is not called made`() async throws {
    let world = try World()
    let charge = try await paid(world, card: "pm_card_pendingRefund")
    world.network.fail("/v1/refunds", .answerLost, count: 3)
    _ = try await refund(world, charge)
    world.network.heal()
    try settleLastRefund(world, succeeds: false)
    try await world.tick(after: .minutes(2))
    #expect(try world.happenings(charge).contains(.refundRefused))
    #expect(try !world.happenings(charge).contains(.refundMade))
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [1099, 1099])
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let status: Int
    let body: String
    var testDescription: String { "\(status)" }
  }

  static let strangeRefusals = [
    Refusal(status: 401, body: #"{"error":{"type":"invalid_request_error","message":"Expired API Key"}}"#),
    Refusal(status: 403, body: #"{"error":{"type":"invalid_request_error","message":"no permission"}}"#),
    Refusal(
      status: 404,
      body: #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}"#),
    Refusal(
      status: 400,
      body: #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payment_intent"}}"#),
    Refusal(status: 400, body: #"{"error":{"type":"idempotency_error","message":"other parameters"}}"#),
  ]

  /// The first sending may still be on its way; a refusal that is not about the refund says nothing about it.
  @Test(arguments: strangeRefusals)
  func `a sent refund is not given up because of a refusal that is about something else`(given: Refusal) async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge, amount: 400)
    world.network.heal()
    let onItsWay = try #require(world.network.posts(to: "/v1/refunds").last)
    world.clock.advance(by: .minutes(2))
    guard case .unanswered = try await refund(world, charge, by: engine(world, refusingWith: given.status, given.body))
    else { throw StoryError("given up") }
    // It arrives after all, and an impatient person asks once more.
    _ = try await world.sandbox.http.send(onItsWay)
    _ = try await refund(world, charge, amount: 400)
    #expect(try refundsAtStripe(world) == [400])
    #expect(try world.report(charge).charge.amountRefunded == 400)
  }

  /// Nothing was sent before: a wrong key is a refusal, and may be asked for again with the right one.
  @Test func `a first sending that the key may not do is refused`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let locked = engine(world, refusingWith: 403, Self.strangeRefusals[1].body)
    guard case .refused = try await refund(world, charge, by: locked) else { throw StoryError("not refused") }
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [1099])
  }

  @Test func `many who ask for all of it at once give it back once`() async throws {
    let world = try World()
    let charge = try await paid(world)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          do { _ = try await refund(world, charge) } catch {
            // Gone back whole already.
          }
        }
        group.addTask {
          do { _ = try await world.engine.readEvents(since: nil) } catch { Issue.record("\(error)") }
        }
      }
    }
    for _ in 0..<3 { try await world.tick(after: .minutes(2)) }
    #expect(try refundsAtStripe(world) == [1099])
    #expect(try world.report(charge).charge.amountRefunded == 1099)
    #expect(try world.merchant.messages("charge.refunded").count == 1)
    #expect(try world.matters().isEmpty)
  }

  @Test func `staff refund in the dashboard while ours has no answer: no more goes back than was received`()
    async throws
  {
    let world = try World()
    let charge = try await paid(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge)
    world.network.heal()
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=500")
    try await world.tick(after: .minutes(2))
    #expect(try refundsAtStripe(world) == [500])
    #expect(try world.report(charge).charge.amountRefunded == 500)
    _ = try await refund(world, charge)
    #expect(try refundsAtStripe(world) == [500, 599])
    #expect(try world.report(charge).charge.amountRefunded == 1099)
  }

  @Test(arguments: [(Duration.hours(20) - .minutes(1), true), (.hours(20), false), (.hours(24), false)])
  func `a key of almost twenty hours is used, an older one is not`(age: Duration, isSent: Bool) async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .requestLost, count: 3)
    _ = try await refund(world, charge)
    let written = try #require(try world.ledger.refundsToSettle(limit: 1).first).writtenAt
    world.network.heal()
    world.clock.advance(by: written + age - world.clock.now)
    try await world.tick()
    #expect(try refundsAtStripe(world).count == (isSent ? 1 : 0))
    #expect(try world.ledger.refundsToSettle(limit: 1).isEmpty == isSent)
  }

  @Test func `a replayed 500 behind which nothing was made ends after a day, and is not sent for ever`() async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/refunds", .serverError, count: 1000)
    _ = try await refund(world, charge)
    for _ in 0..<30 { try await world.tick(after: .hours(1)) }
    world.network.heal()
    try await world.tick(after: .minutes(2))
    #expect(try world.ledger.refundsToSettle(limit: 1).isEmpty)
    #expect(try world.matters().isEmpty)
    #expect(try refundsAtStripe(world).isEmpty)
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
  }

  @Test func `all that is left is what the dashboard has left, also if no event has said so yet`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=500")
    guard case .made = try await refund(world, charge) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [500, 599])
    await #expect(throws: LedgerError.self) { try await refund(world, charge, amount: 1) }
  }

  /// A machine whose clock is a day late: whether a key is dead must not depend on it.
  @Test func `under a wrong clock nothing is refunded, and the reason is said`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let late = world.engine(ahead: .hours(-26))
    let refusal = await #expect(throws: WrongClock.self) { try await refund(world, charge, amount: 400, by: late) }
    #expect(refusal?.advice.contains("behind Stripe's") == true)
    #expect(try refundsAtStripe(world) == [])
    guard case .made = try await refund(world, charge, amount: 400) else { throw StoryError("not made") }
    #expect(try refundsAtStripe(world) == [400])
  }

  /// Law 10: killed before or after any commit, with an impatient person who asks again: once, and known.
  @Test(arguments: 0..<10, [true, false])
  func `a crash at any commit of a refund changes nothing in the end`(at moment: Int, isImpatient: Bool) async throws {
    let world = try World()
    let charge = try await paid(world)
    let engine = try world.dyingEngine(at: moment)
    do { _ = try await refund(world, charge, by: engine) } catch {
      #expect(error is StoryError, "\(error)")
    }
    if isImpatient {
      do { _ = try await refund(world, charge) } catch {
        #expect(error is LedgerError, "\(error)")
      }
    }
    for _ in 0..<2 { try await world.tick(after: .minutes(2)) }
    // Killed before it was written, and nobody asks again: nothing.
    let made = moment < 4 && !isImpatient && world.sandbox.ids(of: "refund").isEmpty ? [] : [1099]
    #expect(try refundsAtStripe(world) == made)
    #expect(try world.report(charge).charge.amountRefunded == Int64(made.first ?? 0))
    #expect(try world.ledger.refundsToSettle(limit: 9).isEmpty)
    #expect(try world.merchant.messages("charge.refunded").count == made.count)
    #expect(
      try world.happenings(charge).filter { $0 == .refundMade }.count == made.count, "what was written is concluded")
    #expect(try world.matters().isEmpty)
    try engine.ledger.close()
  }

  @Test func `what cannot be read is not refunded, and nothing stays behind`() async throws {
    let world = try World()
    let charge = try await paid(world)
    world.network.fail("/v1/", .notSent, count: 100)
    await #expect(throws: StripeTrouble.self) { try await refund(world, charge) }
    world.network.heal()
    #expect(try world.ledger.refundsToSettle(limit: 9).isEmpty)
    try await world.tick(after: .hours(1))
    #expect(try refundsAtStripe(world).isEmpty)
  }

  @Test func `nothing is refunded under the key of another account`() async throws {
    let world = try World()
    let charge = try await paid(world)
    let told = world.engine(retelling: "/v1/account") { $0.replacing(/acct_[A-Za-z0-9]+/, with: "acct_another") }
    var settings = told.settings
    settings.keyDigest = "another"
    let stranger = told.with(settings: settings)
    await #expect(throws: (any Error).self) { try await refund(world, charge, by: stranger) }
    #expect(world.network.posts(to: "/v1/refunds").isEmpty)
  }
}
