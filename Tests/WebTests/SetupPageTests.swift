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

@Suite(.timeLimit(.minutes(5))) struct SetupPageTests {
  @Test func `the setup link says what is agreed to, and its button leads to a session that makes the agreement`()
    async throws
  {
    let world = try World(jobs: [Job.gold()])
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
      #expect(try world.ledger.agreements(.all, after: nil, limit: 10).map(\.job) == ["gold"])
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

  @Test func `afterwards the link shows the agreement and lets the customer change the card`() async throws {
    let world = try World(jobs: [Job.gold()])
    let customer = try await world.newCustomer()
    try await ServedWorld.serve(world) { served in
      let link = served.path(.setup(SetupLink(customer: customer, job: "gold")))
      _ = try await served.post(link)
      let first = try #require(world.sandbox.ids(of: "checkout.session").last)
      try world.submit(CheckoutSessionID(first), .card)
      #expect(try await served.get("/done?session_id=\(first)").title == "Saved")
      let page = try await served.get(link)
      #expect(page.title == "Change your payment method")
      #expect(page.text.contains("replaces Visa ending 4242") && page.text.contains("first on August 31, 2026"))
      let before = try world.onlyAgreement()
      let click = try await served.post(link)
      let second = try #require(world.sandbox.ids(of: "checkout.session").last)
      #expect(second != first && click.location.contains(second))
      try world.submit(CheckoutSessionID(second), .bankAccount)
      #expect(try await served.get("/done?session_id=\(second)").title == "Saved")
      #expect(try world.onlyAgreement().paymentMethod != before.paymentMethod)
      _ = try world.ledger.pause(before.id, at: world.clock.now)
      #expect(try await served.get(link).text.contains("once it is no longer paused"))
    }
  }

  @Test func `a double click opens one page, and a click after the end leads to what it came to`() async throws {
    let world = try World(jobs: [Job.gold()])
    let customer = try await world.newCustomer()
    try await ServedWorld.serve(world) { served in
      let link = served.path(.setup(SetupLink(customer: customer, job: "gold")))
      async let one = served.post(link)
      async let two = served.post(link)
      let locations = try await [one.location, two.location]
      #expect(Set(locations).count == 1 && world.sandbox.ids(of: "checkout.session").count == 1)
      let session = CheckoutSessionID(try #require(world.sandbox.ids(of: "checkout.session").last))
      try world.submit(session, .card)
      let third = try await served.post(link)
      #expect(third.status == 303 && third.location.hasSuffix("/done?session_id=\(session)"))
      #expect(try await served.get(third.location).title == "Saved")
    }
  }

  @Test func `small deposits are told, with the way to name them, on both pages`() async throws {
    let world = try World(jobs: [Job.gold()])
    let customer = try await world.newCustomer()
    try await ServedWorld.serve(world) { served in
      let link = served.path(.setup(SetupLink(customer: customer, job: "gold")))
      _ = try await served.post(link)
      let session = CheckoutSessionID(try #require(world.sandbox.ids(of: "checkout.session").last))
      try world.submitUnverified(session)
      let landing = try await served.get("/done?session_id=\(session)")
      #expect(landing.title == "Your bank is confirming")
      #expect(landing.text.contains("ending 6789") && landing.text.contains("By September 2, 2026"))
      #expect(landing.text.contains("/c/verify/"))
      #expect(try world.onlyAgreement().state == .pending)
      let requests = world.network.requests.count
      let page = try await served.get(link)
      #expect(page.text.contains("still confirming") && page.text.contains("/c/verify/"))
      #expect(world.network.requests.count == requests, "reads the ledger only")
      try world.verifyDeposits(of: session, succeeds: true)
      #expect(try await served.webhook(world.event("setup_intent.succeeded")).status == 200)
      try await served.eventually { try world.onlyAgreement().state == .active }
      #expect(try await served.get("/done?session_id=\(session)").title == "Saved")
      #expect(try await !served.get(link).text.contains("still confirming"))
    }
  }

  @Test func `deposits that are named wrongly are told, and another method is offered`() async throws {
    let world = try World(jobs: [Job.gold()])
    let customer = try await world.newCustomer()
    try await ServedWorld.serve(world) { served in
      let link = served.path(.setup(SetupLink(customer: customer, job: "gold")))
      _ = try await served.post(link)
      let session = CheckoutSessionID(try #require(world.sandbox.ids(of: "checkout.session").last))
      try world.submitUnverified(session)
      try world.verifyDeposits(of: session, succeeds: false)
      let page = try await served.get("/done?session_id=\(session)")
      #expect(page.title == "Not saved" && page.text.contains("could not be verified by your bank"))
      #expect(page.text.contains("action=\"\(link)\""))
    }
  }

  @Test func `a method that cannot be charged later is told so, and another one is offered`() async throws {
    let world = try World(jobs: [Job.gold()]) { $0.methods = .list(["sepa_debit"]) }
    let customer = try await world.newCustomer()
    // The session still allowed what the configuration does not allow any more.
    let opening = try world.ledger.writeSetup(
      SetupWish(customer: customer, job: Job.gold()), reusingSince: nil, at: world.clock.now
    ) { number in
      let request = StripeRequest.createSetupCheckout(
        SetupCheckout(
          customer: customer, email: nil, currency: .usd, metadata: [], clientReference: nil,
          successURL: "https://acme.example/", cancelURL: nil, expiresAt: nil, locale: "en", methods: .list(["card"]),
          ui: .hostedPage), idempotencyKey: "old \(number)")
      return FrozenRequest(path: request.path, body: request.body, idempotencyKey: "old \(number)")
    }
    guard case .success(let reply) = await world.engine.stripe.send(StripeRequest(opening.setup.request)) else {
      throw SetupStoryError("no session")
    }
    let session = try reply.decode(CheckoutSession.self)
    _ = try world.ledger.setupOpened(
      opening.setup.number, session: session.id, url: session.url, setupIntent: session.setupIntent?.id,
      at: world.clock.now)
    try world.submit(session.id, .card)
    try await ServedWorld.serve(world) { served in
      for _ in 0..<2 {
        let page = try await served.get("/done?session_id=\(session.id)")
        #expect(page.title == "Not saved")
        #expect(page.text.contains("This payment method (Visa ending 4242) cannot be used for later payments"))
        #expect(page.text.contains("action=\"\(served.path(.setup(SetupLink(customer: customer, job: "gold"))))\""))
      }
      #expect(try world.ledger.agreements(.all, after: nil, limit: 9).isEmpty)
    }
  }

  @Test func `a guest who comes back too early is led to the page that is still open`() async throws {
    let world = try World(jobs: [Job.gold()])
    let session = try await world.askForSetup(.whoseCustomerCheckoutMakes, Job.gold())
    try await ServedWorld.serve(world) { served in
      let page = try await served.get("/done?session_id=\(session)")
      #expect(page.status == 200 && page.title == "Not saved" && page.text.contains(session.text))
    }
  }
}
