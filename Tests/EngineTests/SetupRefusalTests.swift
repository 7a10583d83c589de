import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// A method that cannot be charged off session is refused at the setup, with words, not at the first charge.
@Suite struct SetupRefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let refusal: SetupRefusal
    var isBank = false
    let retell: @Sendable (String) -> String
    var testDescription: String { name }
  }

  /// As Stripe would show the session, by changing what the sandbox says.
  static let cases: [Case] = [
    Case(name: "saved for payments on session", refusal: .onSession) {
      $0.replacing(/"usage":\s*"off_session"/, with: #""usage":"on_session""#)
    },
    Case(name: "a mandate for one payment", refusal: .singleUse, isBank: true) {
      $0.replacing(/"type":\s*"multi_use"/, with: #""type":"single_use""#)
    },
    Case(name: "no mandate", refusal: .noMandate, isBank: true) {
      $0.replacing(/"mandate":\s*\{.*?"type":\s*"multi_use"[^}]*\}/, with: #""mandate":null"#)
    },
    Case(name: "an inactive mandate", refusal: .mandateInactive, isBank: true) {
      $0.replacing(/"status":\s*"active"/, with: #""status":"inactive""#)
    },
    Case(name: "a type that pays once", refusal: .singleUse) {
      $0.replacing(/"type":\s*"card"/, with: #""type":"ideal""#)
    },
    Case(name: "a type that is not allowed", refusal: .typeNotAllowed) {
      $0.replacing(/"type":\s*"card"/, with: #""type":"cashapp""#)
    },
    Case(name: "an expired card", refusal: .cardExpired) {
      $0.replacing(/"exp_year":\s*\d+/, with: #""exp_year":2026"#)
        .replacing(/"exp_month":\s*\d+/, with: #""exp_month":7"#)
    },
    Case(name: "a blocked account", refusal: .accountBlocked, isBank: true) {
      $0.replacing(
        /"status_details":\s*\{\s*\}/, with: #""status_details":{"blocked":{"network_code":null,"reason":"closed"}}"#
      )
      .replacing(
        /"status_details":\s*null/, with: #""status_details":{"blocked":{"network_code":null,"reason":"closed"}}"#)
    },
    Case(name: "somebody else's", refusal: .otherCustomer) {
      $0.replacing(/"customer":\s*"cus_[A-Za-z0-9]+"/, with: #""customer":"cus_somebodyelse1""#)
    },
  ]

  @Test(arguments: cases)
  func `refused, said to a person, and never charged`(given: Case) async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let session = try await world.setup(of: customer, job)
    if given.isBank { try world.enterBank(session) } else { try world.enterCard(session) }
    let told = world.engine(retelling: "/v1/checkout/sessions/", given.retell)
    for _ in 0..<3 {
      guard case .refused(let rejection) = try await told.completeSetup(session) else {
        throw StoryError("not refused: \(try await told.completeSetup(session))")
      }
      #expect(rejection.refusal == given.refusal)
      #expect(!rejection.refusal.words.isEmpty)
    }
    #expect(try world.setupState(session) == .refused)
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).isEmpty)
    #expect(try world.matters() == [.setupFailed])
    // Another one is taken, and the matter is over.
    let again = try await world.setup(of: customer, job)
    try world.enterCard(again)
    _ = try await world.engine.completeSetup(again)
    #expect(try world.agreement(madeBy: again)?.state == .active)
    #expect(try world.matters() == [])
  }

  @Test func `a live agreement keeps its method, and its history says what was refused`() async throws {
    let job = try Job.monthly(at: "23:00")
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let first = try await world.setup(of: customer, job)
    try world.enterCard(first)
    _ = try await world.engine.completeSetup(first)
    let before = try #require(try world.agreement(madeBy: first))
    let second = try await world.setup(of: customer, job)
    try world.enterCard(second, "5555555555554444")
    let told = world.engine(retelling: "/v1/checkout/sessions/", Self.cases[0].retell)
    _ = try await told.completeSetup(second)
    #expect(try world.agreement(madeBy: first) == before)
    let refused = try #require(try world.ledger.history(agreement: before.id).last)
    #expect(refused.what == .setupRefused && refused.sentence.contains("presence only"))
  }

  @Test func `a card that was stopped before is not taken again under another name`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let charge = try await world.owe(card: "pm_card_sandboxDecline_stolen_card")
    try await world.tick()
    #expect(try world.state(charge) == .recovering)
    let session = try await world.setup(of: world.newcomer(email: "bea@example.com"), job)
    // The same number, so the same fingerprint.
    try world.enterCard(session, "4000000000000341")
    guard case .refused(let rejection) = try await world.engine.completeSetup(session) else {
      throw StoryError("not refused")
    }
    #expect(rejection.refusal == .cardStopped && rejection.refusal.safeReason == nil, "the reason stays with us")
  }

  @Test func `a customer who is deleted meanwhile gets no agreement`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let customer = try await world.newcomer()
    let session = try await world.setup(of: customer, job)
    try world.enterCard(session)
    let told = world.engine(retelling: "/v1/customers/") { _ in
      #"{"id":"\#(customer)","object":"customer","deleted":true}"#
    }
    guard case .refused(let rejection) = try await told.completeSetup(session) else { throw StoryError("not refused") }
    #expect(rejection.refusal == .customerGone)
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).isEmpty)
  }

  @Test func `a method that its guest has already given away is refused`() async throws {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await world.guestSetup(job)
    try world.enterCard(session)
    let intent = try #require(try world.ledger.setup(session: session)?.setupIntent)
    let shown = try await world.engine.read(SetupIntent.self, .retrieveSetupIntent(intent))
    let method = try #require(shown.paymentMethod?.id)
    // Attached to somebody and detached: Stripe does not take it again, for good.
    let other = try await world.newcomer(email: "other@example.com")
    _ = try await world.stripePost("/v1/payment_methods/\(method)/attach", "customer=\(other)")
    _ = try await world.stripePost("/v1/payment_methods/\(method)/detach", "")
    guard case .refused(let rejection) = try await world.engine.completeSetup(session) else {
      throw StoryError("not refused")
    }
    #expect(rejection.refusal == .notAttachable)
    #expect(try world.ledger.agreements(.all, after: nil, limit: 9).isEmpty)
  }

  @Test func `a method that names another customer than its session is refused, and nobody else gets into the ledger`()
    async throws
  {
    let job = try Job.monthly()
    let world = try World(jobs: [job])
    let session = try await world.setup(of: world.newcomer(), job)
    try world.enterCard(session)
    let intent = try #require(try world.ledger.setup(session: session)?.setupIntent)
    let shown = try await world.engine.read(SetupIntent.self, .retrieveSetupIntent(intent))
    let method = try #require(shown.paymentMethod?.id.text)
    let told = world.engine(retelling: "/v1/checkout/sessions/") { text in
      guard var object = Self.object(text), var intent = object["setup_intent"] as? [String: Any],
        var method = intent["payment_method"] as? [String: Any]
      else { return text }
      method["customer"] = "cus_anotherperson"
      intent["payment_method"] = method
      object["setup_intent"] = intent
      return Self.text(object)
    }
    guard case .refused(let rejection) = try await told.completeSetup(session) else { throw StoryError("not refused") }
    #expect(rejection.refusal == .otherCustomer)
    #expect(try world.ledger.customer("cus_anotherperson") == nil)
    #expect(try world.ledger.paymentMethod(PaymentMethodID(method)) == nil)
  }

  private static func object(_ text: String) -> [String: Any]? {
    do {
      return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    } catch {
      return nil
    }
  }

  private static func text(_ object: [String: Any]) -> String {
    do {
      return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    } catch {
      return "\(error)"
    }
  }
}
