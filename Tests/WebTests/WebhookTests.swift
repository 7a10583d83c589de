import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(5))) struct WebhookTests {
  @Test func `a webhook is answered, then applied, and the merchant is told`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      _ = try world.payAtStripe(charge)
      let answer = try await served.webhook(world.event("checkout.session.completed"))
      #expect(answer.status == 200)
      // The failure, and the thanks.
      try await served.eventually {
        try world.merchant.messages("charge.paid").count == 1 && world.mailbox.all.count == 2
      }
      #expect(try world.state(of: charge) == .paid)
    }
  }

  @Test func `the same event again is 200, and nothing is done for it`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      _ = try world.payAtStripe(charge)
      let event = try world.event("checkout.session.completed")
      #expect(try await served.webhook(event).status == 200)
      try await served.eventually { served.turnsTaken == 2 }
      #expect(try world.state(of: charge) == .paid)
      let before = try world.ledger.report(charge)?.history
      let requests = world.network.requests.count
      #expect(try await served.webhook(event).status == 200)
      try await served.eventually { served.turnsTaken == 3 }
      #expect(try world.ledger.report(charge)?.history == before)
      #expect(world.network.requests.count == requests)
      #expect(try world.merchant.messages("charge.paid").count == 1)
    }
  }

  @Test func `what an earlier run left in the inbox is applied at start`() async throws {
    let world = try World()
    let charge = try await world.declined()
    _ = try world.payAtStripe(charge)
    try world.engine.receive(webhooks: [
      try StripeJSON.decode(StripeEvent.self, from: world.event("checkout.session.completed"))
    ])
    #expect(try world.state(of: charge) == .recovering)
    try await ServedWorld.serve(world) { _ async throws in
      #expect(try world.state(of: charge) == .paid)
    }
  }

  @Test(arguments: BadWebhook.allCases)
  func `a webhook that cannot be trusted is 400 and stored nowhere`(kind: BadWebhook) async throws {
    try await ServedWorld.serve { served in
      let event = Data(#"{"id":"evt_1","object":"event","type":"customer.updated"}"#.utf8)
      let now = served.world.clock.now
      var headers: [HTTPHeader] = []
      var body = event
      switch kind {
      case .unsigned: break
      case .garbled: headers = [HTTPHeader("Stripe-Signature", "t=,v1=zz")]
      case .wrongSecret:
        headers = [HTTPHeader("Stripe-Signature", WebhookSignature.header(payload: event, secret: "whsec_x", at: now))]
      case .changedBody:
        headers = [served.signature(event, at: now)]
        body.append(0x20)
      case .stale: headers = [served.signature(event, at: now - .seconds(301))]
      case .fromTheFuture: headers = [served.signature(event, at: now + .seconds(301))]
      case .notAnEvent:
        body = Data("hello".utf8)
        headers = [served.signature(body, at: now)]
      }
      let answer = try await served.post("/webhooks/stripe", body, headers: headers)
      #expect(answer.status == 400)
      #expect(answer.text.utf8.count < 40, "no more than a short reason")
      #expect(try served.world.ledger.eventsWaiting(at: now, limit: 10).isEmpty)
    }
  }

  enum BadWebhook: CaseIterable { case unsigned, garbled, wrongSecret, changedBody, stale, fromTheFuture, notAnEvent }

  @Test func `while a secret is rolled both are good`() async throws {
    let world = try World()
    _ = try await world.declined()
    try await ServedWorld.serve(world, secrets: ["whsec_old", "whsec_new"]) { served in
      let event = try world.event("payment_intent.payment_failed")
      #expect(try await served.webhook(event, secret: "whsec_old").status == 200)
      #expect(try await served.webhook(event, secret: "whsec_new").status == 200)
      #expect(try await served.webhook(event, secret: "whsec_third").status == 400)
    }
  }

  @Test func `a signature's age is judged by Stripe's clock`() async throws {
    let world = try World()
    // Stripe is an hour ahead of this machine, as its `Date` has told.
    world.sandbox.advance(by: 3600)
    _ = try await world.person("pm_card_visa")
    try await ServedWorld.serve(world) { served in
      let event = try world.event("customer.created")
      #expect(try await served.webhook(event, sentAt: world.clock.now + .hours(1)).status == 200)
      #expect(try await served.webhook(event, sentAt: world.clock.now).status == 400)
    }
  }

  @Test func `without a secret nothing is taken, and Stripe will try again`() async throws {
    let world = try World()
    _ = try await world.person("pm_card_visa")
    try await ServedWorld.serve(world, secrets: []) { served async throws in
      #expect(try await served.webhook(world.event("customer.created")).status == 503)
    }
  }

  @Test func `a webhook takes a POST only`() async throws {
    try await ServedWorld.serve { served in
      let answer = try await served.get("/webhooks/stripe")
      #expect(answer.status == 405 && answer.header("Allow") == "POST")
    }
  }
}

extension ServedWorld {
  fileprivate func signature(_ payload: Data, at time: Timestamp) -> HTTPHeader {
    HTTPHeader("Stripe-Signature", WebhookSignature.header(payload: payload, secret: Self.secret, at: time))
  }
}
