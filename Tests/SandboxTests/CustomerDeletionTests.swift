import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct CustomerDeletionTests {
  private func deleted(_ sandbox: TestSandbox) async throws -> (customer: String, method: String) {
    let saved = try await sandbox.customer(with: "pm_card_visa")
    let answer = try await sandbox.send(.delete, "/v1/customers/\(saved.customer)")
    #expect(answer.json.keys == ["id", "object", "deleted"])
    return saved
  }

  @Test func `a deleted customer is a stub, once`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await deleted(sandbox)
    let read = try await sandbox.get("/v1/customers/\(customer)")
    #expect(read.status == 200)
    #expect(read.json.keys == ["id", "object", "deleted"])
    #expect(read.json["deleted"].flag == true)
    let again = try await sandbox.send(.delete, "/v1/customers/\(customer)")
    #expect(again.status == 404)
    #expect(again.error["code"].text == "resource_missing")
    #expect(try await sandbox.get("/v1/customers").json["data"].elements.isEmpty)
    #expect(try sandbox.eventTypes().suffix(2) == ["payment_method.detached", "customer.deleted"])
    let event = try await sandbox.get("/v1/events?type=customer.deleted")
    #expect(event.json["data"][0]["data"]["object"]["email"].text == "jenny@example.com")
    #expect(try sandbox.object(method)["customer"].isNull)
  }

  static let posts: [(path: String, form: String, status: Int, param: String?)] = [
    ("/v1/customers/CUS", "name=B", 404, "id"),
    ("/v1/payment_intents", "amount=1099&currency=usd&customer=CUS", 400, "customer"),
    (
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=CUS&payment_method=pm_card_visa&confirm=true&off_session=true", 400, "customer"
    ),
    ("/v1/payment_methods/pm_card_visa/attach", "customer=CUS", 400, "customer"),
    ("/v1/setup_intents", "customer=CUS", 400, "customer"),
    ("/v1/checkout/sessions", "mode=setup&currency=usd&success_url=https://x.example/&customer=CUS", 400, "customer"),
    (
      "/v1/checkout/sessions",
      "mode=payment&success_url=https://x.example/&customer=CUS&line_items[0][price_data][currency]=usd"
        + "&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=A", 400, "customer"
    ),
  ]

  @Test(arguments: posts)
  func `whatever names a deleted customer does not find them`(path: String, form: String, status: Int, param: String?)
    async throws
  {
    let sandbox = TestSandbox()
    let (customer, _) = try await deleted(sandbox)
    let answer = try await sandbox.post(
      path.replacing("CUS", with: customer), form.replacing("CUS", with: customer))
    #expect(answer.status == status, "\(answer.text)")
    #expect(answer.error["code"].text == "resource_missing")
    #expect(answer.error["message"].text == "No such customer: '\(customer)'")
    #expect(answer.error["param"].text == param)
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
  }

  @Test(arguments: ["/v1/customers/CUS/payment_methods", "/v1/payment_methods?customer=CUS"])
  func `their methods are not listed`(path: String) async throws {
    let sandbox = TestSandbox()
    let (customer, _) = try await deleted(sandbox)
    let answer = try await sandbox.get(path.replacing("CUS", with: customer))
    #expect(answer.status >= 400)
    #expect(answer.error["code"].text == "resource_missing")
  }

  @Test func `what they paid stays, can be listed, expanded and refunded`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let paid = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    _ = try await sandbox.send(.delete, "/v1/customers/\(customer)")
    let list = try await sandbox.get("/v1/payment_intents?customer=\(customer)&expand[]=data.customer")
    #expect(list.json["data"][0]["id"].text == paid.id)
    #expect(list.json["data"][0]["customer"]["deleted"].flag == true)
    #expect(try await sandbox.post("/v1/refunds", "payment_intent=\(paid.id ?? "")").status == 200)
    let again = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(again.status == 400)
  }

  @Test func `intents made before cannot be confirmed any more`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let setup = try await sandbox.post("/v1/setup_intents", "customer=\(customer)")
    let intent = try await sandbox.post("/v1/payment_intents", "amount=1099&currency=usd&customer=\(customer)")
    _ = try await sandbox.send(.delete, "/v1/customers/\(customer)")
    for (path, id) in [("setup_intents", setup.id), ("payment_intents", intent.id)] {
      let answer = try await sandbox.post("/v1/\(path)/\(id ?? "")/confirm", "payment_method=pm_card_visa")
      #expect(answer.status == 400)
      #expect(answer.error["code"].text == "resource_missing")
      #expect(answer.error["param"].text == "customer")
    }
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
  }

  @Test(arguments: ["payment", "setup"])
  func `an open session of a deleted customer takes no card, and expires`(mode: String) async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let setup = "mode=setup&currency=usd&customer=\(customer)&success_url=https://shop.example/"
    let id =
      mode == "payment"
      ? try await sandbox.paymentSession(customer)
      : try #require(try await sandbox.post("/v1/checkout/sessions", setup).id)
    _ = try await sandbox.send(.delete, "/v1/customers/\(customer)")
    let refusal = #expect(throws: SandboxStripe.Refusal.self) {
      try sandbox.stripe.complete(session: id, card: "4242424242424242")
    }
    #expect(refusal?.message == "No such customer: '\(customer)'")
    let page = try await sandbox.post("/c/pay/\(id)", "method=new&number=4242424242424242&exp=12%2F34&cvc=1&name=J")
    #expect(page.status == 402)
    let session = try await sandbox.get("/v1/checkout/sessions/\(id)?expand[]=customer")
    #expect(session.json["status"].text == "open")
    #expect(session.json["customer"]["deleted"].flag == true)
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
    #expect(sandbox.stripe.ids(of: "payment_intent").isEmpty)
    #expect(try await sandbox.post("/v1/checkout/sessions/\(id)/expire").json["status"].text == "expired")
  }

  @Test func `a debit under way ends without its customer`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let setup = try await sandbox.post(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=pm_usBankAccount_success&confirm=true&usage=off_session"
        + "&mandate_data[customer_acceptance][type]=offline")
    let intent = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, setup.json["payment_method"].text ?? ""))
    _ = try await sandbox.send(.delete, "/v1/customers/\(customer)")
    sandbox.stripe.advance(by: 4 * 86_400)
    #expect(try sandbox.object(intent.id ?? "")["status"].text == "succeeded")
  }
}
