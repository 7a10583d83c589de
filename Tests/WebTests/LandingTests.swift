import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Templates
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(5))) struct LandingTests {
  @Test(arguments: [
    "", "?session_id=", "?session_id=cs_test_nobody", "?session_id=pi_1", "?session_id=cs_x%2F..%2Faccount",
    "?session_id={CHECKOUT_SESSION_ID}",
  ])
  func `a session that is not ours is 404, and Stripe is not asked`(query: String) async throws {
    try await ServedWorld.serve { served in
      let page = try await served.get("/done" + query)
      #expect(page.status == 404)
      #expect(page.title == "This link is no longer valid")
      #expect(served.world.network.requests.isEmpty)
    }
  }

  @Test func `a paid session makes the charge paid, tells the merchant at once, and says so again`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let session = try world.payAtStripe(charge)
      let page = try await served.get("/done?session_id=\(session)")
      #expect(page.status == 200 && page.title == "Paid")
      #expect(try world.state(of: charge) == .paid)
      try await served.eventually { try world.merchant.messages("charge.paid").count == 1 }
      let requests = world.network.requests.count
      #expect(try await served.get("/done?session_id=\(session)").title == "Paid")
      #expect(world.network.requests.count == requests, "nothing more can be learned")
      #expect(try world.merchant.messages("charge.paid").count == 1)
    }
  }

  @Test func `an open session says that nothing was paid and leads back`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
      let page = try await served.get("/done?session_id=\(session)")
      #expect(page.title == "Not paid yet")
      #expect(page.text.contains("href=\"\(served.path(.recovery(charge)))\""))
    }
  }

  @Test func `while Stripe cannot be asked nobody is told to pay again`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let session = try world.payAtStripe(charge)
      world.network.fail("/v1/", .requestLost, count: 100)
      let page = try await served.get("/done?session_id=\(session)")
      #expect(page.title == "We are still checking")
      #expect(!page.text.contains(served.path(.recovery(charge))))
      world.network.heal()
      #expect(try await served.get("/done?session_id=\(session)").title == "Paid")
    }
  }

  @Test func `an old session of a charge that was paid by a later one says paid`() async throws {
    let world = try World()
    let charge = try await world.declined()
    let old = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    world.clock.advance(by: .hours(2))
    try await ServedWorld.serve(world) { served in
      _ = try await served.post(served.path(.pay(charge)))
      let new = try world.payAtStripe(charge)
      #expect(new != old)
      _ = try await served.get("/done?session_id=\(new)")
      #expect(try await served.get("/done?session_id=\(old)").title == "Paid")
    }
  }
}
