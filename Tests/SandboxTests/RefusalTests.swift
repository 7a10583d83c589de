import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct RefusalTests {
  struct Case: CustomTestStringConvertible {
    var path: String
    var form: String
    var status = 400
    var code: String?
    var param: String?
    var testDescription: String { "\(path) \(form)" }

    init(_ path: String, _ form: String, _ status: Int = 400, code: String?, param: String?) {
      (self.path, self.form, self.status, self.code, self.param) = (path, form, status, code, param)
    }
  }

  static let posts: [Case] = [
    Case("/v1/payment_intents", "currency=usd", code: "parameter_missing", param: "amount"),
    Case("/v1/payment_intents", "amount=0&currency=usd", code: "parameter_invalid_integer", param: "amount"),
    Case("/v1/payment_intents", "amount=ten&currency=usd", code: "parameter_invalid_integer", param: "amount"),
    Case("/v1/payment_intents", "amount=49&currency=usd", code: "amount_too_small", param: "amount"),
    Case("/v1/payment_intents", "amount=29&currency=gbp", code: "amount_too_small", param: "amount"),
    Case("/v1/payment_intents", "amount=49&currency=jpy", code: "amount_too_small", param: "amount"),
    Case("/v1/payment_intents", "amount=17499&currency=huf", code: "amount_too_small", param: "amount"),
    Case("/v1/payment_intents", "amount=1050&currency=isk", code: nil, param: "amount"),
    Case("/v1/payment_intents", "amount=1099&currency=dollar", code: nil, param: "currency"),
    Case(
      "/v1/payment_intents", "amount=1099&currency=usd&payment_method_types[]=card",
      code: "payment_method_types_no_longer_supported", param: "payment_method_types"),
    Case(
      "/v1/setup_intents", "payment_method_types[]=card", code: "payment_method_types_no_longer_supported",
      param: "payment_method_types"),
    Case(
      "/v1/checkout/sessions", "mode=setup&currency=usd&success_url=https://x.example/&payment_method_types[0]=card",
      code: "payment_method_types_no_longer_supported", param: "payment_method_types"),
    Case("/v1/payment_intents", "amount=1099&currency=usd&custmer=x", code: "parameter_unknown", param: "custmer"),
    Case(
      "/v1/payment_intents", "amount=1099&currency=usd&automatic_payment_methods[enabeld]=true",
      code: "parameter_unknown", param: "automatic_payment_methods[enabeld]"),
    Case("/v1/payment_intents", "amount=1099&currency=usd&confirm=yes", code: nil, param: "confirm"),
    Case("/v1/payment_intents", "amount=1099&currency=usd&off_session=true", code: nil, param: "off_session"),
    Case(
      "/v1/payment_intents", "amount=1099&currency=usd&customer=cus_nobody", code: "resource_missing", param: "customer"
    ),
    Case(
      "/v1/payment_intents", "amount=1099&currency=usd&payment_method=pm_none", code: "resource_missing",
      param: "payment_method"),
    Case("/v1/payment_intents/pi_none/confirm", "", 404, code: "resource_missing", param: "intent"),
    Case(
      "/v1/payment_methods/invalid/attach", "customer=cus_1", 404, code: "resource_missing", param: "payment_method"),
    Case("/v1/checkout/sessions", "mode=setup&currency=usd", code: "parameter_missing", param: "success_url"),
    Case(
      "/v1/checkout/sessions", "mode=setup&success_url=https://x.example/", code: "parameter_missing", param: "currency"
    ),
    Case(
      "/v1/checkout/sessions", "mode=payment&success_url=https://x.example/", code: "parameter_missing",
      param: "line_items"),
    Case(
      "/v1/checkout/sessions", "mode=setup&currency=usd&success_url=https://x.example/&ui_mode=hosted", code: nil,
      param: "ui_mode"),
    Case(
      "/v1/checkout/sessions",
      "mode=setup&currency=usd&success_url=https://x.example/&expires_at=\(TestSandbox.start + 1799)",
      code: nil,
      param: "expires_at"),
    Case(
      "/v1/checkout/sessions",
      "mode=setup&currency=usd&success_url=https://x.example/&expires_at=\(TestSandbox.start + 86_401)",
      code: nil, param: "expires_at"),
    Case("/v1/checkout/sessions/cs_none/expire", "", 404, code: "resource_missing", param: "session"),
    Case("/v1/refunds", "payment_intent=pi_none", code: "resource_missing", param: "payment_intent"),
    Case("/v1/nothing", "", 404, code: nil, param: nil),
  ]

  @Test(arguments: posts)
  func `a wrong request is refused by name`(_ wrong: Case) async throws {
    let sandbox = TestSandbox()
    let request = HTTPRequest(
      method: .post, url: "http://stripe.invalid\(wrong.path)",
      headers: [HTTPHeader("Authorization", "Bearer sk_test_x")], body: Data(wrong.form.utf8), timeout: .seconds(1))
    let answer = Answer(sandbox.stripe.respond(to: request))
    #expect(answer.status == wrong.status, "\(answer.text)")
    #expect(answer.error["type"].text == "invalid_request_error")
    #expect(answer.error["code"].text == wrong.code)
    #expect(answer.error["param"].text == wrong.param)
    #expect(answer.error["message"].text?.isEmpty == false)
  }

  @Test(arguments: [
    "", "Bearer sk_live_abc", "Bearer rk_live_abc", "Bearer pk_test_abc", "Bearer nonsense",
    "Basic \(Data("sk_live_x:".utf8).base64EncodedString())",
  ])
  func `without a secret test key it is 401, and nothing is kept`(authorization: String) async throws {
    let sandbox = TestSandbox()
    let refused = try await sandbox.send(
      .post, "/v1/customers", "name=A", key: "k", headers: [HTTPHeader("Authorization", authorization)])
    #expect(refused.status == 401)
    #expect(refused.error["type"].text == "invalid_request_error")
    let good = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(good.header("Idempotent-Replayed") == nil)
  }

  @Test func `curl's way of asking is understood`() async throws {
    let sandbox = TestSandbox()
    let basic = HTTPHeader("Authorization", "Basic " + Data("sk_test_x:".utf8).base64EncodedString())
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let answer = try await sandbox.send(
      .post, "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true&off_session=true"
        + "&metadata%5Bnote%5D=a+b%26c&expand[]=latest_charge&expand[]=customer", headers: [basic])
    #expect(answer.json["metadata"]["note"].text == "a b&c")
    #expect(answer.json["customer"]["email"].text == "jenny@example.com")
    #expect(answer.json["latest_charge"]["object"].text == "charge")
  }

  @Test func `an unknown version is refused without a code, an old one is echoed and still takes method types`()
    async throws
  {
    let sandbox = TestSandbox()
    let wrong = try await sandbox.send(.get, "/v1/balance", headers: [HTTPHeader("Stripe-Version", "latest")])
    #expect(wrong.status == 400)
    #expect(wrong.error["code"].isNull)
    let request = HTTPRequest(
      method: .post, url: "http://stripe.invalid/v1/payment_intents",
      headers: [HTTPHeader("Authorization", "Bearer sk_test_x"), HTTPHeader("Stripe-Version", "2025-10-29.clover")],
      body: Data("amount=1099&currency=usd&payment_method_types[]=card".utf8), timeout: .seconds(1))
    let old = Answer(sandbox.stripe.respond(to: request))
    #expect(old.status == 200)
    #expect(old.header("Stripe-Version") == "2025-10-29.clover")
  }

  @Test func `an unknown expansion is refused`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let intent = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    let answer = try await sandbox.get("/v1/payment_intents/\(intent.id ?? "")?expand[]=charges")
    #expect(answer.status == 400)
    #expect(answer.error["param"].text == "expand")
  }
}
