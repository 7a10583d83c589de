import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Keys that are refused, limits, Stripe's own trouble, and bank debits.
@Suite struct WireFailureTests {
  @Test(arguments: ["/v1/payment_intents", "/v1/events"])
  func `a key that Stripe refuses holds nothing, is said, and charges once it is mended`(path: String) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    let refused = world.engine { request in
      request.url.contains(path) && (path == "/v1/events" || request.method == HTTPRequest.Method.post)
        ? .stripe(401, #"{"error":{"type":"invalid_request_error","message":"Invalid API Key provided"}}"#) : nil
    }
    let report = try await refused.tick(limit: nil)
    #expect(report.errors > 0 && report.held == 0 && report.paid == 0)
    #expect(try world.state(charge) != .held)
    // Somebody mends it the next day: a 401 was certainly not executed.
    try await world.tick(after: .hours(21))
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
  }

  /// What passes by itself. A failure that Stripe keeps does not: its key answers the same for a day.
  static let trouble: [SandboxFault.Kind] = SandboxFault.Kind.allCases.filter { $0 != .keepsFailure }

  @Test func `a failure that Stripe keeps, of a charge that does not exist, goes to a person and is never sent again`()
    async throws
  {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.sandbox.inject(SandboxFault(.keepsFailure, method: .post, pathPrefix: "/v1/payment_intents"))
    for _ in 0..<3 { try await world.tick(after: .minutes(3)) }
    let sends = world.network.posts(to: "/v1/payment_intents").count
    for _ in 0..<3 { try await world.tick(after: .minutes(40)) }
    #expect(try world.state(charge) == .unresolved && world.matters() == [.unresolved])
    #expect(world.network.posts(to: "/v1/payment_intents").count == sends, "a kept answer ends resending")
    await #expect(throws: LedgerError.self, "Stripe may still carry it out") {
      try await world.engine.judge(charge, as: .failed, note: "not in the dashboard")
    }
    world.clock.advance(by: .hours(26))
    _ = try await world.engine.judge(charge, as: .failed, note: "not in the dashboard")
    #expect(try world.state(charge) == .recovering && world.successes(of: charge) == 0)
  }

  @Test(arguments: trouble, [1, 3, 7])
  func `Stripe's own trouble delays a good card and nothing else`(kind: SandboxFault.Kind, count: Int) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.sandbox.inject(SandboxFault(kind, method: .post, pathPrefix: "/v1/payment_intents", count: count))
    try await world.tick()
    #expect([.paid, .unresolved].contains(try world.state(charge)))
    for _ in 0..<4 { try await world.tick(after: .minutes(3)) }
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1)
    #expect(try world.report(charge).attempts.count == 1 && world.mailbox.all.isEmpty)
    #expect(Set(world.network.posts(to: "/v1/payment_intents").map(\.body)).count == 1)
  }

  @Test(arguments: trouble)
  func `Stripe's own trouble delays a decline and nothing else`(kind: SandboxFault.Kind) async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_sandboxDecline_insufficient_funds")
    world.sandbox.inject(SandboxFault(kind, method: .post, pathPrefix: "/v1/payment_intents", count: 3))
    for _ in 0..<4 { try await world.tick(after: .minutes(3)) }
    let after = try world.report(charge)
    #expect(after.charge.state == .recovering && after.attempts.count == 1 && after.recovery?.nextRetryAt != nil)
    #expect(world.mailbox.all.count == 1)
    #expect(world.sandbox.ids(of: "payment_intent").count == 1)
  }

  @Test(arguments: [SandboxFault.Kind.tooManyRequests, .failsBefore, .failsAfter, .conflict, .dropsAfter])
  func `trouble at a retry is settled under the retry's own key`(kind: SandboxFault.Kind) async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    try world.sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    try world.sandbox.setBehavior(of: method.text, .succeeds)
    world.sandbox.inject(SandboxFault(kind, method: .post, pathPrefix: "/v1/payment_intents/", count: 3))
    try await world.tick(after: .hours(25))
    for _ in 0..<4 { try await world.tick(after: .minutes(3)) }
    #expect(try world.state(charge) == .paid)
    #expect(try world.successes(of: charge) == 1 && world.sandbox.ids(of: "payment_intent").count == 1)
    #expect(try world.report(charge).attempts.count == 2)
  }

  @Test func `a bank account that wants microdeposits: its intent is canceled, and a link goes out`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    let asking = world.engine { request in
      guard request.method == .post, request.url.contains("/v1/payment_intents") else { return nil }
      let status = request.url.hasSuffix("/cancel") ? "canceled" : "requires_action"
      return .stripe(
        200,
        #"{"id":"pi_micro","object":"payment_intent","status":"\#(status)","amount":1099,"amount_received":0,"currency":"usd","next_action":{"type":"verify_with_microdeposits"},"metadata":{}}"#
      )
    }
    _ = try await asking.tick(limit: nil)
    #expect(try world.state(charge) == .recovering)
    #expect(world.mailbox.all.count == 1)
    // Stripe mails the customer its own page to verify on: an open intent would then collect beside our link.
    #expect(try world.report(charge).charge.paymentIntent == nil, "facts §3: cancel + link")
  }

  @Test func `a bank debit is processing for days, charged once, and then paid`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    #expect(try await world.tick().processing == 1)
    for _ in 0..<3 {
      try await world.tick(after: .days(1))
      #expect(try world.state(charge) == .processing)
    }
    for _ in 0..<2 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .paid)
    #expect(world.sandbox.ids(of: "payment_intent").count == 1 && world.mailbox.all.isEmpty)
    #expect(try world.merchant.messages("charge.processing").count == 1)
    #expect(try world.merchant.messages("charge.paid").count == 1)
  }

  @Test func `a bank debit that comes back is tried twice more and not in the tick that saw it`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_insufficientFunds")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    try await world.tick()
    var failedAt: Timestamp?
    for _ in 0..<40 {
      let report = try await world.tick(after: .hours(12))
      if failedAt == nil, try world.happenings(charge).contains(.recoveryOpened) {
        failedAt = world.clock.now
        #expect(report.retried == 0, "the customer is told before the next try")
      }
    }
    #expect(failedAt != nil)
    let attempts = try world.report(charge).attempts
    #expect(attempts.count <= 3 && attempts.allSatisfy { $0.remedy == .wait || $0.state == .processing })
  }

  @Test func `a closed bank account wants new details`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_accountClosed")
    let charge = try await world.owe(by: customer, with: method, key: "k")
    for _ in 0..<7 { try await world.tick(after: .days(1)) }
    let after = try world.report(charge)
    #expect(
      after.charge.state == .recovering && after.recovery?.noRetry == .needsNewDetails && after.attempts.count == 1)
    #expect(world.mailbox.all.count == 1)
  }

  @Test(arguments: [nil, "http://127.0.0.1:8080"])
  func `a bank debit that the customer started and that came back is told once`(publicURL: String?) async throws {
    let world = try World(publicURL: publicURL)
    let charge = try await world.owe(card: "pm_card_sandboxDecline_expired_card")
    try await world.tick()
    let session = try #require(try world.ledger.liveCheckout(of: charge)?.session)
    try world.sandbox.submit(session: session.text, .bank("pm_usBankAccount_insufficientFunds"))
    try await world.tick(after: .minutes(5))
    #expect(try world.state(charge) == .processing)
    for _ in 0..<5 where try world.state(charge) == .processing { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .recovering)
    let failed = try world.report(charge).notices.filter { $0.kind == .paymentFailed && $0.state == "sent" }
    #expect(failed.count == 2, "the first failure, and this one")
  }

  @Test func `fourteen days of processing are shown to a person, and never charged again`() async throws {
    let world = try World()
    let (customer, method) = try await world.bankCustomer("pm_usBankAccount_success")
    try world.sandbox.setBehavior(of: method.text, .debits(days: 60, failure: nil))
    let charge = try await world.owe(by: customer, with: method, key: "k")
    for _ in 0..<17 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .processing)
    #expect(try world.ledger.status(at: world.clock.now).matters.map(\.kind) == [.processingTooLong])
    for _ in 0..<50 { try await world.tick(after: .days(1)) }
    #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1)
    #expect(try world.ledger.status(at: world.clock.now).matters.isEmpty, "settled: nothing is left to look at")
  }
}

