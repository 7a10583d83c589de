import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Templates
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct SetupPageTests {
  private static func gold() throws -> Job {
    Job(
      name: "gold", description: "Gold membership", money: Money(amount: 1099, currency: .usd),
      statementDescriptorSuffix: nil,
      schedule: Schedule(every: Interval(count: 1, unit: .month), at: try LocalTime(parsing: "09:00"), zone: .utc),
      missed: .oneByOne, policy: .standard)
  }

  @Test func `the setup link says what is agreed to, and its button leads to a session that makes the agreement`()
    async throws
  {
    let world = try World(jobs: [Self.gold()])
    let (customer, _) = try await world.person("pm_card_visa")
    try await ServedWorld.serve(world) { served in
      let link = served.path(.setup(SetupLink(customer: customer, job: "gold")))
      let requests = world.network.requests.count
      let page = try await served.get(link)
      #expect(page.title == "Save a payment method")
      #expect(page.text.contains("$10.99") && page.text.contains("every month"))
      #expect(world.network.requests.count == requests, "reads only")
      let click = try await served.post(link)
      #expect(click.status == 303)
      let session = try #require(world.sandbox.ids(of: "checkout.session").last)
      #expect(click.location.contains(session))
      #expect(try await served.get("/done?session_id=\(session)").title == "Save a payment method", "not saved yet")
      try world.sandbox.complete(session: session, card: "4242424242424242")
      #expect(try await served.get("/done?session_id=\(session)").title == "Saved")
      #expect(try world.ledger.agreements(after: nil, limit: 10).map(\.job) == ["gold"])
      try await served.eventually { try world.merchant.messages("agreement.created").count == 1 }
    }
  }

  @Test func `a link for a job that is gone promises nothing`() async throws {
    let world = try World()
    let (customer, _) = try await world.person("pm_card_visa")
    try await ServedWorld.serve(world) { served async throws in
      let link = served.path(.setup(SetupLink(customer: customer, job: "gone")))
      #expect(try await served.get(link).status == 404)
      #expect(try await served.post(link).status == 404)
      #expect(world.sandbox.ids(of: "checkout.session").isEmpty)
    }
  }

  @Test func `when Stripe cannot be reached the page leads back`() async throws {
    let world = try World()
    let (customer, _) = try await world.person("pm_card_visa")
    try await ServedWorld.serve(world) { served in
      let link = served.path(.setup(SetupLink(customer: customer, job: nil)))
      world.network.fail("/v1/", .notSent, count: 100)
      let click = try await served.post(link)
      #expect(click.status == 503 && click.text.contains("href=\"\(link)\""))
    }
  }
}
