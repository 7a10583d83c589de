import Foundation
import Sandbox
import TestSupport
import Testing

/// What a session may say, and what its page asks the customer.
@Suite struct CheckoutRuleTests {
  private static let item =
    "line_items[0][price_data][currency]=gbp&line_items[0][price_data][unit_amount]=1099"
    + "&line_items[0][price_data][product_data][name]=Gold&line_items[0][quantity]=1"
  private static let done = "success_url=https://s.example/"

  @Test(arguments: [
    ("mode=payment&\(item)", "success_url"),
    ("mode=payment&\(item)&\(done)&return_url=https://s.example/", "return_url"),
    ("mode=payment&\(item)&ui_mode=embedded_page&\(done)", "success_url"),
    ("mode=payment&\(item)&ui_mode=elements&return_url=https://s.example/&cancel_url=https://s.example/", "cancel_url"),
    ("mode=payment&\(item)&ui_mode=hosted&\(done)", "ui_mode"),
    ("mode=payment&\(item)&ui_mode=embedded&return_url=https://s.example/", "ui_mode"),
    ("mode=payment&\(item)&ui_mode=custom&return_url=https://s.example/", "ui_mode"),
    ("mode=payment&\(item)&ui_mode=form&return_url=https://s.example/", "ui_mode"),
    ("mode=payment&\(item)&ui_mode=embedded_page", "return_url"),
    ("mode=setup&currency=usd&ui_mode=embedded_page&redirect_on_completion=if_required", "return_url"),
    (
      "mode=payment&\(item)&ui_mode=embedded_page&redirect_on_completion=never&return_url=https://s.example/",
      "return_url"
    ),
    ("mode=payment&\(item)&ui_mode=embedded_page&return_url=s.example", "return_url"),
    ("mode=payment&\(item)&ui_mode=elements&redirect_on_completion=never", "redirect_on_completion"),
    ("mode=payment&\(item)&success_url=s.example", "success_url"),
    ("mode=payment&\(item)&\(done)&redirect_on_completion=never", "redirect_on_completion"),
    ("mode=payment&\(done)", "line_items"),
    ("mode=payment&\(item)&\(done)&setup_intent_data[description]=x", "setup_intent_data"),
    ("mode=payment&\(item)&\(done)&customer_update[name]=auto", "customer_update"),
    ("mode=setup&currency=usd&\(done)&payment_intent_data[description]=x", "payment_intent_data"),
    (
      "mode=setup&currency=usd&\(done)&saved_payment_method_options[payment_method_save]=enabled",
      "saved_payment_method_options"
    ),
    ("mode=setup&\(done)", "currency"),
    ("mode=subscription&\(done)", "mode"),
    ("\(done)", "mode"),
    ("mode=payment&\(item)&\(done)&client_reference_id=\(String(repeating: "x", count: 201))", "client_reference_id"),
  ])
  func `a session that contradicts itself is refused, naming where`(form: String, param: String) async throws {
    let answer = try await TestSandbox().post("/v1/checkout/sessions", form)
    #expect(answer.status == 400)
    #expect(answer.error["param"].text == param, "\(answer.text)")
  }

