import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

/// What a browser may do, with the publishable key and an intent's client secret.
@Suite struct PublishableKeyTests {
  private static let page = [HTTPHeader("Authorization", "Bearer pk_test_page")]
  private static let frame = page + [HTTPHeader("Sec-Fetch-Site", "same-origin")]
  private static let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=34&card[cvc]=123"

  private func intent(
    _ sandbox: TestSandbox, method: String = "pm_card_authenticationRequired", more: String = "&confirm=true"
  ) async throws -> (id: String, secret: String) {
    let (customer, method) = try await sandbox.customer(with: method)
    let made = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=\(method)&metadata[note]=private\(more)")
    #expect(made.status == 200, "\(made.text)")
    return (try #require(made.id), try #require(made.json["client_secret"].text))
  }

  @Test func `a number is taken where it was typed into a frame of the sandbox, and nowhere else`() async throws {
    let sandbox = TestSandbox()
    let made = try await sandbox.send(.post, "/v1/payment_methods", Self.card, headers: Self.frame)
    #expect(made.status == 200, "\(made.text)")
    #expect(made.json["card"]["exp_year"].integer == 2034)
    for headers in [Self.page, Self.page + [HTTPHeader("Sec-Fetch-Site", "cross-site")], []] {
      let refused = try await sandbox.send(.post, "/v1/payment_methods", Self.card, headers: headers)
      #expect(refused.status == 402)
      #expect(refused.error["type"].text == "invalid_request_error")
    }
    #expect(sandbox.stripe.ids(of: "payment_method").count == 1)
  }

  @Test(arguments: [
    ("card[number]=4242424242424241&card[exp_month]=12&card[exp_year]=34", "incorrect_number"),
    ("card[number]=4242424242424242&card[exp_month]=13&card[exp_year]=34", "invalid_expiry_month"),
    ("card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=25", "invalid_expiry_year"),
  ])
  func `what was typed wrong is a card error`(form: String, code: String) async throws {
    let refused = try await TestSandbox().send(
      .post, "/v1/payment_methods", "type=card&\(form)", headers: Self.frame)
    #expect(refused.status == 402)
    #expect(refused.error["type"].text == "card_error")
    #expect(refused.error["code"].text == code)
  }

  @Test(arguments: [
    (HTTPRequest.Method.post, "/v1/payment_intents", "amount=1099&currency=usd"),
    (.get, "/v1/payment_intents", ""), (.post, "/v1/payment_intents/{}", "amount=1"),
    (.post, "/v1/payment_intents/{}/cancel", ""), (.post, "/v1/payment_intents/{}/capture", ""),
    (.get, "/v1/customers", ""), (.post, "/v1/checkout/sessions", "mode=payment"), (.get, "/v1/events", ""),
    (.get, "/v1/payment_methods", ""), (.post, "/v1/refunds", "payment_intent={}"),
  ])
  func `a server's business is refused`(method: HTTPRequest.Method, path: String, form: String) async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await intent(sandbox)
    let refused = try await sandbox.send(
      method, path.replacing("{}", with: id), form.replacing("{}", with: id) + "&client_secret=\(secret)",
      headers: Self.page)
    #expect(refused.status == 401)
    #expect(refused.error["message"].text?.contains("publishable") == true)
    #expect(try sandbox.object(id)["status"].text == "requires_action")
  }

  @Test func `an intent is shown to whoever holds its secret, without what is private`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await intent(sandbox)
    let path = "/v1/payment_intents/\(id)"
    let shown = try await sandbox.send(.get, "\(path)?client_secret=\(secret)", headers: Self.page)
    #expect(shown.status == 200, "\(shown.text)")
    #expect(shown.json["status"].text == "requires_action")
    #expect(shown.json["next_action"]["type"].text == "use_stripe_sdk")
    for hidden in ["customer", "latest_charge", "on_behalf_of"] { #expect(!shown.json.keys.contains(hidden)) }
    #expect(shown.json["metadata"].keys == [])
    for wrong in ["?client_secret=\(secret)x", "?client_secret=pi_other_secret_x", ""] {
      let refused = try await sandbox.send(.get, path + wrong, headers: Self.page)
      #expect(refused.status == 400)
      #expect(refused.error["param"].text == "client_secret")
    }
    let byServer = try await sandbox.get("\(path)?client_secret=wrong")
    #expect(byServer.status == 400)
    let unknown = try await sandbox.send(.get, "/v1/payment_intents/pi_none?client_secret=x", headers: Self.page)
    #expect(unknown.error["code"].text == "resource_missing")
  }

