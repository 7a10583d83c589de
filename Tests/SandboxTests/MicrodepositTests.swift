import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct MicrodepositTests {
  private static let mandate = "mandate_data[customer_acceptance][type]=offline"

  /// A setup of a bank account whose number was typed in.
  private func setup(_ sandbox: TestSandbox) async throws -> String {
    let customer = try await sandbox.customer()
    let method = try await sandbox.post(
      "/v1/payment_methods",
      "type=us_bank_account&us_bank_account[account_number]=000123456789&us_bank_account[routing_number]=110000000"
        + "&us_bank_account[account_holder_type]=individual&billing_details[name]=Jenny")
    let answer = try await sandbox.post(
      "/v1/setup_intents", "customer=\(customer)&payment_method=\(method.id ?? "")&confirm=true&\(Self.mandate)")
    #expect(answer.json["status"].text == "requires_action", "\(answer.text)")
    return try #require(answer.id)
  }

  @Test(arguments: [
    (true, "succeeded", "setup_intent.succeeded"), (false, "requires_payment_method", "setup_intent.setup_failed"),
  ])
  func `an account is saved once its owner has named the deposit`(succeeds: Bool, status: String, event: String)
    async throws
  {
    let sandbox = TestSandbox()
    let id = try await setup(sandbox)
    let waiting = try sandbox.object(id)
    #expect(waiting["next_action"]["type"].text == "verify_with_microdeposits")
    #expect(
      waiting["next_action"]["verify_with_microdeposits"]["hosted_verification_url"].text
        == "http://127.0.0.1:12111/c/verify/\(id)")
    try sandbox.stripe.verifyMicrodeposits(of: id, succeeds: succeeds)
    let end = try await sandbox.get("/v1/setup_intents/\(id)?expand[]=latest_attempt")
    #expect(end.json["status"].text == status)
    #expect(end.json["mandate"].isNull == !succeeds)
    #expect(end.json["latest_attempt"]["status"].text == (succeeds ? "succeeded" : "failed"))
    #expect(try sandbox.eventTypes().contains(event))
    #expect(throws: SandboxStripe.Refusal.self) { try sandbox.stripe.verifyMicrodeposits(of: id, succeeds: true) }
  }

  @Test func `nobody names it: after ten days the setup has failed`() async throws {
    let sandbox = TestSandbox()
    let id = try await setup(sandbox)
    sandbox.stripe.advance(by: 10 * 86_400 - 1)
    #expect(try sandbox.object(id)["status"].text == "requires_action")
    sandbox.stripe.advance(by: 1)
    #expect(try sandbox.object(id)["status"].text == "requires_payment_method")
    #expect(
      try sandbox.object(id)["last_setup_error"]["code"].text == "payment_method_microdeposit_verification_timeout")
  }

  @Test func `the page takes the right code, and no other`() async throws {
    let sandbox = TestSandbox()
    let id = try await setup(sandbox)
    #expect(try await sandbox.get("/c/verify/\(id)").text.contains("Which code"))
    #expect(try await sandbox.post("/c/verify/\(id)", "code=SM0000").status == 400)
    #expect(try sandbox.object(id)["status"].text == "requires_action")
    #expect(try await sandbox.post("/c/verify/\(id)", "code=sm11aa").text.contains("is verified"))
    #expect(try sandbox.object(id)["status"].text == "succeeded")
    #expect(try await sandbox.get("/c/verify/\(id)").status == 404)
  }

  @Test(arguments: [true, false])
  func `a payment by an account that is not verified waits, off session as well`(succeeds: Bool) async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let method = try await sandbox.post(
      "/v1/payment_methods/pm_usBankAccount_microdeposits/attach", "customer=\(customer)")
    let form = sandbox.charge(customer, try #require(method.id), more: "&\(Self.mandate)")
    let answer = try await sandbox.post("/v1/payment_intents", form)
    #expect(answer.status == 200)
    #expect(answer.json["status"].text == "requires_action")
    let id = try #require(answer.id)
    try sandbox.stripe.verifyMicrodeposits(of: id, succeeds: succeeds)
    #expect(try sandbox.object(id)["status"].text == (succeeds ? "processing" : "requires_payment_method"))
    sandbox.stripe.advance(by: 5 * 86_400)
    #expect(try sandbox.object(id)["status"].text == (succeeds ? "succeeded" : "requires_payment_method"))
  }

  @Test func `a session is complete while the account is verified, and its intent follows`() async throws {
    let sandbox = TestSandbox()
    let made = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=setup&currency=usd&customer=\(try await sandbox.customer())&success_url=https://s.example/")
    let id = try #require(made.id)
    _ = try sandbox.stripe.submit(session: id, .bank("pm_usBankAccount_microdeposits"))
    let session = try await sandbox.get("/v1/checkout/sessions/\(id)?expand[]=setup_intent")
    #expect(session.json["status"].text == "complete")
    #expect(session.json["setup_intent"]["status"].text == "requires_action")
    let intent = try #require(session.json["setup_intent"]["id"].text)
    try sandbox.stripe.verifyMicrodeposits(of: intent, succeeds: true)
    #expect(try sandbox.object(intent)["status"].text == "succeeded")
    #expect(try sandbox.eventTypes().suffix(3).contains("setup_intent.succeeded"))
  }

  @Test(arguments: [(true, "paid", "async_payment_succeeded"), (false, "unpaid", "async_payment_failed")])
  func `a payment session stays unpaid until the debit has come`(succeeds: Bool, status: String, event: String)
    async throws
  {
    let sandbox = TestSandbox()
    let made = try await sandbox.post(
      "/v1/checkout/sessions",
      "mode=payment&customer=\(try await sandbox.customer())&success_url=https://s.example/"
        + "&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=1099"
        + "&line_items[0][price_data][product_data][name]=Gold&line_items[0][quantity]=1")
    let id = try #require(made.id)
    _ = try sandbox.stripe.submit(session: id, .bank("pm_usBankAccount_microdeposits"))
    #expect(try sandbox.object(id)["payment_status"].text == "unpaid")
    let intent = try #require(try sandbox.object(id)["payment_intent"].text)
    try sandbox.stripe.verifyMicrodeposits(of: intent, succeeds: succeeds)
    sandbox.stripe.advance(by: 5 * 86_400)
    #expect(try sandbox.object(id)["payment_status"].text == status)
    #expect(try sandbox.eventTypes().contains("checkout.session.\(event)"))
  }
}
