import Foundation
import TestSupport
import Testing
import Transport

struct OpenAPIValidatorTests {
  let validator = OpenAPIValidator.shared

  private func post(_ path: String, _ body: String) -> HTTPRequest {
    HTTPRequest(
      method: .post, url: "https://api.stripe.com\(path)", body: Data(body.utf8), timeout: .seconds(80))
  }

  private func get(_ path: String) -> HTTPRequest {
    HTTPRequest(method: .get, url: "https://api.stripe.com\(path)", timeout: .seconds(80))
  }

  @Test(arguments: [
    ("/v1/payment_methods", "type=card&card[token]=tok_visa"),
    ("/v1/payment_methods", "type=card&card%5Btoken%5D=tok_visa&billing_details[email]=a%40b.c"),
    ("/v1/payment_intents", "amount=1099&currency=usd&expand[]=latest_charge&expand[]=customer"),
    ("/v1/payment_intents", "amount=1099&currency=usd&expand[0]=latest_charge&metadata[any]=thing&metadata[+x]="),
    ("/v1/payment_intents", "amount=1099&currency=usd&off_session=recurring"),
    ("/v1/payment_intents", "amount=1099&currency=usd&off_session=true"),
    ("/v1/payment_intents", "amount=1&currency=usd&allowed_payment_method_types[]=card"),
    ("/v1/payment_intents/pi_1", "metadata="),
    ("/v1/payment_intents/pi_1/confirm", ""),
    ("/v1/checkout/sessions", "mode=payment&line_items[0][price_data][currency]=eur&line_items[0][quantity]=1"),
  ])
  func `a good request passes`(path: String, body: String) {
    #expect(validator.check(request: post(path, body)) == [])
  }

  @Test(arguments: [
    ("/v1/payment_methods", "billing_detials[email]=a", "billing_detials: no such parameter"),
    ("/v1/payment_methods", "type=card&card[tokn]=x", "card[tokn]: no such parameter"),
    ("/v1/payment_methods", "type=crad", "type: \"crad\" is not one of"),
    ("/v1/payment_intents", "amount=1&currency=usd&payment_method_types[]=card", "payment_method_types: no such"),
    ("/v1/checkout/sessions", "payment_method_types[]=card", "payment_method_types: no such parameter"),
    ("/v1/checkout/sessions", "ui_mode=hosted", "ui_mode: \"hosted\" is not one of"),
    ("/v1/checkout/sessions", "line_items[x][quantity]=1", "line_items[x]: should be an index"),
    ("/v1/checkout/sessions", "line_items[0][quantity]=one", "line_items[0][quantity]: should be integer"),
    ("/v1/payment_intents", "currency=usd", "amount: is missing"),
    ("/v1/payment_intents", "amount=10.99&currency=usd", "amount: should be integer"),
    ("/v1/payment_intents", "amount=1&currency=usd&confirm=yes", "confirm: should be boolean"),
    ("/v1/payment_intents", "amount=1&currency=usd&off_session=maybe", "off_session"),
    ("/v1/payment_intents/pi_1/cancel", "cancellation_reason=bored", "cancellation_reason"),
    ("/v1/payment_intent", "amount=1", "no such path"),
    ("/v1/events", "a=b", "no such method"),
  ])
  func `a bad request is named with the whole bracketed name`(path: String, body: String, expected: String) throws {
    let found = validator.check(request: post(path, body))
    let first = try #require(found.first)
    #expect(found.count == 1)
    #expect(first.hasPrefix("POST \(path): "))
    #expect(first.contains(expected))
  }

  @Test func `a text longer than allowed is a violation`() {
    let suffix = String(repeating: "x", count: 23)
    let found = validator.check(
      request: post("/v1/payment_intents", "amount=1&currency=usd&statement_descriptor_suffix=\(suffix)"))
    #expect(found.count == 1)
    #expect(found.first?.contains("statement_descriptor_suffix: has 23 characters, at most 22") == true)
  }

  @Test func `a query is judged like a form`() {
    #expect(validator.check(request: get("/v1/payment_intents?customer=cus_1&created%5Bgte%5D=1&limit=100")) == [])
    #expect(
      validator.check(request: get("/v1/payment_intents?metadata[a]=b"))
        == ["GET /v1/payment_intents: metadata: no such parameter"])
    #expect(validator.check(request: get("/v1/customers/search?limit=1")).first?.contains("query: is missing") == true)
  }

  @Test func `what is not Stripe's is ignored`() {
    #expect(validator.check(request: get("/healthz")) == [])
    #expect(validator.check(request: get("/c/pay/cs_1")) == [])
  }

  private func answer(_ json: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, body: Data(json.utf8))
  }

  @Test func `an answer that lacks a required field is named by its JSON path`() {
    let found = validator.check(
      request: get("/v1/payment_intents"),
      response: answer(#"{"object":"list","url":"/v1/payment_intents","has_more":false,"data":[{"id":"pi_1"}]}"#))
    #expect(found.contains("GET /v1/payment_intents: answer 200.data.0.amount: is missing"))
  }

  @Test func `an unlisted enum value is a warning in an answer`() throws {
    var intent = try StripeFixtures.object("payment_intent")
    intent["status"] = "brand_new"
    let response = HTTPResponse(status: 200, body: try JSONSerialization.data(withJSONObject: intent))
    let findings = validator.examine(request: get("/v1/payment_intents/pi_1"), response: response)
    #expect(findings.violations == [])
    #expect(findings.warnings.contains { $0.contains("answer 200.status") })
  }

  @Test(arguments: [
    (#"{"error":{"type":"card_error"}}"#, 402, 0), (#"{"oops":1}"#, 402, 1), ("<html>", 404, 1), ("<html>", 502, 0),
    (#"{"error":{"type":"api_error","message":7}}"#, 500, 1),
  ])
  func `a refusal is judged as an error`(body: String, status: Int, violations: Int) {
    let found = validator.check(request: get("/v1/payment_intents/pi_1"), response: answer(body, status: status))
    #expect(found.count == violations, "\(found)")
  }

  @Test func `every official fixture passes as an answer`() throws {
    let paths = [
      "payment_intent": "/v1/payment_intents/x", "charge": "/v1/charges/x", "customer": "/v1/customers/x",
      "checkout.session": "/v1/checkout/sessions/x", "event": "/v1/events/x", "refund": "/v1/refunds/x",
      "setup_intent": "/v1/setup_intents/x", "payment_method": "/v1/payment_methods/x", "account": "/v1/account",
      "deleted_customer": "/v1/customers/x", "balance": "/v1/balance",
    ]
    var checked = 0
    for (name, path) in paths {
      let object = try StripeFixtures.objects()[name]
      guard let object else { continue }
      let response = HTTPResponse(status: 200, body: try JSONSerialization.data(withJSONObject: object))
      #expect(validator.check(request: get(path), response: response) == [], "\(name)")
      checked += 1
    }
    #expect(checked >= 9)
  }
}
