import Domain
import Engine
import Foundation
import Storage
import Templates
import TestSupport
import Testing
import Transport

/// "Try my card again on the 28th."
@Suite(.timeLimit(.minutes(5))) struct RetryDayTests {
  private func choose(_ served: ServedWorld, _ charge: ChargeID, _ body: String) async throws -> HTTPResponse {
    try await served.post(
      served.path(.day(charge)), Data(body.utf8),
      headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")])
  }

  @Test func `the customer chooses the day once, and the page, the mail and the retry follow`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let page = try await served.get(served.path(.recovery(charge)))
      #expect(page.text.contains("name=\"day\" min=\"2026-09-02\" max=\"2026-09-13\""), "\(page.text)")
      let answer = try await choose(served, charge, "day=2026-09-10")
      #expect(answer.status == 303 && answer.location == served.path(.recovery(charge)))
      let noon = Timestamp(rfc3339: "2026-09-10T12:00:00Z")
      #expect(try world.ledger.recovery(of: charge)?.nextRetryAt == noon)
      let after = try await served.get(answer.location)
      #expect(after.text.contains("September 10, 2026") && !after.text.contains("name=\"day\""))
      // Once.
      _ = try await choose(served, charge, "day=2026-09-12")
      #expect(try world.ledger.recovery(of: charge)?.nextRetryAt == noon)
    }
    world.clock.advance(by: .days(4))
    _ = try await world.engine.tick(limit: nil)
    #expect(try world.ledger.attempts(of: charge).count == 1)
    #expect(world.mailbox.all.last?.text.contains("September 10, 2026") == true)
    world.clock.advance(by: .days(6))
    _ = try await world.engine.tick(limit: nil)
    #expect(try world.ledger.attempts(of: charge).count == 2)
  }

  @Test(arguments: [
    "day=2026-08-31", "day=2026-09-14", "day=2026-09-31", "day=", "", "day=2026-09-10&day=2026-09-11", "tag=2026-09-10",
    "day=2026-09-10%00", "day=0000-00-00",
  ])
  func `a day that cannot be chosen changes nothing`(body: String) async throws {
    let world = try World()
    let charge = try await world.declined()
    let before = try world.ledger.recovery(of: charge)
    try await ServedWorld.serve(world) { served in
      let answer = try await choose(served, charge, body)
      let read = try await served.get(served.path(.day(charge)))
      #expect(answer.status == 303 && read.status == 405)
    }
    #expect(try world.ledger.recovery(of: charge) == before)
  }

  @Test func `where nothing is retried there is no day to choose`() async throws {
    let world = try World()
    let charge = try await world.tried("pm_card_authenticationRequired")
    try await ServedWorld.serve(world) { served in
      let page = try await served.get(served.path(.recovery(charge)))
      #expect(!page.text.contains("name=\"day\""))
      _ = try await choose(served, charge, "day=2026-09-10")
      #expect(try world.ledger.recovery(of: charge)?.nextRetryAt == nil)
    }
  }
}
