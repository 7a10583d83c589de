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

/// A crash, or a lost answer, between any two steps of a setup: whoever runs it again ends with the same, once.
@Suite struct SetupCrashTests {
  struct Break: Sendable, CustomTestStringConvertible {
    let path: String
    let fault: Network.Fault
    var testDescription: String { "\(fault) at \(path)" }
  }

  static let breaks = [
    "/v1/checkout/sessions/", "/v1/customers", "/v1/customers/", "/attach",
  ].flatMap { path in
    [Network.Fault.notSent, .requestLost, .answerLost, .serverError].map { Break(path: path, fault: $0) }
  }

  @Test(arguments: breaks)
  func `a guest's method has one customer, whatever breaks on the way`(given: Break) async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    try world.enterCard(session)
    world.network.fail(given.path, given.fault, count: 3)
    await #expect(throws: StripeTrouble.self) { try await world.engine.completeSetup(session) }
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).isEmpty)
    world.network.heal()
    guard case .complete(let completion) = try await world.engine.completeSetup(session) else {
      throw StoryError("not complete")
    }
    #expect(world.sandbox.ids(of: "customer") == [completion.customer.text], "one customer, and it is this one")
    #expect(try world.agreement(madeBy: session)?.customer == completion.customer)
    let shown = try await world.engine.read(StripePaymentMethod.self, .retrievePaymentMethod(completion.method.id))
    #expect(shown.customer?.id == completion.customer)
    let keys = world.network.posts(to: "/v1/customers").compactMap { request in
      request.headers.first { $0.name == "Idempotency-Key" }?.value
    }
    #expect(Set(keys).count == 1)
  }

  @Test func `a customer whose creation was never answered is found a day later, not made again`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    try world.enterCard(session)
    world.network.fail("/v1/customers", .answerLost, count: 3)
    await #expect(throws: StripeTrouble.self) { try await world.engine.completeSetup(session) }
    world.clock.advance(by: .hours(30))
    _ = try await world.engine.completeSetup(session)
    #expect(world.sandbox.ids(of: "customer").count == 1)
    #expect(world.network.posts(to: "/v1/customers").count == 3, "nothing was sent after 20 hours")
    #expect(try world.agreement(madeBy: session)?.state == .active)
  }

  @Test func `one that Stripe never made is asked for anew once its key is dead`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    try world.enterCard(session)
    world.network.fail("/v1/customers", .requestLost, count: 3)
    await #expect(throws: StripeTrouble.self) { try await world.engine.completeSetup(session) }
    world.clock.advance(by: .hours(22))
    await #expect(throws: StripeTrouble.self) { try await world.engine.completeSetup(session) }
    #expect(world.sandbox.ids(of: "customer").isEmpty)
    world.clock.advance(by: .hours(4))
    _ = try await world.engine.completeSetup(session)
    #expect(world.sandbox.ids(of: "customer").count == 1)
    #expect(try world.agreement(madeBy: session)?.state == .active)
  }

  @Test func `a click whose answer was lost and the next one lead to one session`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    world.network.fail("/v1/checkout/sessions", .answerLost, count: 3)
    func click() async throws -> SetupDoor {
      try await world.engine.setupDoor(customer: customer, job: job, currency: .usd, locale: "en")
    }
    guard case .unavailable = try await click() else { throw StoryError("it was answered") }
    guard case .open(let session, _) = try await click() else { throw StoryError("no session") }
    #expect(world.sandbox.ids(of: "checkout.session") == [session.text])
    guard case .open(let same, _) = try await click() else { throw StoryError("no session") }
    #expect(same == session)
    // What was completed is not opened again; half an hour later, or for other terms, it is another page.
    try world.enterCard(session)
    guard case .finished(session) = try await click() else { throw StoryError("not finished") }
    world.clock.advance(by: .minutes(31))
    guard case .open(let next, _) = try await click() else { throw StoryError("no session") }
    #expect(next != session)
    let dearer = Job(
      name: job.name, description: job.description, money: Money(amount: 2099, currency: .usd),
      statementDescriptorSuffix: nil, schedule: job.schedule, missed: .oneByOne, policy: .standard)
    guard
      case .open(let other, _) = try await world.engine.setupDoor(
        customer: customer, job: dearer, currency: .usd, locale: "en")
    else { throw StoryError("no session") }
    #expect(other != next)
  }

  @Test func `two clicks at once lead to one session`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let sessions = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let door = try await world.engine.setupDoor(customer: customer, job: job, currency: .usd, locale: "en")
          if case .open(let session, _) = door { return session.text }
          return nil
        }
      }
      return try await group.reduce(into: Set<String>()) { if let id = $1 { $0.insert(id) } }
    }
    #expect(sessions.count == 1 && world.sandbox.ids(of: "checkout.session").count == 1)
  }

  @Test func `a session that Stripe refuses to make is refused with words and is not asked for again`() async throws {
    let world = try World()
    let door = try await world.engine.createSetup(
      customer: "cus_nobody", email: nil, job: nil, currency: .usd, locale: "en")
    guard case .refused(let reason, let isInput) = door else { throw StoryError("not refused") }
    #expect(isInput && reason.contains("cus_nobody"))
    #expect(try world.ledger.setups(state: .failed, customer: nil, limit: 9).count == 1)
  }
}
