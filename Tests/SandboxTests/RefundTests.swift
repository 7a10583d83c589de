import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct RefundTests {
  /// A paid intent and its charge.
  private func paid(_ method: String, _ sandbox: TestSandbox, amount: Int = 5000, more: String = "") async throws -> (
    intent: String, charge: String
  ) {
    let saved = try await sandbox.customer(with: method)
    let answer = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(saved.customer, saved.method, amount: amount, more: more))
    #expect(answer.status == 200, "\(answer.text)")
    return (try #require(answer.id), try #require(answer.json["latest_charge"].text))
  }

  /// A bank debit that has gone through.
  private func debited(_ sandbox: TestSandbox) async throws -> (intent: String, charge: String) {
    let customer = try await sandbox.customer()
    let setup = try await sandbox.post(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=pm_usBankAccount_success&confirm=true&usage=off_session"
        + "&mandate_data[customer_acceptance][type]=offline")
    let method = try #require(setup.json["payment_method"].text)
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method, amount: 5000))
    let intent = try #require(answer.id)
    try sandbox.stripe.settleDebit(of: intent, succeeds: true)
    return (intent, try #require(answer.json["latest_charge"].text))
  }

  @Test func `a part, then the rest, then nothing more`() async throws {
    let sandbox = TestSandbox()
    let (intent, charge) = try await paid("pm_card_visa", sandbox, more: "&description=Gold")
    let part = try await sandbox.post(
      "/v1/refunds", "charge=\(charge)&amount=1500&reason=duplicate&metadata[a]=b&expand[]=balance_transaction")
    #expect(part.json["status"].text == "succeeded")
    #expect(part.json["amount"].integer == 1500)
    #expect(part.json["payment_intent"].text == intent)
    #expect(part.json["reason"].text == "duplicate")
    #expect(part.json["metadata"]["a"].text == "b")
    #expect(part.json["balance_transaction"]["amount"].integer == -1500)
    #expect(part.json["balance_transaction"]["type"].text == "refund")
    #expect(part.json["balance_transaction"]["description"].text == "REFUND FOR CHARGE (Gold)")
    #expect(try sandbox.object(charge)["amount_refunded"].integer == 1500)
    #expect(try sandbox.object(charge)["refunded"].flag == false)
    let tooMuch = try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=4000")
    #expect(tooMuch.status == 400)
    #expect(tooMuch.error["param"].text == "amount")
    #expect(tooMuch.error["code"].isNull)
    #expect(
      tooMuch.error["message"].text == "Refund amount ($40.00) is greater than unrefunded amount on charge ($35.00)")
    let rest = try await sandbox.post("/v1/refunds", "payment_intent=\(intent)")
    #expect(rest.json["amount"].integer == 3500)
    #expect(try sandbox.object(charge)["refunded"].flag == true)
    let again = try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=1")
    #expect(again.status == 400)
    #expect(again.error["code"].text == "charge_already_refunded")
    #expect(again.error["message"].text == "Charge \(charge) has already been refunded.")
    let expanded = try await sandbox.get("/v1/charges/\(charge)?expand[]=refunds")
    #expect(expanded.json["refunds"]["data"].elements.map { $0["amount"].integer } == [3500, 1500])
    #expect(try sandbox.object(intent)["status"].text == "succeeded")
  }

  @Test func `a refund is told of twice at once, and again when its reference is known`() async throws {
    let sandbox = TestSandbox()
    let (_, charge) = try await paid("pm_card_visa", sandbox)
    let refund = try #require(try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=400", key: "r").id)
    #expect(try sandbox.eventTypes().suffix(2) == ["refund.created", "charge.refunded"])
    let event = try await sandbox.get("/v1/events?type=charge.refunded")
    #expect(event.json["data"][0]["data"]["object"]["amount_refunded"].integer == 400)
    #expect(event.json["data"][0]["data"]["previous_attributes"]["amount_refunded"].integer == 0)
    #expect(event.json["data"][0]["request"]["idempotency_key"].text == "r")
    #expect(try sandbox.object(refund)["destination_details"]["card"]["reference_status"].text == "pending")
    sandbox.stripe.advance(by: 60)
    #expect(try sandbox.eventTypes().suffix(2) == ["refund.updated", "charge.refund.updated"])
    let card = try await sandbox.get("/v1/refunds/\(refund)").json["destination_details"]["card"]
    #expect(card["reference_status"].text == "available")
    #expect(card["reference"].text?.count == 23)
    let count = try sandbox.eventTypes().count
    sandbox.stripe.advance(by: 90 * 86_400)
    #expect(try sandbox.eventTypes().count == count)
  }

  static let refusals: [(form: String, status: Int, code: String?, param: String?)] = [
    ("amount=100", 400, nil, nil),
    ("charge=ch_none", 404, "resource_missing", "id"),
    ("payment_intent=pi_none", 400, "resource_missing", "payment_intent"),
    ("charge=CHARGE&amount=0", 400, "parameter_invalid_integer", "amount"),
    ("charge=CHARGE&amount=-5", 400, "parameter_invalid_integer", "amount"),
    ("charge=CHARGE&reason=expired_uncaptured_charge", 400, nil, "reason"),
    ("charge=CHARGE&reverse_transfer=true", 400, nil, "reverse_transfer"),
    ("charge=CHARGE&origin=customer_balance", 400, nil, "origin"),
    ("charge=CHARGE&payment_intent=pi_other", 400, nil, "payment_intent"),
    ("charge=CHARGE&currency=eur", 400, nil, "currency"),
  ]

  @Test(arguments: refusals)
  func `a wrong refund is refused by name`(form: String, status: Int, code: String?, param: String?) async throws {
    let sandbox = TestSandbox()
    let (_, charge) = try await paid("pm_card_visa", sandbox)
    let answer = try await sandbox.post("/v1/refunds", form.replacing("CHARGE", with: charge))
    #expect(answer.status == status, "\(answer.text)")
    #expect(answer.error["code"].text == code)
    #expect(answer.error["param"].text == param)
    #expect(sandbox.stripe.ids(of: "refund").isEmpty)
  }

  @Test func `there is nothing to refund where nothing was paid`() async throws {
    let sandbox = TestSandbox()
    let open = try await sandbox.post("/v1/payment_intents", "amount=900&currency=usd")
    let saved = try await sandbox.customer(with: "pm_card_chargeCustomerFail")
    let declined = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method))
    for (form, intent) in [
      ("payment_intent=\(open.id ?? "")", open.id),
      ("charge=\(declined.error["charge"].text ?? "")", declined.error["payment_intent"]["id"].text),
    ] {
      let answer = try await sandbox.post("/v1/refunds", form)
      #expect(answer.status == 400)
      #expect(
        answer.error["message"].text
          == "This PaymentIntent (\(intent ?? "")) does not have a successful charge to refund.")
    }
  }

  @Test func `what is only authorized is canceled, not refunded`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let held = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&capture_method=manual"))
    let charge = try #require(held.json["latest_charge"].text)
    #expect(try sandbox.object(charge)["balance_transaction"].isNull)
    for form in ["charge=\(charge)", "payment_intent=\(held.id ?? "")"] {
      let answer = try await sandbox.post("/v1/refunds", form)
      #expect(answer.status == 400)
      #expect(answer.error["message"].text?.hasPrefix("This uncaptured Charge was created by a PaymentIntent") == true)
    }
  }

  @Test func `of a part that was captured only that part goes back`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let held = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, amount: 1000, more: "&capture_method=manual"))
    let taken = try await sandbox.post("/v1/payment_intents/\(held.id ?? "")/capture", "amount_to_capture=400")
    let charge = try #require(taken.json["latest_charge"].text)
    #expect(try sandbox.object(charge)["amount_captured"].integer == 400)
    #expect(try sandbox.object(charge)["amount_refunded"].integer == 600)
    #expect(try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=401").status == 400)
    #expect(try await sandbox.post("/v1/refunds", "charge=\(charge)").json["amount"].integer == 400)
    #expect(try sandbox.object(charge)["refunded"].flag == true)
  }

  @Test func `a refund that fails later gives the money back to the balance`() async throws {
    let sandbox = TestSandbox()
    let (_, charge) = try await paid("pm_card_refundFail", sandbox)
    let refund = try #require(try await sandbox.post("/v1/refunds", "charge=\(charge)").id)
    #expect(try sandbox.object(refund)["status"].text == "succeeded")
    #expect(try sandbox.object(charge)["refunded"].flag == true)
    sandbox.stripe.advance(by: 60)
    let failed = try await sandbox.get("/v1/refunds/\(refund)?expand[]=failure_balance_transaction")
    #expect(failed.json["status"].text == "failed")
    #expect(failed.json["failure_reason"].text == "expired_or_canceled_card")
    #expect(failed.json["failure_balance_transaction"]["amount"].integer == 5000)
    #expect(try sandbox.object(charge)["refunded"].flag == false)
    #expect(try sandbox.object(charge)["amount_refunded"].integer == 0)
    #expect(try sandbox.eventTypes().suffix(3) == ["refund.updated", "charge.refund.updated", "refund.failed"])
    #expect(try await sandbox.post("/v1/refunds", "charge=\(charge)").status == 200)
  }

  @Test func `a pending refund counts for the next one, and for the charge once it has succeeded`() async throws {
    let sandbox = TestSandbox()
    let (_, charge) = try await paid("pm_card_pendingRefund", sandbox)
    let refund = try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=3000")
    #expect(refund.json["status"].text == "pending")
    #expect(refund.json["pending_reason"].text == "processing")
    #expect(refund.json["balance_transaction"].isNull)
    #expect(try sandbox.object(charge)["amount_refunded"].integer == 0)
    #expect(try sandbox.eventTypes().last == "refund.created")
    let tooMuch = try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=2001")
    #expect(tooMuch.error["message"].text?.contains("($20.00)") == true)
    sandbox.stripe.advance(by: 60)
    let done = try await sandbox.get("/v1/refunds/\(refund.id ?? "")")
    #expect(done.json["status"].text == "succeeded")
    #expect(done.json["pending_reason"].isNull)
    #expect(try sandbox.object(charge)["amount_refunded"].integer == 3000)
    #expect(
      try sandbox.eventTypes().suffix(3) == ["charge.refunded", "refund.updated", "charge.refund.updated"])
  }

  @Test(arguments: [("", "succeeded", 5000), ("succeed", "succeeded", 5000), ("fail", "failed", 0)])
  func `a refund of a bank debit takes days, or ends on request`(outcome: String, status: String, refunded: Int)
    async throws
  {
    let sandbox = TestSandbox()
    let (_, charge) = try await debited(sandbox)
    let refund = try await sandbox.post("/v1/refunds", "charge=\(charge)")
    #expect(refund.json["status"].text == "pending")
    let id = try #require(refund.id)
    if outcome.isEmpty {
      sandbox.stripe.advance(by: 4 * 86_400 - 1)
      #expect(try sandbox.object(id)["status"].text == "pending")
      sandbox.stripe.advance(by: 1)
    } else {
      #expect(try await sandbox.post("/_sandbox/refunds/\(id)/settle", "outcome=\(outcome)").status == 200)
    }
    #expect(try sandbox.object(id)["status"].text == status)
    #expect(try sandbox.object(charge)["amount_refunded"].integer == refunded)
    #expect(try sandbox.eventTypes().contains("refund.failed") == (status == "failed"))
    let count = try sandbox.eventTypes().count
    sandbox.stripe.advance(by: 30 * 86_400)
    #expect(try sandbox.eventTypes().count == count)
    #expect(throws: SandboxStripe.Refusal.self) { try sandbox.stripe.settle(refund: id, succeeds: true) }
  }

  @Test func `the balance is what came, less fees and what went back`() async throws {
    let sandbox = TestSandbox()
    let (_, charge) = try await paid("pm_card_visa", sandbox)
    _ = try await sandbox.post("/v1/refunds", "charge=\(charge)&amount=1000")
    let early = try await sandbox.get("/v1/balance")
    #expect(early.json["pending"][0]["amount"].integer == 5000 - 145 - 30)
    #expect(early.json["available"][0]["amount"].integer == -1000)
    sandbox.stripe.advance(by: 7 * 86_400)
    let late = try await sandbox.get("/v1/balance")
    #expect(late.json["pending"][0]["amount"].integer == 0)
    #expect(late.json["available"][0]["amount"].integer == 3825)
  }

  @Test func `refunds are listed by charge and by intent`() async throws {
    let sandbox = TestSandbox()
    let first = try await paid("pm_card_visa", sandbox)
    let second = try await paid("pm_card_visa", sandbox)
    let one = try await sandbox.post("/v1/refunds", "charge=\(first.charge)&amount=100")
    let two = try await sandbox.post("/v1/refunds", "payment_intent=\(second.intent)&amount=200")
    for (filter, id) in [("charge=\(first.charge)", one.id), ("payment_intent=\(second.intent)", two.id)] {
      let list = try await sandbox.get("/v1/refunds?\(filter)&expand[]=data.charge")
      #expect(list.json["data"].elements.map { $0["id"].text } == [id])
      #expect(list.json["data"][0]["charge"]["object"].text == "charge")
    }
  }
}
