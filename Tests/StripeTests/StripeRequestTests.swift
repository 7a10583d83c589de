import Domain
import Foundation
import Stripe
import TestSupport
import Testing
import Transport

struct StripeRequestTests {
  private func http(_ request: StripeRequest) -> HTTPRequest {
    HTTPRequest(
      method: request.method, url: "https://api.stripe.com\(request.path)", body: request.body, timeout: .seconds(1))
  }

  @Test(arguments: RequestSamples.posts + RequestSamples.gets)
  func `every request is one that Stripe describes`(request: StripeRequest) {
    #expect(OpenAPIValidator.shared.check(request: http(request)) == [])
  }

  @Test func `every change has a key and every look has none`() {
    #expect(RequestSamples.posts.allSatisfy { $0.method == .post && $0.idempotencyKey == "k" && $0.frozen != nil })
    #expect(RequestSamples.gets.allSatisfy { $0.method == .get && $0.body.isEmpty && $0.frozen == nil })
  }

  @Test(arguments: RequestSamples.posts)
  func `a request out of the ledger is the one that went in`(request: StripeRequest) throws {
    #expect(StripeRequest(try #require(request.frozen)) == request)
  }

  private func text(_ request: StripeRequest) -> String { String(decoding: request.body, as: UTF8.self) }

  @Test func `an off-session charge, byte for byte`() {
    let request = StripeRequest.createOffSessionIntent(RequestSamples.intent(), idempotencyKey: "chg_1:1")
    #expect(request.path == "/v1/payment_intents")
    #expect(request.idempotencyKey == "chg_1:1")
    #expect(
      text(request) == """
        amount=1099&currency=usd&customer=cus_1&payment_method=pm_1&off_session=true&confirm=true\
        &automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never\
        &allowed_payment_method_types[0]=card&allowed_payment_method_types[1]=us_bank_account\
        &payment_method_options[card][stored_credential_usage]=recurring&description=Gold%20membership\
        &statement_descriptor_suffix=GOLD&metadata[dues_ledger]=ldg_1&metadata[dues_charge]=chg_1\
        &metadata[dues_agreement]=agr_1&metadata[dues_period]=2026-08-31&expand[0]=latest_charge
        """)
  }

  @Test func `a confirmation names method, off session and mandate`() {
    let request = StripeRequest.confirmOffSession(
      intent: "pi_1", paymentMethod: "pm_2", isRecurring: false, mandate: "mandate_1", idempotencyKey: "chg_1:2")
    #expect(request.path == "/v1/payment_intents/pi_1/confirm")
    #expect(
      text(request) == """
        payment_method=pm_2&off_session=true&mandate=mandate_1\
        &payment_method_options[card][stored_credential_usage]=unscheduled&expand[0]=latest_charge
        """)
  }

  @Test func `a recovery checkout saves the card, keeps the currency and names the charge twice`() {
    let body = text(.createRecoveryCheckout(RequestSamples.recovery(), idempotencyKey: "k"))
    for part in [
      "mode=payment", "line_items[0][price_data][unit_amount]=500", "line_items[0][price_data][currency]=jpy",
      "payment_intent_data[setup_future_usage]=off_session", "adaptive_pricing[enabled]=false",
      "&metadata[dues_charge]=chg_1", "payment_intent_data[metadata][dues_charge]=chg_1", "client_reference_id=chg_1",
      "saved_payment_method_options[allow_redisplay_filters][2]=unspecified", "expires_at=1800000000", "locale=pt-BR",
      "success_url=https%3A%2F%2Fdues.example%2Fdone%3Fsession_id%3D%7BCHECKOUT_SESSION_ID%7D",
    ] {
      #expect(body.contains(part), "\(part) is not in \(body)")
    }
    #expect(!body.contains("ui_mode"))
  }

  @Test func `a recovery after a stop neither saves nor offers a card if told so`() {
    let body = text(.createRecoveryCheckout(RequestSamples.recovery(saveNewCard: false), idempotencyKey: "k"))
    #expect(!body.contains("setup_future_usage"))
    #expect(!body.contains("allow_redisplay_filters"))
  }

  @Test func `an embedded page returns instead of succeeding or canceling`() {
    let body = text(.createRecoveryCheckout(RequestSamples.recovery(ui: .embeddedPage), idempotencyKey: "k"))
    #expect(body.contains("ui_mode=embedded_page&return_url="))
    #expect(!body.contains("success_url"))
    #expect(!body.contains("cancel_url"))
  }

  @Test func `a setup has a customer or makes one`() {
    let with = text(.createSetupCheckout(RequestSamples.setup(customer: "cus_1"), idempotencyKey: "k"))
    #expect(with.contains("&customer=cus_1"))
    #expect(!with.contains("customer_creation") && !with.contains("customer_email"))
    let without = text(.createSetupCheckout(RequestSamples.setup(customer: nil), idempotencyKey: "k"))
    #expect(without.contains("customer_creation=always&customer_email=a%40example.com"))
    #expect(!without.contains("allowed_payment_method_types"))
  }

  @Test(arguments: [
    (StripeRequest.retrieveIntent("pi_1"), "GET /v1/payment_intents/:id"),
    (.createOffSessionIntent(RequestSamples.intent(), idempotencyKey: "k"), "POST /v1/payment_intents"),
    (.expireCheckout("cs_test_1", idempotencyKey: "k"), "POST /v1/checkout/sessions/:id/expire"),
    (.listPaymentMethods(of: "cus_1", startingAfter: nil), "GET /v1/customers/:id/payment_methods"),
  ])
  func `an endpoint is the same for every id`(request: StripeRequest, endpoint: String) {
    #expect(request.endpoint == endpoint)
  }
}
