import Foundation
import Sandbox
import TestSupport
import Testing

/// The rows of docs.stripe.com/testing, one by one.
@Suite struct TestCardTests {
  static let looks: [(name: String, brand: String, last4: String, country: String, funding: String)] = [
    ("visa", "visa", "4242", "US", "credit"), ("us", "visa", "4242", "US", "credit"),
    ("visa_debit", "visa", "5556", "US", "debit"), ("mastercard", "mastercard", "4444", "US", "credit"),
    ("mastercard_debit", "mastercard", "8210", "US", "debit"),
    ("mastercard_prepaid", "mastercard", "5100", "US", "prepaid"), ("amex", "amex", "0005", "US", "credit"),
    ("discover", "discover", "1117", "US", "credit"), ("diners", "diners", "0004", "US", "credit"),
    ("jcb", "jcb", "0505", "JP", "credit"), ("unionpay", "unionpay", "0005", "CN", "credit"),
    ("gb", "visa", "0000", "GB", "credit"), ("gb_debit", "visa", "0005", "GB", "debit"),
    ("gb_mastercard", "mastercard", "4449", "GB", "credit"), ("de", "visa", "0016", "DE", "credit"),
    ("fr", "visa", "0003", "FR", "credit"), ("jp", "visa", "0003", "JP", "credit"),
    ("br", "visa", "0002", "BR", "credit"), ("in", "visa", "0008", "IN", "credit"),
    ("ae_mastercard", "mastercard", "0022", "AE", "credit"), ("th_debit", "visa", "0008", "TH", "debit"),
    ("visa_cartesBancaires", "visa", "1001", "FR", "credit"),
    ("authenticationRequiredSetupForOffSession", "visa", "0446", "IT", "credit"),
  ]

  @Test(arguments: looks)
  func `a test id looks like its card, and can be attached`(
    name: String, brand: String, last4: String, country: String, funding: String
  ) async throws {
    let sandbox = TestSandbox()
    let (_, method) = try await sandbox.customer(with: "pm_card_\(name)")
    let card = try await sandbox.get("/v1/payment_methods/\(method)").json["card"]
    #expect(card["brand"].text == brand)
    #expect(card["last4"].text == last4)
    #expect(card["country"].text == country)
    #expect(card["funding"].text == funding)
    let token = try await sandbox.post("/v1/payment_methods", "type=card&card[token]=tok_\(name)")
    #expect(token.json["card"]["fingerprint"].text == card["fingerprint"].text)
  }

  static let numbers: [(number: String, brand: String)] = [
    ("4242424242424242", "visa"), ("5555 5555 5555 4444", "mastercard"), ("2223003122003222", "mastercard"),
    ("371449635398431", "amex"), ("6011000990139424", "discover"), ("36227206271667", "diners"),
    ("3530111333300000", "jcb"), ("6205500000000000004", "unionpay"), ("6555900000604105", "discover"),
  ]

