import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct DisputeTests {
  private func charge(_ method: String, _ sandbox: TestSandbox) async throws -> String {
    let saved = try await sandbox.customer(with: method)
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method))
    #expect(answer.json["status"].text == "succeeded", "\(answer.text)")
    return try #require(answer.json["latest_charge"].text)
  }

  /// Against Stripe's own description of a dispute, since no path of the API answers one.
  private func dispute(_ sandbox: TestSandbox, location: SourceLocation = #_sourceLocation) throws -> JSONValue {
    let id = try #require(sandbox.stripe.ids(of: "dispute").last)
    let data = try #require(sandbox.stripe.json(of: id))
    let fixture = try JSONValue(StripeFixtures.data("dispute"))
    let mine = try JSONValue(data)
    #expect(fixture.keys.subtracting(mine.keys).isEmpty, sourceLocation: location)
    #expect(fixture["evidence"].keys == mine["evidence"].keys, sourceLocation: location)
    return mine
  }

  static let cards: [(method: String, reason: String, status: String, code: String, kind: String)] = [
    ("pm_card_createDispute", "fraudulent", "needs_response", "10.4", "chargeback"),
    ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response", "13.1", "chargeback"),
    ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response", "10", "inquiry"),
  ]

  @Test(arguments: cards)
  func `a test card's charge succeeds, and is disputed at once`(
    method: String, reason: String, status: String, code: String, kind: String
  ) async throws {
    let sandbox = TestSandbox()
    let id = try await charge(method, sandbox)
    let disputed = try await sandbox.get("/v1/charges/\(id)")
    #expect(disputed.json["paid"].flag == true)
    #expect(disputed.json["disputed"].flag == true)
    let dispute = try dispute(sandbox)
    #expect(dispute["charge"].text == id)
    #expect(dispute["amount"].integer == 1099)
    #expect(dispute["reason"].text == reason)
    #expect(dispute["status"].text == status)
    #expect(dispute["payment_method_details"]["card"]["network_reason_code"].text == code)
    #expect(dispute["payment_method_details"]["card"]["case_type"].text == kind)
    #expect(dispute["is_charge_refundable"].flag == (kind == "inquiry"))
    #expect(dispute["balance_transactions"].elements.map { $0["net"].integer } == (kind == "inquiry" ? [] : [-2599]))
    let types = try sandbox.eventTypes().drop { $0 != "payment_intent.succeeded" }.dropFirst()
    #expect(
      types
        == ["charge.dispute.created"] + (kind == "inquiry" ? [] : ["charge.dispute.funds_withdrawn"]))
    let event = try await sandbox.get("/v1/events?type=charge.dispute.created")
    #expect(event.json["data"][0]["request"]["id"].isNull)
  }

  @Test func `a dispute comes after the session it was paid in`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    try sandbox.stripe.complete(session: id, card: "4000 0000 0000 0259")
    #expect(
      try sandbox.eventTypes().suffix(3) == [
        "checkout.session.completed", "charge.dispute.created", "charge.dispute.funds_withdrawn",
      ])
    #expect(try sandbox.object(id)["payment_status"].text == "paid")
  }

  static let ends: [(outcome: String, status: String, events: [String], net: [Int])] = [
    ("won", "won", ["charge.dispute.closed", "charge.dispute.funds_reinstated"], [-2599, 1099]),
    ("lost", "lost", ["charge.dispute.closed"], [-2599]),
  ]

  @Test(arguments: ends)
  func `any charge can be disputed, and the dispute closed`(
    outcome: String, status: String, events: [String], net: [Int]
  ) async throws {
    let sandbox = TestSandbox()
    let id = try await charge("pm_card_mastercard", sandbox)
    let opened = try await sandbox.post("/_sandbox/charges/\(id)/dispute", "reason=duplicate")
    #expect(opened.status == 200, "\(opened.text)")
    let dispute = try dispute(sandbox)["id"].text ?? ""
    #expect(try sandbox.object(dispute)["network_reason_code"].text == "4834")
    #expect(try await sandbox.post("/_sandbox/charges/\(id)/dispute", "reason=duplicate").status == 400)
    let before = try sandbox.eventTypes().count
    #expect(try await sandbox.post("/_sandbox/disputes/\(dispute)/close", "outcome=\(outcome)").status == 200)
    #expect(try sandbox.object(dispute)["status"].text == status)
    #expect(try sandbox.object(dispute)["balance_transactions"].elements.map { $0["net"].integer } == net)
    #expect(Array(try sandbox.eventTypes().dropFirst(before)) == events)
    #expect(try await sandbox.post("/_sandbox/disputes/\(dispute)/close", "outcome=lost").status == 400)
  }

  @Test func `an inquiry moves no money, unless it escalates`() async throws {
    let sandbox = TestSandbox()
    let closed = try await charge("pm_card_createDisputeInquiry", sandbox)
    let first = try dispute(sandbox)["id"].text ?? ""
    try sandbox.stripe.close(dispute: first, .lost)
    #expect(try sandbox.object(first)["status"].text == "warning_closed")
    #expect(try sandbox.object(first)["balance_transactions"].elements.isEmpty)
    #expect(try await sandbox.post("/v1/refunds", "charge=\(closed)&amount=99").status == 200)

    let escalated = try await charge("pm_card_createDisputeInquiry", sandbox)
    #expect(try await sandbox.post("/v1/refunds", "charge=\(escalated)&amount=99").status == 200)
    let second = try dispute(sandbox)["id"].text ?? ""
    try sandbox.stripe.close(dispute: second, .escalated)
    #expect(try dispute(sandbox)["status"].text == "needs_response")
    #expect(
      try sandbox.eventTypes().suffix(2) == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"])
    let refused = try await sandbox.post("/v1/refunds", "charge=\(escalated)")
    #expect(refused.error["code"].text == "charge_disputed")
  }

  @Test func `a charged-back charge cannot be refunded, and a pending refund of it fails`() async throws {
    let sandbox = TestSandbox()
    let id = try await charge("pm_card_pendingRefund", sandbox)
    let pending = try await sandbox.post("/v1/refunds", "charge=\(id)&amount=100")
    try sandbox.stripe.dispute(charge: id, SandboxDisputeGround(reason: "fraudulent", caseType: .chargeback))
    let failed = try await sandbox.get("/v1/refunds/\(pending.id ?? "")")
    #expect(failed.json["status"].text == "failed")
    #expect(failed.json["failure_reason"].text == "charge_for_pending_refund_disputed")
    let refused = try await sandbox.post("/v1/refunds", "charge=\(id)")
    #expect(refused.status == 400)
    #expect(refused.error["code"].text == "charge_disputed")
    #expect(refused.error["message"].text == "Charge \(id) has been charged back; cannot issue a refund.")
    try sandbox.stripe.close(dispute: try dispute(sandbox)["id"].text ?? "", .won)
    #expect(try await sandbox.post("/v1/refunds", "charge=\(id)").status == 200)
  }

  @Test func `a debit that the bank calls back is lost at once`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let setup = try await sandbox.post(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=pm_usBankAccount_dispute&confirm=true&usage=off_session"
        + "&mandate_data[customer_acceptance][type]=offline")
    let method = try #require(setup.json["payment_method"].text)
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    sandbox.stripe.advance(by: 4 * 86_400)
    let dispute = try sandbox.object(try #require(sandbox.stripe.ids(of: "dispute").last))
    #expect(dispute["status"].text == "lost")
    #expect(dispute["reason"].text == "debit_not_authorized")
    #expect(dispute["payment_method_details"].isNull)
    #expect(
      try sandbox.eventTypes().suffix(4) == [
        "payment_intent.succeeded", "charge.dispute.created", "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
      ])
  }

  @Test(arguments: ["reason=because", "kind=maybe"])
  func `a control that makes no sense is refused with words`(form: String) async throws {
    let sandbox = TestSandbox()
    let id = try await charge("pm_card_visa", sandbox)
    let answer = try await sandbox.post("/_sandbox/charges/\(id)/dispute", form)
    #expect(answer.status == 400)
    #expect(answer.json["error"].text?.contains("is one of") == true)
    #expect(try sandbox.object(id)["disputed"].flag == false)
  }

  @Test func `what is not paid cannot be disputed`() async throws {
    let sandbox = TestSandbox()
    let saved = try await sandbox.customer(with: "pm_card_chargeCustomerFail")
    let declined = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method))
    for id in [declined.error["charge"].text ?? "", "ch_none"] {
      #expect(try await sandbox.post("/_sandbox/charges/\(id)/dispute", "").status == 400)
    }
    #expect(sandbox.stripe.ids(of: "dispute").isEmpty)
  }
}