  @Test func `a page confirms what is confirmed automatically`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await intent(sandbox, method: "pm_card_visa", more: "")
    let confirm = "/v1/payment_intents/\(id)/confirm"
    let wrong = try await sandbox.send(
      .post, "\(confirm)?client_secret=wrong", "use_stripe_sdk=true", headers: Self.page)
    #expect(wrong.status == 400)
    let alone = try await sandbox.send(
      .post, "\(confirm)?client_secret=\(secret)", "off_session=true", headers: Self.page)
    #expect(alone.error["param"].text == "off_session")
    let paid = try await sandbox.send(
      .post, "\(confirm)?client_secret=\(secret)", "use_stripe_sdk=true&return_url=https://s.example/",
      headers: Self.page)
    #expect(paid.json["status"].text == "succeeded", "\(paid.text)")
  }

  @Test func `a refusal does not tell a browser more than an answer does`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await intent(sandbox, method: "pm_card_chargeCustomerFail", more: "")
    let refused = try await sandbox.send(
      .post, "/v1/payment_intents/\(id)/confirm?client_secret=\(secret)", headers: Self.page)
    #expect(refused.status == 402)
    #expect(refused.error["payment_intent"]["status"].text == "requires_payment_method")
    #expect(!refused.error["payment_intent"].keys.contains("customer"))
  }

  @Test func `what is confirmed by hand is the server's to confirm, before the bank's answer and after it`()
    async throws
  {
    let sandbox = TestSandbox()
    let (id, secret) = try await intent(sandbox, more: "&confirm=true&confirmation_method=manual")
    for _ in 1...2 {
      let refused = try await sandbox.send(
        .post, "/v1/payment_intents/\(id)/confirm?client_secret=\(secret)", headers: Self.page)
      #expect(refused.status == 400)
      #expect(refused.error["message"].text?.contains("`confirmation_method` is set to `manual`") == true)
      if try sandbox.object(id)["status"].text == "requires_action" {
        _ = try await sandbox.post("/c/authenticate/\(id)", "bank=confirm")
      }
    }
    #expect(try sandbox.object(id)["status"].text == "requires_confirmation")
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
  }

  @Test func `a key of the server's replays nothing to a browser`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await intent(sandbox, method: "pm_card_visa", more: "")
    let confirm = "/v1/payment_intents/\(id)/confirm"
    #expect(try await sandbox.post(confirm, key: "k").status == 200)
    let refused = try await sandbox.send(
      .post, "\(confirm)?client_secret=\(secret)", key: "k", headers: Self.page)
    #expect(refused.error["type"].text == "idempotency_error")
  }

  @Test func `a page saves a card with a setup's secret`() async throws {
    let sandbox = TestSandbox()
    let made = try await sandbox.post("/v1/setup_intents", "customer=\(try await sandbox.customer())")
    let id = try #require(made.id)
    let secret = try #require(made.json["client_secret"].text)
    let method = try await sandbox.send(.post, "/v1/payment_methods", Self.card, headers: Self.frame)
    let done = try await sandbox.send(
      .post, "/v1/setup_intents/\(id)/confirm?client_secret=\(secret)", "payment_method=\(method.id ?? "")",
      headers: Self.page)
    #expect(done.json["status"].text == "succeeded", "\(done.text)")
    #expect(!done.json.keys.contains("customer"))
  }

  @Test func `any origin may read what the API answers`() async throws {
    let answer = try await TestSandbox().get("/v1/balance")
    #expect(answer.header("Access-Control-Allow-Origin") == "*")
  }
}
