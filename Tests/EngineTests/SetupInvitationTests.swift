import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport

/// Our own lasting link, and the mail that carries it.
@Suite struct SetupInvitationTests {
  @Test func `an invitation is mailed at once, says what it is for, and leads to our page`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let link = SetupLink(customer: try await world.newcomer(), job: job.name)
    #expect(try await world.engine.invite(link, again: false) == .made(to: "ada@example.com", isSent: true))
    let mail = try #require(world.mailbox.all.first)
    #expect(mail.subject == "Please save a payment method for Gold membership")
    #expect(mail.text.contains(try #require(world.engine.links.setup(link))) && mail.text.contains("$10.99"))
    #expect(world.mailbox.all.count == 1)
    try await world.tick()
    #expect(world.mailbox.all.count == 1, "no tick sends it again")
  }

  @Test func `the same again within ten minutes is refused unless it is meant`() async throws {
    let world = try World()
    let link = SetupLink(customer: try await world.newcomer(), job: nil)
    _ = try await world.engine.invite(link, again: false)
    #expect(try await world.engine.invite(link, again: false) == .recently(World.start))
    #expect(world.mailbox.all.count == 1)
    _ = try await world.engine.invite(link, again: true)
    world.clock.advance(by: .minutes(11))
    _ = try await world.engine.invite(link, again: false)
    #expect(world.mailbox.all.count == 3 && Set(world.mailbox.all.map(\.messageID)).count == 3)
  }

  @Test func `without an address nothing is queued`() async throws {
    let world = try World()
    let made = try await world.stripePost("/v1/customers", "name=Ada")
    let customer = CustomerID(try #require(made["id"] as? String))
    _ = try await world.engine.customer(customer)
    let link = SetupLink(customer: customer, job: nil)
    #expect(try await world.engine.invite(link, again: false) == .noAddress)
    #expect(try world.ledger.noticesQueued(by: world.clock.now, limit: 9).isEmpty)
  }

  @Test func `one that the mail server does not take waits, and is dropped once the customer has saved a method`()
    async throws
  {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    world.mailbox.fail(.unavailable("busy"))
    let link = SetupLink(customer: customer, job: job.name)
    #expect(try await world.engine.invite(link, again: false) == .made(to: "ada@example.com", isSent: false))
    let session = try await world.setup(of: customer, job)
    try world.enterCard(session)
    try await world.tick(after: .minutes(10))
    #expect(world.mailbox.all.isEmpty)
    #expect(try world.ledger.noticesQueued(by: world.clock.now + .days(3), limit: 9).isEmpty)
  }

  @Test func `one that is refused for good is put before a person`() async throws {
    let world = try World()
    world.mailbox.fail(.refused("no such user"))
    let link = SetupLink(customer: try await world.newcomer(), job: nil)
    _ = try await world.engine.invite(link, again: false)
    #expect(try world.matters() == [.mailRefused])
  }
}
