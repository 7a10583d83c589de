import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct OffSessionChargeTests {
  @Test func `a saved card that pays gives a succeeded intent with its charge`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let answer = try await sandbox.post(
      "/v1/payment_intents",
      sandbox.charge(customer, method, more: "&metadata[dues_charge]=chg_1&description=Gold&expand[]=latest_charge"))
    #expect(answer.status == 200)
    #expect(answer.json["status"].text == "succeeded")
    #expect(answer.json["amount_received"].integer == 1099)
    #expect(answer.json["metadata"]["dues_charge"].text == "chg_1")
    #expect(answer.json["latest_charge"]["object"].text == "charge")
    #expect(answer.json["latest_charge"]["paid"].flag == true)
    #expect(answer.id?.hasPrefix("pi_3") == true && answer.id?.count == 27)
    #expect(
      try sandbox.eventTypes() == [
        "customer.created", "payment_method.attached", "payment_intent.created", "charge.succeeded",
        "payment_intent.succeeded",
      ])
  }

  static let refusals: [(method: String, code: String, declineCode: String, advice: String?)] = [
    ("pm_card_chargeCustomerFail", "card_declined", "generic_decline", "try_again_later"),
    ("pm_card_authenticationRequired", "authentication_required", "authentication_required", nil),
    ("pm_card_authenticationRequiredOnSetup", "authentication_required", "authentication_required", nil),
    ("pm_card_sandboxDecline_insufficient_funds", "card_declined", "insufficient_funds", "try_again_later"),
    ("pm_card_sandboxDecline_lost_card", "card_declined", "lost_card", "do_not_try_again"),
    ("pm_card_sandboxDecline_expired_card", "expired_card", "expired_card", "confirm_card_data"),
    ("pm_card_sandboxDecline_fraudulent", "card_declined", "fraudulent", nil),
  ]

  @Test(arguments: refusals)
  func `a saved card that refuses gives a 402 whose intent exists`(
    method: String, code: String, declineCode: String, advice: String?
  ) async throws {
    let sandbox = TestSandbox()
    let saved = try await sandbox.customer(with: method)
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method))
    #expect(answer.status == 402)
    #expect(answer.error["type"].text == "card_error")
    #expect(answer.error["code"].text == code)
    #expect(answer.error["decline_code"].text == declineCode)
    #expect(answer.error["advice_code"].text == advice)
    #expect(answer.error["charge"].text?.hasPrefix("ch_3") == true)
    #expect(answer.error["payment_method"]["customer"].text == saved.customer)
    let intent = answer.error["payment_intent"]
    #expect(intent["status"].text == "requires_payment_method")
    #expect(intent["payment_method"].isNull)
    #expect(intent["amount_received"].integer == 0)
    #expect(intent["latest_charge"].text == answer.error["charge"].text)
    #expect(intent["last_payment_error"]["code"].text == code)
    #expect(intent["last_payment_error"]["payment_intent"].isNull)
    let read = try await sandbox.get("/v1/payment_intents/\(intent["id"].text ?? "")")
    #expect(read.json["status"].text == "requires_payment_method")
  }

  static let unattachable: [(name: String, code: String, declineCode: String)] = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ("pm_card_chargeDeclinedFraudulent", "card_declined", "fraudulent"),
    ("pm_card_radarBlock", "card_declined", "fraudulent"),
  ]

  @Test(arguments: unattachable)
  func `a card that declines at its issuer cannot be attached, but can be tried once`(
    name: String, code: String, declineCode: String
  ) async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let attach = try await sandbox.post("/v1/payment_methods/\(name)/attach", "customer=\(customer)")
    #expect(attach.status == 402)
    #expect(attach.error["param"].text == "")
    #expect(attach.error["code"].text == code)
    let charge = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, name))
    #expect(charge.status == 402)
    #expect(charge.error["code"].text == code)
    #expect(charge.error["decline_code"].text == declineCode)
  }

  @Test func `a Radar block never reached the network`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, "pm_card_radarBlock"))
    let charge = try sandbox.object(try #require(answer.error["charge"].text))
    #expect(charge["outcome"]["type"].text == "blocked")
    #expect(charge["outcome"]["network_status"].text == "not_sent_to_network")
    #expect(answer.error["advice_code"].text == "do_not_try_again")
  }

  @Test func `error_on_requires_action refuses without a charge`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_authenticationRequired")
    let answer = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true&error_on_requires_action=true"
    )
    #expect(answer.status == 402)
    #expect(answer.error["code"].text == "authentication_required")
    #expect(answer.error["decline_code"].text == "authentication_not_handled")
    #expect(answer.error["charge"].isNull)
    #expect(answer.error["payment_intent"]["status"].text == "requires_payment_method")
  }

  @Test func `the refused intent takes another card later, and then nothing more`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_chargeCustomerFail")
    let refused = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    let intent = try #require(refused.error["payment_intent"]["id"].text)
    let good = try await sandbox.post("/v1/payment_methods/pm_card_visa/attach", "customer=\(customer)")
    let paid = try await sandbox.post(
      "/v1/payment_intents/\(intent)/confirm", "payment_method=\(good.id ?? "")&off_session=true")
    #expect(paid.json["status"].text == "succeeded")
    #expect(paid.json["last_payment_error"].isNull)
    for verb in ["confirm", "cancel"] {
      let again = try await sandbox.post("/v1/payment_intents/\(intent)/\(verb)")
      #expect(again.status == 400)
      #expect(again.error["code"].text == "payment_intent_unexpected_state")
      #expect(again.error["payment_intent"]["status"].text == "succeeded")
    }
  }

  @Test func `an intent that was refused too often is canceled by Stripe`() async throws {
    let sandbox = TestSandbox(confirmationLimit: 2)
    let (customer, method) = try await sandbox.customer(with: "pm_card_chargeCustomerFail")
    let first = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    let intent = try #require(first.error["payment_intent"]["id"].text)
    let second = try await sandbox.post(
      "/v1/payment_intents/\(intent)/confirm", "payment_method=\(method)&off_session=true")
    #expect(second.status == 402)
    #expect(second.error["payment_intent"]["status"].text == "canceled")
  }

  @Test func `a card set up for off-session use is charged without its bank asking`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let session = try await sandbox.post(
      "/v1/checkout/sessions", "mode=setup&currency=usd&customer=\(customer)&success_url=https://shop.example/")
    try sandbox.stripe.complete(session: try #require(session.id), card: "4000 0025 0000 3155")
    let setup = try await sandbox.get("/v1/checkout/sessions/\(session.id ?? "")?expand[]=setup_intent")
    let method = try #require(setup.json["setup_intent"]["payment_method"].text)
    let charge = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(charge.json["status"].text == "succeeded")
  }

  @Test func `the bank can change its mind`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    try sandbox.stripe.setBehavior(of: method, .declinesCharges(SandboxDecline("insufficient_funds")))
    let refused = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(refused.error["decline_code"].text == "insufficient_funds")
    try sandbox.stripe.setBehavior(of: method, .succeeds)
    let paid = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(paid.json["status"].text == "succeeded")
  }

  @Test func `a detached method can never be charged or attached again`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let detached = try await sandbox.post("/v1/payment_methods/\(method)/detach")
    #expect(detached.json["customer"].isNull)
    let charge = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(charge.status == 400)
    #expect(charge.error["type"].text == "invalid_request_error")
    let attach = try await sandbox.post("/v1/payment_methods/\(method)/attach", "customer=\(customer)")
    #expect(attach.status == 400)
    #expect(attach.error["code"].isNull)
  }
}
