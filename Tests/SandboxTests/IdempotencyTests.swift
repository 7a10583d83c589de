import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct IdempotencyTests {
  @Test func `the same key answers the same again, marked as a replay`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    let form = sandbox.charge(customer, method)
    let first = try await sandbox.post("/v1/payment_intents", form, key: "chg_1:1")
    let again = try await sandbox.post("/v1/payment_intents", form, key: "chg_1:1")
    #expect(again.text == first.text)
    #expect(again.header("Idempotent-Replayed") == "true")
    #expect(first.header("Idempotent-Replayed") == nil)
    #expect(first.header("Idempotency-Key") == "chg_1:1")
    #expect(first.header("Original-Request") == first.header("Request-Id"))
    #expect(again.header("Original-Request") == first.header("Request-Id"))
    #expect(again.header("Request-Id") != first.header("Request-Id"))
    #expect(sandbox.stripe.ids(of: "payment_intent").count == 1)
  }

  @Test func `a decline is kept too`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_chargeCustomerFail")
    let form = sandbox.charge(customer, method)
    let first = try await sandbox.post("/v1/payment_intents", form, key: "k")
    try sandbox.stripe.setBehavior(of: method, .succeeds)
    let again = try await sandbox.post("/v1/payment_intents", form, key: "k")
    #expect(again.status == 402)
    #expect(again.text == first.text)
  }

  @Test func `other parameters or another endpoint under a key are refused, and change nothing`() async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_visa")
    _ = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method), key: "k")
    let other = try await sandbox.post("/v1/payment_intents", sandbox.charge(customer, method, amount: 1100), key: "k")
    let elsewhere = try await sandbox.post("/v1/customers", "", key: "k")
    for answer in [other, elsewhere] {
      #expect(answer.status == 400)
      #expect(answer.error["type"].text == "idempotency_error")
      #expect(answer.error["code"].isNull)
      #expect(answer.error["param"].isNull)
    }
    #expect(sandbox.stripe.ids(of: "payment_intent").count == 1)
  }

  @Test func `what never began to run is not kept`() async throws {
    let sandbox = TestSandbox()
    let bad = try await sandbox.post("/v1/customers", "emial=x", key: "k")
    #expect(bad.status == 400)
    #expect(bad.error["code"].text == "parameter_unknown")
    let good = try await sandbox.post("/v1/customers", "email=x%40example.com", key: "k")
    #expect(good.status == 200)
    #expect(good.header("Idempotent-Replayed") == nil)
  }

  @Test func `a key is new again after a day`() async throws {
    let sandbox = TestSandbox()
    let first = try await sandbox.post("/v1/customers", "name=A", key: "k")
    sandbox.stripe.advance(by: 86_400)
    #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").id == first.id)
    sandbox.stripe.advance(by: 1)
    let second = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(second.id != first.id)
    #expect(second.header("Idempotent-Replayed") == nil)
  }

  @Test func `a key whose first request still runs is in use`() async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.dropsRunning, method: .post, pathPrefix: "/v1/customers"))
    await #expect(throws: TransportError.self) { _ = try await sandbox.post("/v1/customers", "name=A", key: "k") }
    let during = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(during.status == 409)
    #expect(during.error["code"].text == "idempotency_key_in_use")
    sandbox.stripe.advance(by: 31)
    let after = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(after.status == 200)
    #expect(after.header("Idempotent-Replayed") == "true")
  }
}