extension HTTPResponse {
  static func stripe(_ status: Int, _ body: String) -> HTTPResponse {
    HTTPResponse(status: status, body: Data(body.utf8))
  }
}

extension World {
  /// The same world, with an operator's other settings, or somebody between engine and Stripe who answers some requests.
  func engine(
    settings: EngineSettings? = nil, answering answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse?
  ) -> Engine {
    let upstream = network.http
    let http = HTTPClient { request async throws(TransportError) in
      if let response = answer(request) { return response }
      return try await upstream.send(request)
    }
    return engine.with(stripe: Self.stripe(http, engine.clock), settings: settings)
  }

  /// Another card of a customer.
  func attach(_ card: String, to customer: CustomerID) async throws -> PaymentMethodID {
    let method = try await stripe(.post, "/v1/payment_methods/\(card)/attach", "customer=\(customer)")
    guard let id = method["id"] as? String else { throw StoryError("not attached: \(method)") }
    let read = try await engine.read(StripePaymentMethod.self, .retrievePaymentMethod(PaymentMethodID(id)))
    try ledger.save(read.kept(mandate: nil), at: clock.now)
    return PaymentMethodID(id)
  }

  /// Stripe used by somebody else with the same key.
  func stripe(_ method: HTTPRequest.Method, _ path: String, _ body: String = "") async throws -> [String: Any] {
    let response = try await sandbox.http.send(
      HTTPRequest(
        method: method, url: "http://127.0.0.1:12111" + path,
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(body.utf8), timeout: .seconds(5)))
    return try JSONSerialization.jsonObject(with: response.body) as? [String: Any] ?? [:]
  }

  /// An object as Stripe has it.
  func stripe(_ id: String) throws -> [String: Any] {
    guard let data = sandbox.json(of: id) else { throw StoryError("\(id) is not at Stripe") }
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
