import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct CheckoutTests {
  @Test func `a payment session has no intent until it is paid, and then a paid one that bears its data`() async throws
  {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let id = try await sandbox.paymentSession(
      customer,
      more: "&client_reference_id=chg_1&metadata[on]=session&payment_intent_data[metadata][dues_charge]=chg_1"
        + "&payment_intent_data[description]=Gold&payment_intent_data[setup_future_usage]=off_session"
        + "&adaptive_pricing[enabled]=false")
    let open = try await sandbox.get("/v1/checkout/sessions/\(id)")
    #expect(open.json["status"].text == "open")
    #expect(open.json["payment_status"].text == "unpaid")
    #expect(open.json["payment_intent"].isNull)
    #expect(open.json["amount_total"].integer == 1099)
    #expect(open.json["expires_at"].integer == TestSandbox.start + 86_400)
    #expect(open.json["url"].text == "http://127.0.0.1:12111/c/pay/\(id)")
    #expect(open.json["adaptive_pricing"]["enabled"].flag == false)

    let url = try sandbox.stripe.complete(session: id, card: "4242424242424242")
    #expect(url == "https://shop.example/done?s=\(id)")
    let done = try await sandbox.get(
      "/v1/checkout/sessions/\(id)?expand[]=payment_intent&expand[]=line_items&expand[]=payment_intent.payment_method")
    #expect(done.json["status"].text == "complete")
    #expect(done.json["payment_status"].text == "paid")
    #expect(done.json["url"].isNull)
    #expect(done.json["line_items"]["data"][0]["description"].text == "Gold membership")
    let intent = done.json["payment_intent"]
    #expect(intent["status"].text == "succeeded")
    #expect(intent["metadata"].keys == ["dues_charge"])
    #expect(intent["description"].text == "Gold")
    #expect(intent["payment_method"]["customer"].text == customer)
    #expect(intent["payment_method"]["allow_redisplay"].text == "limited")
    #expect(
      try sandbox.eventTypes().suffix(5) == [
        "payment_intent.created", "payment_method.attached", "charge.succeeded", "payment_intent.succeeded",
        "checkout.session.completed",
      ])
  }

  @Test func `a card that is not to be saved is not`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let id = try await sandbox.paymentSession(customer)
    try sandbox.stripe.complete(session: id, card: "4242424242424242")
    let list = try await sandbox.get("/v1/customers/\(customer)/payment_methods")
    #expect(list.json["data"].elements.isEmpty)
  }

  @Test func `a declined card leaves the session open, and another pays it once`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let step = try sandbox.stripe.submit(
      session: id, .card(number: "4000000000009995", month: 12, year: 34, name: nil, email: nil))
    #expect(step == .refused("Your card has insufficient funds."))
    let open = try await sandbox.get("/v1/checkout/sessions/\(id)")
    #expect(open.json["status"].text == "open")
    #expect(open.json["payment_intent"].isNull)
    try sandbox.stripe.complete(session: id, card: "4242424242424242")
    let again = try sandbox.stripe.submit(
      session: id, .card(number: "4242424242424242", month: 12, year: 34, name: nil, email: nil))
    #expect(again == .closed("complete"))
    #expect(sandbox.stripe.ids(of: "payment_intent").count == 1)
    let charges = try await sandbox.get("/v1/charges")
    #expect(charges.json["data"].elements.map { $0["paid"].flag } == [true, false])
  }

  @Test func `the bank asks, and its refusal leaves the session open`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    let card = SandboxEntry.card(number: "4000002760003184", month: 12, year: 34, name: nil, email: nil)
    #expect(try sandbox.stripe.submit(session: id, card) == .bankAsks)
    let refusal = try sandbox.stripe.submit(session: id, .bankAnswer(confirmed: false))
    #expect(refusal == .refused("Your bank could not confirm that this is you."))
    #expect(try sandbox.object(id)["status"].text == "open")
    #expect(try sandbox.stripe.submit(session: id, card) == .bankAsks)
    #expect(
      try sandbox.stripe.submit(session: id, .bankAnswer(confirmed: true))
        == .redirect("https://shop.example/done?s=\(id)"))
    #expect(try sandbox.object(id)["payment_status"].text == "paid")
  }

  @Test func `expiring works from open only, and closes the page`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let id = try await sandbox.paymentSession(customer)
    let expired = try await sandbox.post("/v1/checkout/sessions/\(id)/expire")
    #expect(expired.json["status"].text == "expired")
    #expect(expired.json["url"].isNull)
    let again = try await sandbox.post("/v1/checkout/sessions/\(id)/expire")
    #expect(again.status == 400)
    #expect(again.error["code"].isNull)
    #expect(again.error["message"].text?.contains("`expired`") == true)
    #expect(try sandbox.stripe.submit(session: id, .bank("pm_usBankAccount_success")) == .closed("expired"))
    let paid = try await sandbox.paymentSession(customer)
    try sandbox.stripe.complete(session: paid, card: "4242424242424242")
    let late = try await sandbox.post("/v1/checkout/sessions/\(paid)/expire")
    #expect(late.error["message"].text?.contains("`complete`") == true)
  }

  @Test func `a session expires by its clock, and says so`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(
      try await sandbox.customer(), more: "&expires_at=\(TestSandbox.start + 1800)")
    sandbox.stripe.advance(by: 1799)
    #expect(try sandbox.object(id)["status"].text == "open")
    sandbox.stripe.advance(by: 3600)
    #expect(try sandbox.object(id)["status"].text == "expired")
    let events = try await sandbox.get("/v1/events?type=checkout.session.expired")
    #expect(events.json["data"][0]["created"].integer == TestSandbox.start + 1800)
    #expect(events.json["data"][0]["request"]["id"].isNull)
  }

  @Test func `an intent of a session is not ours to confirm or cancel`() async throws {
    let sandbox = TestSandbox()
    let id = try await sandbox.paymentSession(try await sandbox.customer())
    try sandbox.stripe.submit(
      session: id, .card(number: "4000000000000002", month: 12, year: 34, name: nil, email: nil))
    let intent = try #require(sandbox.stripe.ids(of: "payment_intent").first)
    for verb in ["confirm", "cancel"] {
      let answer = try await sandbox.post("/v1/payment_intents/\(intent)/\(verb)")
      #expect(answer.status == 400)
      #expect(answer.error["payment_intent"]["status"].text == "requires_payment_method")
    }
    _ = try await sandbox.post("/v1/checkout/sessions/\(id)/expire")
    #expect(try sandbox.object(intent)["status"].text == "canceled")
  }

  @Test func `a bank debit completes the session unpaid, and days later it is paid`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let answer = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=payment&customer=\(customer)&success_url=https://shop.example/&line_items[0][price_data][currency]=usd"
        + "&line_items[0][price_data][unit_amount]=1099&line_items[0][price_data][product_data][name]=Gold")
    let id = try #require(answer.id)
    try sandbox.stripe.submit(session: id, .bank("pm_usBankAccount_success"))
    #expect(try sandbox.object(id)["status"].text == "complete")
    #expect(try sandbox.object(id)["payment_status"].text == "unpaid")
    sandbox.stripe.advance(by: 5 * 86_400)
    #expect(try sandbox.object(id)["payment_status"].text == "paid")
    #expect(try sandbox.eventTypes().last == "checkout.session.async_payment_succeeded")
  }

  @Test func `a setup session has its intent from the start, and saves the card`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let session = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=setup&currency=usd&customer=\(customer)&success_url=https://shop.example/&setup_intent_data[metadata][a]=b")
    let id = try #require(session.id)
    #expect(session.json["payment_status"].text == "no_payment_required")
    #expect(session.json["setup_intent"].text?.hasPrefix("seti_1") == true)
    try sandbox.stripe.complete(session: id, card: "4242424242424242")
    let done = try await sandbox.get("/v1/checkout/sessions/\(id)?expand[]=setup_intent.payment_method")
    #expect(done.json["status"].text == "complete")
    #expect(done.json["payment_status"].text == "no_payment_required")
    #expect(done.json["setup_intent"]["status"].text == "succeeded")
    #expect(done.json["setup_intent"]["metadata"]["a"].text == "b")
    #expect(done.json["setup_intent"]["payment_method"]["customer"].text == customer)
    #expect(
      try sandbox.eventTypes().suffix(3) == [
        "payment_method.attached", "setup_intent.succeeded", "checkout.session.completed",
      ])
  }

  @Test func `without a customer, Checkout makes one when it is told to`() async throws {
    let sandbox = TestSandbox()
    let session = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=setup&currency=usd&customer_creation=always&customer_email=new%40example.com&success_url=https://shop.example/"
    )
    let id = try #require(session.id)
    try sandbox.stripe.complete(session: id, card: "4242424242424242")
    let customer = try #require(try sandbox.object(id)["customer"].text)
    #expect(try sandbox.object(customer)["email"].text == "new@example.com")
    let methods = try await sandbox.get("/v1/customers/\(customer)/payment_methods?type=card")
    #expect(methods.json["data"].elements.count == 1)
  }

  @Test func `line items are paged in the order they were given`() async throws {
    let sandbox = TestSandbox()
    let items = (0..<12).map {
      "line_items[\($0)][price_data][currency]=usd&line_items[\($0)][price_data][unit_amount]=100"
        + "&line_items[\($0)][price_data][product_data][name]=Item\($0)&line_items[\($0)][quantity]=2"
    }
    let session = try await sandbox.post(
      "/v1/checkout/sessions", "mode=payment&success_url=https://shop.example/&" + items.joined(separator: "&"))
    #expect(session.json["amount_total"].integer == 2400)
    let path = "/v1/checkout/sessions/\(session.id ?? "")/line_items"
    let first = try await sandbox.get("\(path)?limit=7")
    #expect(first.json["has_more"].flag == true)
    let second = try await sandbox.get("\(path)?limit=7&starting_after=\(first.json["data"][6]["id"].text ?? "")")
    #expect(second.json["has_more"].flag == false)
    let names = (first.json["data"].elements + second.json["data"].elements).map { $0["description"].text }
    #expect(names == (0..<12).map { "Item\($0)" })
  }
}
