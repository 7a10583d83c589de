import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct StateFileTests {
  /// A sandbox with something of everything in it.
  private func lived() async throws -> TestSandbox {
    let sandbox = TestSandbox()
    sandbox.stripe.addWebhookEndpoint(url: "http://127.0.0.1:9/hook", secret: "whsec_state")
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method), key: "paid")
    let refusing = try await sandbox.customer(with: "pm_card_chargeCustomerFail")
    _ = try await sandbox.post(
      "/v1/payment_intents", sandbox.charge(refusing.customer, refusing.method), key: "refused")
    _ = try await sandbox.post(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=pm_usBankAccount_success&confirm=true&mandate_data[customer_acceptance][type]=offline"
    )
    _ = try await sandbox.paymentSession(customer)
    sandbox.stripe.inject(SandboxFault(.failsBefore, method: .post, pathPrefix: "/v1/refunds", count: 2))
    sandbox.stripe.advance(by: 600)
    return sandbox
  }

  @Test func `a sandbox goes on where it was stopped`() async throws {
    let before = try await lived()
    let state = try before.stripe.state()
    let after = TestSandbox(seed: "another program")
    try after.stripe.restore(state)

    #expect(try after.stripe.state() == state)
    #expect(after.stripe.now == before.stripe.now)
    // The key still stands, with its refusal.
    let refusing = try #require(before.stripe.ids(of: "customer").last)
    let method = try #require(before.stripe.ids(of: "payment_method").dropLast().last)
    let replayed = try await after.post("/v1/payment_intents", after.charge(refusing, method), key: "refused")
    #expect(replayed.status == 402)
    #expect(replayed.header("Idempotent-Replayed") == "true")
    // So do the fault, the session and its end, and the ids that come next are the ones that would have come.
    #expect(try await after.post("/v1/refunds", "charge=ch_none").status == 500)
    let next = try await after.customer()
    _ = try await before.post("/v1/payment_intents", before.charge(refusing, method), key: "refused")
    _ = try await before.post("/v1/refunds", "charge=ch_none")
    let sameNext = try await before.customer()
    #expect(next == sameNext)
    let session = try #require(after.stripe.ids(of: "checkout.session").last)
    after.stripe.advance(by: 86_400)
    #expect(try after.object(session)["status"].text == "expired")
  }

  @Test(arguments: ["", "[]", "{}", #"{"format":99}"#, #"{"format":1,"ahead":0}"#, "not json"])
  func `what is no state file is refused with words, and changes nothing`(text: String) async throws {
    let sandbox = TestSandbox()
    _ = try await sandbox.customer()
    let problem = #expect(throws: SandboxStripe.StateProblem.self) { try sandbox.stripe.restore(Data(text.utf8)) }
    #expect(problem?.reason.isEmpty == false)
    #expect(sandbox.stripe.ids(of: "customer").count == 1)
  }
}
