import Foundation
import Sandbox
import TestSupport
import Testing

@Suite struct BankDebitTests {
  /// A bank account saved with its mandate, as a SetupIntent does it.
  private func saved(_ name: String, _ sandbox: TestSandbox) async throws -> (customer: String, method: String) {
    let customer = try await sandbox.customer()
    let setup = try await sandbox.post(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=\(name)&confirm=true&usage=off_session"
        + "&mandate_data[customer_acceptance][type]=offline")
    #expect(setup.json["status"].text == "succeeded", "\(setup.text)")
    return (customer, try #require(setup.json["payment_method"].text))
  }

  @Test(arguments: [
    ("pm_usBankAccount_success", "succeeded", nil as String?),
    ("pm_usBankAccount_insufficientFunds", "requires_payment_method", "insufficient_funds"),
    ("pm_usBankAccount_accountClosed", "requires_payment_method", "account_closed"),
    ("pm_usBankAccount_noAccount", "requires_payment_method", "no_account"),
  ])
  func `a debit is processing for days, and then one or the other`(name: String, status: String, code: String?)
    async throws
  {
    let sandbox = TestSandbox()
    let (customer, method) = try await saved(name, sandbox)
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(answer.status == 200)
    #expect(answer.json["status"].text == "processing")
    let id = try #require(answer.id)
    let cancel = try await sandbox.post("/v1/payment_intents/\(id)/cancel")
    #expect(cancel.error["code"].text == "payment_intent_unexpected_state")
    sandbox.stripe.advance(by: 3 * 86_400)
    #expect(try sandbox.object(id)["status"].text == "processing")
    sandbox.stripe.advance(by: 86_400)
    let end = try await sandbox.get("/v1/payment_intents/\(id)")
    #expect(end.json["status"].text == status)
    #expect(end.json["last_payment_error"]["code"].text == code)
  }

  @Test(arguments: [(true, "succeeded"), (false, "requires_payment_method")])
  func `a debit ends on request`(succeeds: Bool, status: String) async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await saved("pm_usBankAccount_success", sandbox)
    let id = try #require(try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method)).id)
    let answer = try await sandbox.post("/_sandbox/bank_debits/\(id)", "outcome=\(succeeds ? "succeed" : "fail")")
    #expect(answer.status == 200)
    #expect(try sandbox.object(id)["status"].text == status)
    #expect(throws: SandboxStripe.Refusal.self) { try sandbox.stripe.settleDebit(of: id, succeeds: true) }
    let events = try sandbox.eventTypes().count
    sandbox.stripe.advance(by: 30 * 86_400)
    #expect(try sandbox.eventTypes().count == events)
  }

  @Test func `a bank account without a mandate is refused`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_usBankAccount_success")
    let answer = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method))
    #expect(answer.status == 400)
    #expect(answer.error["code"].text == "payment_intent_mandate_invalid")
  }

  @Test func `a mandate that is taken back ends the debits, and says so`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await saved("pm_usBankAccount_success", sandbox)
    let setup = try #require(sandbox.stripe.ids(of: "setup_intent").last)
    let mandate = try #require(try sandbox.object(setup)["mandate"].text)
    let first = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&mandate=\(mandate)"))
    #expect(first.json["status"].text == "processing", "\(first.text)")
    try sandbox.stripe.revoke(mandate: mandate)
    #expect(try sandbox.eventTypes().last == "mandate.updated")
    for more in ["", "&mandate=\(mandate)"] {
      let refused = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method, more: more))
      #expect(refused.status == 400)
      #expect(refused.error["code"].text == "payment_intent_mandate_invalid", "\(refused.text)")
    }
    let unknown = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(customer, method, more: "&mandate=mandate_none"))
    #expect(unknown.error["code"].text == "resource_missing")
  }
}