  @Test(arguments: numbers)
  func `a number has its network's brand`(number: String, brand: String) async throws {
    let sandbox = TestSandbox()
    let made = try await sandbox.post(
      "/v1/checkout/sessions", "mode=setup&currency=usd&customer_creation=always&success_url=https://s.example/")
    try sandbox.stripe.complete(session: try #require(made.id), card: number)
    let method = try #require(sandbox.stripe.ids(of: "payment_method").last)
    #expect(try sandbox.object(method)["card"]["brand"].text == brand)
  }

  static let displays = [
    ("amex", "american_express"), ("diners", "diners_club"), ("unionpay", "union_pay"), ("visa", "visa"),
    ("visa_debit_eftposAuCoBranded", "eftpos_australia"),
  ]

  @Test(arguments: displays)
  func `the brand to show is spelled out`(name: String, shown: String) async throws {
    let answer = try await TestSandbox().post("/v1/payment_methods", "type=card&card[token]=tok_\(name)")
    #expect(answer.json["card"]["display_brand"].text == shown)
  }

  @Test func `a co-branded card has both networks`() async throws {
    let answer = try await TestSandbox().post("/v1/payment_methods", "type=card&card[token]=tok_visa_cartesBancaires")
    #expect(answer.json["card"]["networks"]["available"].elements.map(\.text) == ["cartes_bancaires", "visa"])
  }

  static let refusals: [(name: String, code: String, declineCode: String)] = [
    ("visa_chargeCustomerFail", "card_declined", "generic_decline"),
    ("visa_chargeCustomerFailLostCard", "card_declined", "lost_card"),
    ("visa_chargeCustomerFailStolenCard", "card_declined", "stolen_card"),
    ("threeDSecureRequiredProcessingError", "card_declined", "generic_decline"),
    ("authenticationRequired", "authentication_required", "authentication_required"),
    ("threeDSecure2Required", "authentication_required", "authentication_required"),
    ("threeDSecureRequiredChargeDeclined", "authentication_required", "authentication_required"),
  ]

  @Test(arguments: refusals)
  func `a saved card refuses as its row says`(name: String, code: String, declineCode: String) async throws {
    let sandbox = TestSandbox()
    let saved = try await sandbox.customer(with: "pm_card_\(name)")
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method))
    #expect(answer.status == 402)
    #expect(answer.error["code"].text == code)
    #expect(answer.error["decline_code"].text == declineCode)
  }

  static let payers = [
    "threeDSecureOptional", "threeDSecureOptionalProcessingError", "amex_threeDSecureNotSupported",
    "riskLevelElevated", "cvcCheckFail", "avsFail", "bypassPending", "createIssuerFraudRecord", "pendingRefund",
    "refundFail", "debit_visaFsaProductCode", "authenticationRequiredSetupForOffSession",
  ]

  @Test(arguments: payers)
  func `a saved card pays as its row says`(name: String) async throws {
    let sandbox = TestSandbox()
    let saved = try await sandbox.customer(with: "pm_card_\(name)")
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method))
    #expect(answer.json["status"].text == "succeeded", "\(answer.text)")
    #expect(try sandbox.object(answer.json["latest_charge"].text ?? "")["disputed"].flag == false)
  }

  @Test func `an authenticated card may be declined all the same`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let card = SandboxEntry.card(number: "4000008400001629", month: 12, year: 34, name: nil, email: nil)
    #expect(try sandbox.stripe.submit(session: id, card) == .bankAsks)
    let step = try sandbox.stripe.submit(session: id, .bankAnswer(confirmed: true))
    #expect(step == .refused("Your card was declined."))
  }

  @Test func `a charge shows its risk, and what was checked`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_riskLevelElevated")
    let answer = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&expand[]=latest_charge"))
    #expect(answer.json["latest_charge"]["outcome"]["risk_level"].text == "elevated")
    let checked = try await sandbox.post(
      "/v1/payment_methods",
      "type=card&card[token]=tok_avsZipFail&billing_details[address][postal_code]=94107"
        + "&billing_details[address][line1]=Main+St")
    #expect(checked.json["card"]["checks"]["address_postal_code_check"].text == "fail")
    #expect(checked.json["card"]["checks"]["address_line1_check"].text == "pass")
    let unasked = try await sandbox.post("/v1/payment_methods", "type=card&card[token]=tok_avsZipFail")
    #expect(unasked.json["card"]["checks"]["address_postal_code_check"].isNull)
  }

  @Test(arguments: ["pm_card_bypassPending", "pm_card_visa"])
  func `some money is available at once`(name: String) async throws {
    let sandbox = TestSandbox()
    let saved = try await sandbox.customer(with: name)
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(saved.customer, saved.method, amount: 1000))
    let balance = try await sandbox.get("/v1/balance")
    #expect(balance.json["available"][0]["amount"].integer == (name == "pm_card_visa" ? 0 : 941))
  }

  static let banks: [(name: String, currency: String, status: String, code: String?)] = [
    ("pm_usBankAccount_debitNotAuthorized", "usd", "requires_payment_method", "debit_not_authorized"),
    ("pm_usBankAccount_weeklyLimitExceeded", "usd", "requires_payment_method", "charge_exceeds_weekly_limit"),
    ("pm_usBankAccount_invalidCurrency", "usd", "requires_payment_method", "invalid_currency"),
    ("pm_usBankAccount_processing", "usd", "processing", nil),
    ("pm_sepaDebit_success_de", "eur", "succeeded", nil), ("pm_sepaDebit_success_fr", "eur", "succeeded", nil),
    ("pm_sepaDebit_failed_at", "eur", "requires_payment_method", "payment_intent_payment_attempt_failed"),
    ("pm_sepaDebit_insufficientFunds_ie", "eur", "requires_payment_method", "insufficient_funds"),
    ("pm_sepaDebit_disputed_be", "eur", "succeeded", nil),
  ]

  @Test(arguments: banks)
  func `a bank account does as its row says`(name: String, currency: String, status: String, code: String?)
    async throws
  {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let setup = try await sandbox.post(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=\(name)&confirm=true&usage=off_session"
        + "&mandate_data[customer_acceptance][type]=offline")
    let method = try #require(setup.json["payment_method"].text, "\(setup.text)")
    let form = sandbox.charge(customer, method).replacing("currency=usd", with: "currency=\(currency)")
    let intent = try #require(try await sandbox.post("/v1/payment_intents", form).id)
    sandbox.stripe.advance(by: 14 * 86_400)
    let end = try await sandbox.get("/v1/payment_intents/\(intent)")
    #expect(end.json["status"].text == status)
    #expect(end.json["last_payment_error"]["code"].text == code)
    #expect(sandbox.stripe.ids(of: "dispute").count == (name.contains("disputed") ? 1 : 0))
  }

  @Test(arguments: ["pm_card_nobody", "pm_card_", "pm_usBankAccount_x", "pm_sepaDebit_success_xx", "pm_x"])
  func `what is no test id is missing`(name: String) async throws {
    let sandbox = TestSandbox()
    let answer = try await sandbox.post(
      "/v1/payment_methods/\(name)/attach", "customer=\(try await sandbox.customer())")
    #expect(answer.status == 404)
  }
}