  @Test(arguments: [("customer_email", "a%40example.com"), ("customer_creation", "always")])
  func `a customer excludes what would make one`(name: String, value: String) async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let answer = try await sandbox.post(
      "/v1/checkout/sessions", "mode=payment&\(Self.item)&\(Self.done)&customer=\(customer)&\(name)=\(value)")
    #expect(answer.status == 400)
    #expect(answer.error["message"].text?.contains(name) == true)
  }

  /// Mode, page, and what is said of the way back; then what the session says of it.
  @Test(arguments: [
    ("payment", "embedded_page", "return_url=https://s.example/?s={CHECKOUT_SESSION_ID}", "always" as String?),
    ("setup", "embedded_page", "return_url=https://s.example/?s=%7BCHECKOUT_SESSION_ID%7D", "always"),
    ("payment", "embedded_page", "return_url=https://s.example/&redirect_on_completion=if_required", "if_required"),
    ("setup", "embedded_page", "redirect_on_completion=never", "never"),
    ("payment", "elements", "return_url=https://s.example/?s={CHECKOUT_SESSION_ID}", nil),
    ("setup", "elements", "", nil),
  ])
  func `a page of one's own gets a secret and no URL, and goes back with the session's id`(
    mode: String, page: String, back: String, redirect: String?
  ) async throws {
    let sandbox = TestSandbox()
    let answer = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=\(mode)&\(mode == "setup" ? "currency=usd" : Self.item)&ui_mode=\(page)&\(back)")
    #expect(answer.status == 200, "\(answer.text)")
    let id = try #require(answer.id)
    #expect(answer.json["client_secret"].text?.hasPrefix("\(id)_secret_") == true)
    #expect(answer.json["url"].isNull && answer.json["success_url"].isNull)
    #expect(answer.json["redirect_on_completion"].text == redirect)
    #expect(answer.json["return_url"].isNull == !back.contains("return_url"))
    let place = try sandbox.stripe.complete(session: id, card: "4242424242424242")
    #expect(
      place == (back.contains("SESSION_ID") ? "https://s.example/?s=\(id)" : answer.json["return_url"].text ?? ""))
    #expect(try await sandbox.get("/v1/checkout/sessions/\(id)").json["status"].text == "complete")
  }

  @Test func `a hosted session has no secret, and no members for the way back`() async throws {
    let sandbox = TestSandbox()
    let session = try sandbox.object(try await sandbox.paymentSession(try await sandbox.customer()))
    #expect(session["client_secret"].isNull)
    #expect(!session.keys.contains("return_url") && !session.keys.contains("redirect_on_completion"))
  }

  /// What was said about making a customer, whether the card is to be kept, and whether there is a customer afterwards.
  @Test(arguments: [
    ("", false, false), ("&customer_creation=always", false, true), ("&customer_creation=if_required", false, false),
    ("&payment_intent_data[setup_future_usage]=off_session", true, true),
    ("&customer_creation=always&payment_intent_data[setup_future_usage]=off_session", true, true),
  ])
  func `a guest who pays becomes a customer where one is needed`(form: String, isKept: Bool, hasCustomer: Bool)
    async throws
  {
    let sandbox = TestSandbox()
    let made = try await sandbox.post("/v1/checkout/sessions", "mode=payment&\(Self.item)&\(Self.done)\(form)")
    let id = try #require(made.id)
    try sandbox.stripe.complete(session: id, card: "4242424242424242")
    let session = try sandbox.object(id)
    #expect(session["customer"].isNull == !hasCustomer)
    #expect(session["customer_details"]["email"].text == "jenny@example.com")
    let intent = try sandbox.object(try #require(session["payment_intent"].text))
    let method = try sandbox.object(try #require(intent["payment_method"].text))
    #expect(method["customer"].isNull == !isKept)
  }

  @Test(arguments: [("", false), ("&customer_creation=always", true)])
  func `a setup without a customer makes one only when told to`(form: String, hasCustomer: Bool) async throws {
    let sandbox = TestSandbox()
    let made = try await sandbox.post("/v1/checkout/sessions", "mode=setup&currency=usd&\(Self.done)\(form)")
    let id = try #require(made.id)
    try sandbox.stripe.complete(session: id, card: "4242424242424242")
    let session = try await sandbox.get("/v1/checkout/sessions/\(id)?expand[]=setup_intent.payment_method")
    #expect(session.json["customer"].isNull == !hasCustomer)
    #expect(session.json["setup_intent"]["status"].text == "succeeded")
    #expect(session.json["setup_intent"]["payment_method"]["customer"].isNull == !hasCustomer)
  }

  @Test func `terms have to be agreed to, and the agreement is recorded`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(
      try await sandbox.customer(),
      more: "&consent_collection[terms_of_service]=required&consent_collection[promotions]=auto")
    let card = "method=new&number=4242424242424242&exp=12%2F34&cvc=123&name=J"
    let refused = try await sandbox.post("/c/pay/\(id)", card)
    #expect(refused.status == 402)
    #expect(refused.text.contains("agree to the terms"))
    #expect(try sandbox.object(id)["status"].text == "open")
    #expect(try await sandbox.post("/c/pay/\(id)", card + "&terms=yes").status == 303)
    #expect(try sandbox.object(id)["consent"]["terms_of_service"].text == "accepted")
    #expect(try sandbox.object(id)["consent"]["promotions"].text == "opt_out")
  }

  @Test(arguments: [(true, "always"), (false, "unspecified")])
  func `a card is saved for next time if its owner ticks so`(ticks: Bool, redisplay: String) async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(
      try await sandbox.customer(), more: "&saved_payment_method_options[payment_method_save]=enabled")
    #expect(try await sandbox.get("/c/pay/\(id)").text.contains("for next time"))
    _ = try await sandbox.post(
      "/c/pay/\(id)", "method=new&number=4242424242424242&exp=12%2F34&cvc=123&name=J\(ticks ? "&save=yes" : "")")
    let intent = try sandbox.object(try #require(try sandbox.object(id)["payment_intent"].text))
    let method = try sandbox.object(try #require(intent["payment_method"].text))
    #expect(method["allow_redisplay"].text == redisplay)
    #expect(method["customer"].isNull == !ticks)
  }

  @Test(arguments: [(true, 1), (false, 0)])
  func `a saved card is removed by its owner where the session lets them`(isAllowed: Bool, gone: Int) async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let details =
      "billing_details[email]=j%40example.com&billing_details[name]=Jenny&billing_details[address][country]=DE"
    _ = try await sandbox.post("/v1/payment_methods/\(method)", "allow_redisplay=always&\(details)")
    let id = try await sandbox.paymentSession(
      customer, more: isAllowed ? "&saved_payment_method_options[payment_method_remove]=enabled" : "")
    #expect(try await sandbox.get("/c/pay/\(id)").text.contains("Remove visa") == isAllowed)
    #expect(try await sandbox.post("/c/pay/\(id)", "remove=\(method)").status == 303)
    #expect(try sandbox.object(method)["customer"].isNull == (gone == 1))
    #expect(try sandbox.object(id)["status"].text == "open")
  }

  @Test func `words about reuse can be hidden`() async throws {
    let sandbox = TestSandbox()
    func page(_ more: String) async throws -> String {
      let id = try await sandbox.paymentSession(
        try await sandbox.customer(), more: "&payment_intent_data[setup_future_usage]=off_session\(more)")
      return try await sandbox.get("/c/pay/\(id)").text
    }
    #expect(try await page("").contains("may be charged later"))
    let hidden = try await page("&consent_collection[payment_method_reuse_agreement][position]=hidden")
    #expect(!hidden.contains("may be charged later"))
  }

  @Test func `an expired session that may be recovered leaves a URL, which makes a copy, for 30 days`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(
      try await sandbox.customer(), more: "&after_expiration[recovery][enabled]=true&metadata[a]=1")
    #expect(try sandbox.object(id)["after_expiration"]["recovery"]["url"].isNull)
    sandbox.stripe.advance(by: 86_400)
    #expect(
      try sandbox.object(id)["after_expiration"]["recovery"]["url"].text == "http://127.0.0.1:12111/c/recover/\(id)")
    let opened = try await sandbox.get("/c/recover/\(id)")
    #expect(opened.status == 303)
    let copy = try #require(sandbox.stripe.ids(of: "checkout.session").last)
    #expect(copy != id)
    #expect(try sandbox.object(copy)["recovered_from"].text == id)
    #expect(try sandbox.object(copy)["metadata"]["a"].text == "1")
    #expect(try sandbox.object(copy)["status"].text == "open")
    sandbox.stripe.advance(by: 30 * 86_400)
    #expect(try await sandbox.get("/c/recover/\(id)").status == 404)
  }
}
