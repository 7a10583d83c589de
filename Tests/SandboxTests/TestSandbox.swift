import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

/// A sandbox of its own for one test: a clock that stands still unless it is advanced, and Stripe's own description of
/// its API held against every exchange.
struct TestSandbox {
  /// 2026-11-01T00:00:00Z.
  static let start = 1_793_491_200

  let stripe: SandboxStripe
  private let key = "sk_test_sandbox"

  init(seed: String = "test", confirmationLimit: Int = 20, webhooks: HTTPClient? = nil) {
    stripe = SandboxStripe(
      SandboxConfiguration(
        seed: seed, pageBase: "http://127.0.0.1:12111", confirmationLimit: confirmationLimit, webhooks: webhooks),
      now: { Self.start })
  }

  init(_ stripe: SandboxStripe) { self.stripe = stripe }

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ form: String = "", key idempotencyKey: String? = nil,
    headers: [HTTPHeader] = [], location: SourceLocation = #_sourceLocation
  ) async throws(TransportError) -> Answer {
    var all = [HTTPHeader("Authorization", "Bearer \(key)"), HTTPHeader("Stripe-Version", "2026-10-28.endive")]
    if let idempotencyKey { all.append(HTTPHeader("Idempotency-Key", idempotencyKey)) }
    for header in headers {
      all.removeAll { $0.name == header.name }
      all.append(header)
    }
    let request = HTTPRequest(
      method: method, url: "http://stripe.invalid\(path)", headers: all, body: Data(form.utf8), timeout: .seconds(80))
    let response = try await stripe.http.send(request)
    if path.hasPrefix("/v1/") {
      var violations = OpenAPIValidator.shared.check(request: request, response: response)
      // A request that is refused may be as wrong as it is; the refusal itself must be right.
      if response.status >= 400, response.status != 402 { violations = violations.filter { $0.contains("answer") } }
      // Stripe's document says what a server sends; a browser's confirmation bears the intent's secret as well.
      if headers.contains(where: { $0.value.hasPrefix("Bearer pk_") }) {
        violations = violations.filter { !$0.hasSuffix("/confirm: client_secret: no such parameter") }
      }
      #expect(violations == [], sourceLocation: location)
    }
    return Answer(response)
  }

  func post(_ path: String, _ form: String = "", key: String? = nil, location: SourceLocation = #_sourceLocation)
    async throws(TransportError) -> Answer
  {
    try await send(.post, path, form, key: key, location: location)
  }

  func get(_ path: String, location: SourceLocation = #_sourceLocation) async throws(TransportError) -> Answer {
    try await send(.get, path, location: location)
  }

  /// A new customer with an email.
  func customer() async throws -> String {
    try #require(try await post("/v1/customers", "email=jenny%40example.com&name=Jenny+Rosen").id)
  }

  /// A new customer and a method attached to them.
  func customer(with method: String) async throws -> (customer: String, method: String) {
    let customer = try await customer()
    let attached = try await post("/v1/payment_methods/\(method)/attach", "customer=\(customer)")
    return (customer, try #require(attached.id))
  }

  /// The form of an off-session charge as Dues sends it.
  func charge(_ customer: String, _ method: String, amount: Int = 1099, more: String = "") -> String {
    "amount=\(amount)&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true&off_session=true"
      + "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never\(more)"
  }

  /// An open payment-mode session over £10.99.
  func paymentSession(_ customer: String, more: String = "") async throws -> String {
    let answer = try await post(
      "/v1/checkout/sessions",
      "mode=payment&customer=\(customer)&success_url=https://shop.example/done?s={CHECKOUT_SESSION_ID}"
        + "&line_items[0][price_data][currency]=gbp&line_items[0][price_data][unit_amount]=1099"
        + "&line_items[0][price_data][product_data][name]=Gold+membership&line_items[0][quantity]=1\(more)")
    #expect(answer.status == 200, "\(answer.text)")
    return try #require(answer.id)
  }

  func object(_ id: String) throws -> JSONValue { try JSONValue(#require(stripe.json(of: id))) }

  /// The types of all events so far, oldest first.
  func eventTypes() throws -> [String] {
    try stripe.ids(of: "event").map { try object($0)["type"].text ?? "" }
  }
}
