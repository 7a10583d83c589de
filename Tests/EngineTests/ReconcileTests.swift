import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// The ledger beside Stripe: what was missed, paid twice, strange, or paid by hand.
@Suite struct ReconcileTests {
  private func reconcile(_ world: World, refunds: Bool = false) async throws -> ReconcileReport {
    try await world.engine.reconcile(since: nil, refundsDuplicates: refunds)
  }

  /// An intent as somebody with our metadata would make it, past the ledger.
  private func payPast(_ world: World, _ charge: ChargeID, ledger: String? = nil, amount: Int64 = 1099) async throws
    -> PaymentIntentID
  {
    let owed = try #require(try world.ledger.charge(charge))
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=\(amount)&currency=usd&customer=\(owed.customer)&payment_method=\(try #require(owed.paymentMethod))"
        + "&confirm=true&off_session=true&metadata[dues_ledger]=\(ledger ?? world.ledger.id.text)"
        + "&metadata[dues_charge]=\(charge)&metadata[dues_attempt]=7")
    return PaymentIntentID(try #require(made["id"] as? String))
  }

  @Test func `where both agree there is nothing to say`() async throws {
    let world = try World()
    _ = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    let report = try await reconcile(world)
    #expect(report.intents == 1)
    #expect(report.adopted == 0)
    #expect(!report.needsHuman)
    #expect(try world.matters().isEmpty)
  }

  @Test func `a payment whose answer and event were lost is recorded`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .answerLost, count: 3)
    try await world.tick()
    #expect(try world.state(charge) == .unresolved)
    world.network.heal()
    try world.loseEvents()
    let report = try await reconcile(world)
    #expect(report.adopted == 1)
    #expect(try world.state(charge) == .paid)
    try await world.tick()
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.merchant.messages("charge.paid").count == 1)
    #expect(try await reconcile(world).adopted == 0)
  }

  /// By intents and sessions from two days before the last commit on, however much was committed since.
  @Test(arguments: [(hours: 47, isFound: true), (hours: 50, isFound: false)])
  func `what was paid past the ledger is found two days behind its last commit`(hours: Int64, isFound: Bool)
    async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let owed = try #require(try world.ledger.charge(charge))
    let paying = try #require(
      try await world.stripePost("/v1/payment_methods/pm_card_visa/attach", "customer=\(owed.customer)")["id"]
        as? String)
    _ = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(owed.customer)&payment_method=\(paying)&confirm=true&off_session=true"
        + "&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=\(charge)")
    try world.loseEvents()
    try await world.tick(after: .hours(hours))
    let last = try world.ledger.mark().lastCommitAt
    let before = world.network.requests.count
    let report = try await reconcile(world)
    #expect((report.adopted == 1) == isFound)
    #expect((try world.state(charge) == .paid) == isFound)
    let listed = try #require(
      world.network.requests.dropFirst(before).map(\.url).first { $0.contains("/v1/payment_intents?") })
    let floor = (last - .days(2)).seconds
    #expect(listed.contains("created%5Bgte%5D=\(floor)") || listed.contains("created[gte]=\(floor)"), "\(listed)")
  }

  /// Simulated, seed 52723: it was never canceled, because what could still collect was nobody's to close.
  @Test func `an intent that is found after its charge was withdrawn is closed, and the charge canceled`() async throws
  {
    let world = try World()
    let (customer, _) = try await world.customer("pm_card_visa")
    let charge = try await world.owe(by: customer, with: nil, key: "found")
    try await world.tick()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&metadata[dues_ledger]=\(world.ledger.id)"
        + "&metadata[dues_charge]=\(charge)&metadata[dues_attempt]=1")
    let intent = PaymentIntentID(try #require(made["id"] as? String))
    try world.ledger.adopt(intent, attempt: 1, of: charge, waitsForCustomer: false, at: world.clock.now)
    for _ in 0..<2 { try await world.tick(after: .minutes(2)) }
    #expect(try world.state(charge) == .canceled)
    #expect(try world.stripe(intent.text)["status"] as? String == "canceled")
  }

  /// A ledger that was away for so long that Stripe does not tell the events any more.
  @Test(arguments: [true, false])
  func `what went back while nobody read is known, of payments old and new`(isOld: Bool) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    var backup = try world.backup()
    try await world.tick()
    let intent = try #require(try world.report(charge).charge.paymentIntent)
    world.clock.advance(by: .hours(1))
    if isOld { backup = try world.backup() }
    _ = try await world.stripePost("/v1/refunds", "payment_intent=\(intent)&amount=99")
    world.clock.advance(by: .days(40))
    let copy = try world.engine(on: backup, .stayed)
    _ = try await copy.reconcile(since: nil, refundsDuplicates: false)
    #expect(try copy.ledger.charge(charge)?.state == .paid)
    #expect(try copy.ledger.payment(through: intent)?.refunded == 99)
  }

  @Test func `a paid checkout that nobody told about is recorded, with its new card`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    _ = try world.pay(charge)
    try world.loseEvents()
    let report = try await reconcile(world)
    #expect(report.adopted == 1)
    #expect(try world.state(charge) == .paid)
    #expect(try world.report(charge).charge.paidBy == .checkout)
  }

  @Test(arguments: [false, true])
  func `a second success is found, and given back once when that is wanted`(refunds: Bool) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    let second = try await payPast(world, charge)
    let report = try await reconcile(world, refunds: refunds)
    #expect(report.duplicates.map(\.paymentIntent) == [second])
    #expect(report.duplicates.map(\.isProven) == [true])
    #expect(report.needsHuman == !refunds)
    #expect(try world.matters() == (refunds ? [] : [.secondPayment]))
    #expect(world.sandbox.ids(of: "refund").count == (refunds ? 1 : 0))
    let again = try await reconcile(world, refunds: refunds)
    #expect(again.duplicates.count == (refunds ? 0 : 1))
    #expect(world.sandbox.ids(of: "refund").count == (refunds ? 1 : 0))
    #expect(try world.state(charge) == .paid)
  }

  /// Something has gone back already, or the amounts are not the same: a person decides.
  @Test(arguments: ["the first was refunded", "a part of the second was refunded", "another amount", "disputed"])
  func `what is not proven double is never given back`(story: String) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    let first = try #require(try world.report(charge).charge.paymentIntent)
    let second = try await payPast(world, charge, amount: story == "another amount" ? 500 : 1099)
    switch story {
    case "the first was refunded": _ = try await world.stripePost("/v1/refunds", "payment_intent=\(first)")
    case "a part of the second was refunded":
      _ = try await world.stripePost("/v1/refunds", "payment_intent=\(second)&amount=1")
    case "disputed":
      let stripeCharge = try #require(world.sandbox.ids(of: "charge").first)
      try world.sandbox.dispute(
        charge: stripeCharge, SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback))
    default: break
    }
    let before = world.sandbox.ids(of: "refund").count
    let report = try await reconcile(world, refunds: true)
    #expect(report.duplicates.map(\.isProven) == [false])
    #expect(report.needsHuman)
    #expect(world.sandbox.ids(of: "refund").count == before)
  }

  @Test func `what stands under our ledger's id and is not in it goes to a person`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let owed = try #require(try world.ledger.charge(charge))
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=700&currency=usd&customer=\(owed.customer)&payment_method=\(try #require(owed.paymentMethod))&confirm=true"
        + "&off_session=true&metadata[dues_ledger]=\(world.ledger.id)&metadata[dues_charge]=chg_unknown")
    let report = try await reconcile(world)
    #expect(report.strangers.map(\.id) == [made["id"] as? String])
    #expect(report.needsHuman)
    #expect(try world.matters() == [.notInLedger])
  }

  @Test func `another ledger's payments are nothing of ours`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    try await world.tick()
    _ = try await payPast(world, charge, ledger: "led_other")
    let report = try await reconcile(world, refunds: true)
    #expect(report.intents == 1)
    #expect(!report.needsHuman)
    #expect(world.sandbox.ids(of: "refund").isEmpty)
  }

  @Test func `under another account's key nothing is compared, and no setup ends`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    try await world.tick()
    world.clock.advance(by: .hours(30))
    var settings = world.engine.settings
    settings.keyDigest = "another key"
    let stranger = world.engine(settings: settings) { request in
      request.url.hasSuffix("/v1/account")
        ? .stripe(200, #"{"id":"acct_another","object":"account","charges_enabled":true}"#)
        : .stripe(
          404, #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such session"}}"#)
    }
    await #expect(throws: LedgerError.self) {
      try await stranger.reconcile(since: nil, refundsDuplicates: false)
    }
    #expect(try world.ledger.setup(session: session)?.state == .open)
  }

  @Test func `a payment whose session does not show it yet waits for the session`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    let open = try #require(world.sandbox.json(of: session.text))
    try world.sandbox.submit(
      session: session.text, .card(number: "4242424242424242", month: 12, year: 2030, name: "J", email: "j@example.com")
    )
    let behind = world.engine { request in
      request.url.contains("/v1/checkout/sessions/") ? HTTPResponse(status: 200, body: open) : nil
    }
    _ = try await behind.readEvents(since: nil)
    _ = try await behind.applyEvents()
    #expect(try world.state(charge) == .recovering, "its line items and its card are still to come")
    try await world.tick(after: .minutes(2))
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
    let told = try #require(try world.merchant.messages("charge.paid").first?["data"] as? [String: Any])
    #expect(told["checkout_session"] as? String == session.text)
  }

  @Test func `a customer who owes it and paid just that by hand is pointed out, and nothing is done`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    try await world.tick()
    let owed = try #require(try world.ledger.charge(charge))
    let made = try await world.stripePost(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(owed.customer)&payment_method=pm_card_visa&confirm=true")
    let report = try await reconcile(world)
    #expect(report.perhapsPaid.map(\.paymentIntent.text) == [made["id"] as? String])
    #expect(try world.state(charge) == .recovering)
    #expect(try world.matters() == [.perhapsPaid])
    _ = try world.ledger.settleOutside(charge, note: "it was meant for it", at: world.clock.now) { _ in
      world.policyContext
    }
    #expect(try world.state(charge) == .paid && world.matters().isEmpty)
  }
}
