import Domain
import Engine
import Foundation
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(5))) struct RecoveryPageTests {
  @Test func `the link says what is owed, and its button posts`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let page = try await served.get(served.path(.recovery(charge)))
      #expect(page.status == 200)
      #expect(page.title == "Payment due")
      #expect(page.text.contains("$10.99") && page.text.contains("Gold membership") && page.text.contains("Acme"))
      #expect(page.text.contains("<form method=\"post\" action=\"\(served.path(.pay(charge)))\">"))
      #expect(!page.text.contains(charge.text) && !page.text.contains("cs_") && !page.text.contains("pi_"))
    }
  }

  @Test func `opening the link any number of times changes nothing and asks Stripe nothing`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let before = try #require(try world.ledger.report(charge))
      let requests = world.network.requests.count
      for _ in 0..<3 {
        #expect(try await served.get(served.path(.recovery(charge))).status == 200)
        #expect(try await served.get(served.path(.pay(charge))).location == served.path(.recovery(charge)))
      }
      let after = try #require(try world.ledger.report(charge))
      #expect(after.history == before.history)
      #expect(after.charge == before.charge && after.checkout == before.checkout && after.recovery == before.recovery)
      #expect(world.network.requests.count == requests)
    }
  }

  @Test func `a wrong or cut token is 404, tells nothing, and still names a human`() async throws {
    let world = try World()
    let charge = try await world.declined()
    let other = try world.bill(await world.person("pm_card_visa"), key: "other")
    try await ServedWorld.serve(world) { served in
      let path = served.path(.recovery(charge))
      let otherPath = served.path(.recovery(other))
      let token = String(path.dropFirst(3))
      let stranger = served.path(.recovery("chg_000000000000000000000000"))
      let swapped = String(token.prefix(16)) + String(otherPath.dropFirst(3).dropFirst(16))
      let wrong = [
        String(path.dropLast()), path + "x", "/r/", "/r", "/r/\(token.prefix(token.count / 2))", "/r/\(swapped)",
        "/r/\(token)=", "/r/\(token)/", "/s/\(token)", "/r/..%2f..%2fdues.db", stranger, "/metrics", "/admin", "/",
      ]
      for path in wrong {
        let page = try await served.get(path)
        #expect(page.status == 404, "\(path)")
        #expect(page.title == "This link is no longer valid", "\(path)")
        #expect(page.text.contains("help@acme.example") && !page.text.contains("10.99"), "\(path)")
      }
      let requests = world.network.requests.count
      for path in [String(path.dropLast()) + "/pay", "/r/\(swapped)/pay", stranger + "/pay", stranger + "/confirm"] {
        #expect(try await served.post(path).status == 404, "\(path)")
      }
      #expect(world.network.requests.count == requests)
    }
  }

  @Test(arguments: [
    (nil, "de-AT,de;q=0.9,en;q=0.5", "de"), (nil, "pt", "en"), ("de", "en-US,en", "de"), (nil, "", "en"),
  ])
  func `a page speaks the customer's language, else the browser's`(
    customer: String?, browser: String, language: String
  ) async throws {
    let world = try World()
    let charge = try await world.declined(locale: customer)
    try await ServedWorld.serve(world) { served in
      let page = try await served.get(
        served.path(.recovery(charge)), headers: [HTTPHeader("Accept-Language", browser)])
      #expect(page.title == (language == "de" ? "Zahlung offen" : "Payment due"))
    }
  }

  @Test func `what a new card will be charged for as well is said before the button`() async throws {
    let world = try World()
    let person = try await world.person("pm_card_chargeCustomerFail")
    let charge = try world.bill(person)
    _ = try world.bill(person, key: "k2", description: "Locker 7")
    let elsewhere = try await world.person("pm_card_chargeCustomerFail")
    _ = try world.bill(elsewhere, key: "k3", description: "Somebody else's")
    _ = try await world.engine.tick(limit: nil)
    _ = try await world.engine.tick(limit: nil)
    try await ServedWorld.serve(world) { served in
      let text = try await served.get(served.path(.recovery(charge))).text
      let also = try #require(text.firstRange(of: "Locker 7"))
      let button = try #require(text.firstRange(of: "<button"))
      #expect(also.lowerBound < button.lowerBound)
      #expect(!text.contains("Somebody else"))
    }
  }

  @Test func `a stopped card is not taken again, and nobody is told why`() async throws {
    let world = try World()
    let charge = try await world.tried("pm_card_sandboxDecline_stolen_card")
    #expect(try world.state(of: charge) == .recovering)
    try await ServedWorld.serve(world) { served in
      let text = try await served.get(served.path(.recovery(charge))).text
      #expect(text.contains("Please use another card"))
      #expect(!text.contains("stolen"))
    }
  }

  @Test(arguments: Standing.allCases)
  func `the page says what is true`(standing: Standing) async throws {
    let world = try World()
    let charge = try await standing.make(in: world)
    #expect(try world.state(of: charge) == standing.state)
    try await ServedWorld.serve(world) { served in
      let page = try await served.get(served.path(.recovery(charge)))
      #expect(page.status == 200)
      #expect(page.title == standing.title)
      #expect(!page.text.contains("<form"), "nothing can be paid now")
      let click = try await served.post(served.path(.pay(charge)))
      #expect(click.status == standing.click)
      if click.status == 303 { #expect(click.location == served.path(.recovery(charge))) }
      if click.status == 409 { #expect(click.title == standing.title) }
    }
  }
}

/// Every way a charge can stand in which it cannot be paid by its link.
enum Standing: CaseIterable {
  case paid, refunded, refundedInPart, unresolved, processing, over, canceled, cancelRequested, scheduled, held

  var state: ChargeState {
    switch self {
    case .paid, .refunded, .refundedInPart: .paid
    case .unresolved: .unresolved
    case .processing: .processing
    case .over: .uncollectible
    case .canceled: .canceled
    case .cancelRequested: .recovering
    case .scheduled: .scheduled
    case .held: .held
    }
  }

  var title: String {
    switch self {
    case .paid, .refundedInPart: "Paid"
    case .refunded: "Refunded"
    case .unresolved: "Your payment is being processed"
    case .processing: "Your bank is confirming"
    case .over: "This payment can no longer be made here"
    case .canceled, .cancelRequested: "This payment was canceled"
    case .scheduled, .held: "Not paid yet"
    }
  }

  /// What a click on an old page's button is answered.
  var click: Int {
    switch self {
    case .unresolved, .processing: 409
    case .paid, .refunded, .refundedInPart, .over, .canceled, .cancelRequested, .scheduled, .held: 303
    }
  }

  func make(in world: World) async throws -> ChargeID {
    switch self {
    case .paid: return try await world.tried("pm_card_visa")
    case .refunded: return try await refunded(nil, in: world)
    case .refundedInPart: return try await refunded(400, in: world)
    case .unresolved:
      world.network.fail("/v1/payment_intents", .requestLost, count: 3)
      return try await world.tried("pm_card_visa")
    case .processing:
      let charge = try world.bill(await world.personWithBankAccount())
      _ = try await world.engine.tick(limit: nil)
      return charge
    case .over:
      let charge = try await world.declined()
      for _ in 0..<3 {
        world.clock.advance(by: .days(8))
        _ = try await world.engine.tick(limit: nil)
      }
      return charge
    case .canceled:
      let charge = try await world.declined()
      _ = try world.ledger.requestCancel(charge, reason: "asked", at: world.clock.now)
      _ = try await world.engine.tick(limit: nil)
      return charge
    case .cancelRequested:
      let charge = try await world.declined()
      _ = try world.ledger.requestCancel(charge, reason: "asked", at: world.clock.now)
      return charge
    case .scheduled: return try world.bill(await world.person("pm_card_visa"))
    case .held: return try world.bill(await world.person("pm_card_visa"), heldReason: .overMaxCharge)
    }
  }

  /// - Parameter amount: `nil` is all of it.
  private func refunded(_ amount: Int64?, in world: World) async throws -> ChargeID {
    let charge = try await world.tried("pm_card_visa")
    _ = try await world.engine.refund(charge, through: nil, amount: amount, reason: .requestedByCustomer)
    _ = try await world.engine.tick(limit: nil)
    return charge
  }
}
