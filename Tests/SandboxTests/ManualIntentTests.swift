import Foundation
import Sandbox
import TestSupport
import Testing

/// Intents that are confirmed or captured by hand, and methods that come with them.
@Suite struct ManualIntentTests {
  private func challenged(_ sandbox: TestSandbox) async throws -> String {
    let (customer, method) = try await sandbox.customer(with: "pm_card_authenticationRequired")
    let answer = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true&confirmation_method=manual"
        + "&setup_future_usage=off_session")
    #expect(answer.json["status"].text == "requires_action", "\(answer.text)")
    return try #require(answer.id)
  }

  @Test func `the bank's yes moves no money before the server confirms`() async throws {
    let sandbox = TestSandbox()
    let id = try await challenged(sandbox)
    _ = try await sandbox.post("/c/authenticate/\(id)", "bank=confirm")
    #expect(try sandbox.object(id)["status"].text == "requires_confirmation")
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
    let paid = try await sandbox.post("/v1/payment_intents/\(id)/confirm")
    #expect(paid.json["status"].text == "succeeded", "\(paid.text)")
  }

  /// Seconds after the bank's yes, and what the second confirmation comes to.
  @Test(arguments: [(0, 200), (3599, 200), (3600, 400)])
  func `the second confirmation collects within the hour, and keeps the card`(later: Int, status: Int) async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let made = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=pm_card_authenticationRequiredOnSetup&confirm=true"
        + "&confirmation_method=manual&setup_future_usage=off_session")
    let id = try #require(made.id)
    #expect(made.json["next_action"]["type"].text == "use_stripe_sdk")
    let method = try #require(made.json["payment_method"].text)
    _ = try await sandbox.post("/c/authenticate/\(id)", "bank=confirm")
    sandbox.stripe.advance(by: later)
    let second = try await sandbox.post("/v1/payment_intents/\(id)/confirm")
    #expect(second.status == status, "\(second.text)")
    #expect(try sandbox.object(id)["status"].text == (status == 200 ? "succeeded" : "requires_payment_method"))
    #expect(try sandbox.object(method)["customer"].text == (status == 200 ? customer : nil))
    guard status == 200 else { return }
    // Set up by that payment, so that it may be charged while the customer is away.
    let away = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(away.json["status"].text == "succeeded", "\(away.text)")
  }

  @Test(arguments: ["pm_card_chargeDeclined", "pm_card_chargeCustomerFail", "pm_card_chargeDeclinedInsufficientFunds"])
  func `a decline on session is a 402 with the intent in it`(card: String) async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let answer = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=\(card)&confirm=true&confirmation_method=manual"
        + "&setup_future_usage=off_session")
    #expect(answer.status == 402)
    #expect(answer.error["code"].text == "card_declined")
    #expect(answer.error["payment_intent"]["status"].text == "requires_payment_method")
    let id = try #require(answer.error["payment_intent"]["id"].text)
    let paid = try await sandbox.post("/v1/payment_intents/\(id)/confirm", "payment_method=pm_card_visa")
    #expect(paid.json["status"].text == "succeeded", "\(paid.text)")
  }

  @Test func `after an hour the bank's yes is stale`() async throws {
    let sandbox = TestSandbox()
    let id = try await challenged(sandbox)
    _ = try await sandbox.post("/c/authenticate/\(id)", "bank=confirm")
    sandbox.stripe.advance(by: 3600)
    #expect(try sandbox.object(id)["status"].text == "requires_payment_method")
    #expect(try sandbox.object(id)["last_payment_error"]["code"].text == "payment_intent_authentication_failure")
    #expect(sandbox.stripe.ids(of: "charge").isEmpty)
  }

  @Test func `another card than the one the bank asked about is asked about anew`() async throws {
    let sandbox = TestSandbox()
    let id = try await challenged(sandbox)
    _ = try await sandbox.post("/c/authenticate/\(id)", "bank=confirm")
    let customer = try #require(try sandbox.object(id)["customer"].text)
    let other = try await sandbox.post(
      "/v1/payment_methods/pm_card_authenticationRequired/attach", "customer=\(customer)")
    let answer = try await sandbox.post("/v1/payment_intents/\(id)/confirm", "payment_method=\(other.id ?? "")")
    #expect(answer.json["status"].text == "requires_action")
  }

  @Test(arguments: [(nil as Int?, 1099), (400, 400)])
  func `what was authorized is captured whole or in part, once`(amount: Int?, received: Int) async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let made = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&capture_method=manual"))
    let id = try #require(made.id)
    #expect(made.json["status"].text == "requires_capture")
    let tooMuch = try await sandbox.post("/v1/payment_intents/\(id)/capture", "amount_to_capture=1100")
    #expect(tooMuch.status == 400)
    let captured = try await sandbox.post(
      "/v1/payment_intents/\(id)/capture", amount.map { "amount_to_capture=\($0)" } ?? "")
    #expect(captured.json["status"].text == "succeeded", "\(captured.text)")
    #expect(captured.json["amount_received"].integer == received)
    #expect(captured.json["amount_capturable"].integer == 0)
    let again = try await sandbox.post("/v1/payment_intents/\(id)/capture")
    #expect(again.error["code"].text == "payment_intent_unexpected_state")
  }

  @Test func `an authorization is let go by canceling`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let made = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&capture_method=manual"))
    let canceled = try await sandbox.post("/v1/payment_intents/\(made.id ?? "")/cancel")
    #expect(canceled.json["status"].text == "canceled")
    let charge = try sandbox.object(try #require(made.json["latest_charge"].text))
    #expect(charge["amount_captured"].integer == 0)
    #expect(charge["refunded"].flag == true)
  }

  @Test func `a method may come with the intent`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let answer = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=eur&customer=\(customer)&confirm=true&setup_future_usage=off_session"
        + "&payment_method_data[type]=sepa_debit&payment_method_data[sepa_debit][iban]=DE89370400440532013000"
        + "&mandate_data[customer_acceptance][type]=offline")
    #expect(answer.json["status"].text == "processing", "\(answer.text)")
    let method = try sandbox.object(try #require(answer.json["payment_method"].text))
    #expect(method["customer"].text == customer)
  }

  @Test(arguments: [
    (
      "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242", 400,
      "payment_method_data[card]" as String?
    ),
    ("payment_method_data[type]=alipay", 400, "payment_method_data[type]"),
    ("payment_method_data[metadata][a]=1", 400, "payment_method_data[type]"),
    ("payment_method=pm_card_visa&payment_method_data[type]=sepa_debit", 400, "payment_method_data"),
    ("confirmation_token=ctoken_1", 400, "confirmation_token"),
    (
      "setup_future_usage=off_session&payment_method_options[card][stored_credential_usage]=recurring", 400,
      "payment_method_options[card][stored_credential_usage]"
    ),
  ])
  func `what Stripe or the sandbox does not take is refused`(form: String, status: Int, param: String?) async throws {
    let answer = try await TestSandbox().post("/v1/payment_intents", "amount=1099&currency=usd&\(form)")
    #expect(answer.status == status, "\(answer.text)")
    #expect(answer.error["type"].text == "invalid_request_error")
    #expect(answer.error["param"].text == param)
  }

  @Test func `a setup may be changed until it has succeeded`() async throws {
    let sandbox = TestSandbox()
    let customer = try await sandbox.customer()
    let made = try await sandbox.post("/v1/setup_intents", "usage=off_session&metadata[a]=1")
    let id = try #require(made.id)
    let changed = try await sandbox.post(
      "/v1/setup_intents/\(id)", "customer=\(customer)&payment_method=pm_card_visa&metadata[b]=2&description=Gold")
    #expect(changed.json["status"].text == "requires_confirmation")
    #expect(changed.json["metadata"].keys == ["a", "b"])
    #expect(try await sandbox.post("/v1/setup_intents/\(id)/confirm").json["status"].text == "succeeded")
    let late = try await sandbox.post("/v1/setup_intents/\(id)", "payment_method=pm_card_visa")
    #expect(late.error["code"].text == "setup_intent_unexpected_state")
    #expect(try await sandbox.post("/v1/setup_intents/\(id)", "metadata[a]=").json["metadata"].keys == ["b"])
  }
}
