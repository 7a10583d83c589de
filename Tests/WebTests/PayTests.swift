import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Templates
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(5))) struct PayTests {
  @Test func `the button leads to a live checkout, and a second click to the same`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let first = try await served.post(served.path(.pay(charge)))
      #expect(first.status == 303)
      let live = try #require(try world.ledger.liveCheckout(of: charge))
      #expect(live.state == .open && first.location == live.url)
      #expect(try await served.post(served.path(.pay(charge))).location == first.location)
      #expect(world.sandbox.ids(of: "checkout.session").count == 1)
    }
  }

  @Test func `clicks at the same moment end at one checkout`() async throws {
    let world = try World()
    let charge = try await world.declined()
    // So old that a click wants a fresh one: the old is closed, one is opened, whoever comes first.
    world.clock.advance(by: .hours(2))
    try await ServedWorld.serve(world) { served in
      let pay = served.path(.pay(charge))
      let answers = try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
        for _ in 0..<4 { group.addTask { try await served.post(pay) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for answer in answers where answer.status != 303 {
        #expect(answer.status == 503 && answer.text.contains(served.path(.recovery(charge))))
      }
      let final = try await served.post(pay)
      #expect(final.status == 303)
      let live = try #require(try world.ledger.liveCheckout(of: charge))
      #expect(final.location == live.url)
      let open = try world.sandbox.ids(of: "checkout.session").count {
        String(decoding: try #require(world.sandbox.json(of: $0)), as: UTF8.self).contains("\"status\":\"open\"")
      }
      #expect(open == 1)
    }
  }

  @Test func `an old checkout is replaced by the click, and seen expired first`() async throws {
    let world = try World()
    let charge = try await world.declined()
    let old = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    world.clock.advance(by: .hours(2))
    try await ServedWorld.serve(world) { served in
      let click = try await served.post(served.path(.pay(charge)))
      let live = try #require(try world.ledger.liveCheckout(of: charge))
      #expect(click.status == 303 && click.location == live.url && live.session != old)
      #expect(live.openedBy == .customer)
      #expect(String(decoding: try #require(world.sandbox.json(of: old.text)), as: UTF8.self).contains("expired"))
    }
  }

  @Test func `when Stripe cannot be reached the page leads back, and the link works again later`() async throws {
    let world = try World()
    let charge = try await world.declined()
    world.clock.advance(by: .hours(2))
    try await ServedWorld.serve(world) { served in
      world.network.fail("/v1/", .notSent, count: 100)
      let click = try await served.post(served.path(.pay(charge)))
      #expect(click.status == 503)
      #expect(click.title == "This did not work")
      #expect(click.text.contains("href=\"\(served.path(.recovery(charge)))\""))
      #expect(click.text.contains("help@acme.example"))
      world.network.heal()
      #expect(try await served.post(served.path(.pay(charge))).status == 303)
    }
  }

  @Test func `paid at Stripe while the page was open: the click says so instead of taking money twice`() async throws {
    let world = try World()
    let charge = try await world.declined()
    _ = try world.payAtStripe(charge)
    world.clock.advance(by: .hours(2))
    try await ServedWorld.serve(world) { served in
      let click = try await served.post(served.path(.pay(charge)))
      #expect(click.status == 303 && click.location == served.path(.recovery(charge)))
      #expect(try await served.get(click.location).title == "Paid")
    }
  }
}
