import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct HostedPageTests {
  private static let form = "method=new&number=4242+4242+4242+4242&exp=12+%2F+34&cvc=123&name=Jenny"

  @Test func `the page asks for a card, says how much, and pays`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let page = try await sandbox.get("/c/pay/\(id)")
    #expect(page.status == 200)
    for part in [
      "autocomplete=\"cc-number\"", "autocomplete=\"cc-exp\"", "autocomplete=\"cc-csc\"", "Pay £10.99</button>",
      "this is not Stripe; no money moves", "4242 4242 4242 4242", "Gold membership",
    ] { #expect(page.text.contains(part), "\(part)") }
    #expect(!page.text.contains("<script"))
    let done = try await sandbox.post("/c/pay/\(id)", Self.form)
    #expect(done.status == 303)
    #expect(done.header("Location") == "https://shop.example/done?s=\(id)")
    #expect(try sandbox.object(id)["payment_status"].text == "paid")
    let after = try await sandbox.get("/c/pay/\(id)")
    #expect(after.text.contains("You have paid £10.99."))
    #expect(!after.text.contains("<form"))
  }

  @Test func `a refusal is said, and what was typed stays except the card`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let refused = try await sandbox.post(
      "/c/pay/\(id)", "method=new&number=4000000000009995&exp=12%2F34&cvc=987&name=Jenny+%3Cb%3E")
    #expect(refused.status == 402)
    #expect(refused.text.contains("Your card has insufficient funds."))
    #expect(refused.text.contains("value=\"Jenny &lt;b&gt;\""))
    #expect(refused.text.contains("role=\"alert\""))
    #expect(!refused.text.contains("4000000000009995") && !refused.text.contains("987"))
  }

  @Test(arguments: [
    ("number=1234&exp=12%2F34", "Your card number is incorrect."),
    ("number=4242424242424242&exp=13%2F34", "Your card&#39;s expiration month is invalid."),
    ("number=4242424242424242&exp=10%2F26", "Your card&#39;s expiration year is invalid."),
    ("number=4242424242424242&exp=", "Your card&#39;s expiration month is invalid."),
  ])
  func `what is typed wrong is refused by name`(fields: String, reason: String) async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let refused = try await sandbox.post("/c/pay/\(id)", "method=new&\(fields)&cvc=123&name=J")
    #expect(refused.status == 402)
    #expect(refused.text.contains(reason))
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
  }

  @Test func `the bank asks on a page of its own`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let posted = try await sandbox.post("/c/pay/\(id)", "method=new&number=4000002760003184&exp=12%2F34&cvc=1&name=J")
    #expect(posted.status == 303)
    #expect(posted.header("Location") == "http://127.0.0.1:12111/c/pay/\(id)")
    let asks = try await sandbox.get("/c/pay/\(id)")
    #expect(asks.text.contains("Your bank asks"))
    let done = try await sandbox.post("/c/pay/\(id)", "bank=confirm")
    #expect(done.header("Location") == "https://shop.example/done?s=\(id)")
  }

  @Test func `a card saved for redisplay is offered, for half an hour`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let details =
      "billing_details[email]=jenny%40example.com&billing_details[name]=Jenny&billing_details[address][country]=DE"
    _ = try await sandbox.post("/v1/payment_methods/\(method)", "allow_redisplay=always&\(details)")
    let id = try await sandbox.paymentSession(customer)
    #expect(try await sandbox.get("/c/pay/\(id)").text.contains("visa ending 4242"))
    sandbox.stripe.advance(by: 1800)
    #expect(try await sandbox.get("/c/pay/\(id)").text.contains("visa ending 4242") == false)
    let paid = try await sandbox.post("/c/pay/\(id)", "method=\(method)")
    #expect(paid.status == 303)
    #expect(try sandbox.object(id)["payment_status"].text == "paid")
  }

  @Test func `a setup page saves without taking money`() async throws {
    let sandbox = TestSandbox()
    let session = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=setup&currency=usd&success_url=https://shop.example/&cancel_url=https://shop.example/no")
    let id = try #require(session.id)
    let page = try await sandbox.get("/c/pay/\(id)")
    #expect(page.text.contains("Save card</button>"))
    #expect(page.text.contains("No money has been taken"))
    #expect(page.text.contains("href=\"https://shop.example/no\""))
    #expect(page.text.contains("autocomplete=\"email\""))
    #expect(try await sandbox.post("/c/pay/\(id)", Self.form + "&email=a%40example.com").status == 303)
    #expect(try sandbox.object(id)["customer_details"]["email"].text == "a@example.com")
  }

  @Test func `an expired page says so, and an unknown one is not found`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    sandbox.stripe.advance(by: 86_400)
    #expect(try await sandbox.get("/c/pay/\(id)").text.contains("This page has expired."))
    #expect(try await sandbox.post("/c/pay/\(id)", Self.form).status == 303)
    #expect(sandbox.stripe.ids(of: "payment_intent").isEmpty)
    #expect(try await sandbox.get("/c/pay/cs_test_none").status == 404)
  }

  @Test func `the clock goes forward only, and the Date header follows it`() async throws {
    let sandbox = TestSandbox()
    #expect(try await sandbox.get("/v1/balance").header("Date") == "Sun, 01 Nov 2026 00:00:00 GMT")
    #expect(
      try await sandbox.post("/_sandbox/clock", "advance=86401").json["now"].integer == TestSandbox.start + 86_401)
    #expect(try await sandbox.get("/v1/balance").header("Date") == "Mon, 02 Nov 2026 00:00:01 GMT")
    #expect(try await sandbox.post("/_sandbox/clock", "now=\(TestSandbox.start)").status == 400)
  }
}
