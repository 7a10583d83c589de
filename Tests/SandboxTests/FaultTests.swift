import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

@Suite struct FaultTests {
  @Test(arguments: [(SandboxFault.Kind.dropsBefore, 0), (.dropsAfter, 1)])
  func `a broken connection tells nothing of what was done`(kind: SandboxFault.Kind, made: Int) async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(kind, method: .post, pathPrefix: "/v1/customers"))
    let error = await #expect(throws: TransportError.self) {
      _ = try await sandbox.post("/v1/customers", "name=A", key: "k")
    }
    guard case .noAnswer = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(sandbox.stripe.ids(of: "customer").count == made)
    let resent = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(resent.header("Idempotent-Replayed") == (made == 1 ? "true" : nil))
    #expect(sandbox.stripe.ids(of: "customer").count == 1)
  }

  @Test func `a 500 after the work stays a 500 for its key, and the object is there`() async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.failsAfter))
    let first = try await sandbox.post("/v1/customers", "name=A&metadata[mine]=1", key: "k")
    let again = try await sandbox.post("/v1/customers", "name=A&metadata[mine]=1", key: "k")
    #expect(first.status == 500 && again.status == 500)
    #expect(again.header("Idempotent-Replayed") == "true")
    let list = try await sandbox.get("/v1/customers")
    #expect(list.json["data"][0]["metadata"]["mine"].text == "1")
  }

  @Test(arguments: [(SandboxFault.Kind.failsBefore, 500), (.tooManyRequests, 429), (.conflict, 409)])
  func `a fault before the work leaves the key free`(kind: SandboxFault.Kind, status: Int) async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(kind, count: 2))
    for _ in 1...2 { #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").status == status) }
    #expect(sandbox.stripe.ids(of: "customer").isEmpty)
    let good = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(good.status == 200)
    #expect(good.header("Idempotent-Replayed") == nil)
  }

  @Test func `faults keep to their path and method, and every request is logged`() async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.failsBefore, method: .post, pathPrefix: "/v1/payment_intents"))
    #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").status == 200)
    #expect(try await sandbox.get("/v1/payment_intents").status == 200)
    #expect(try await sandbox.post("/v1/payment_intents", "amount=1099&currency=usd").status == 500)
    #expect(sandbox.stripe.requests.map(\.status) == [200, 200, 500])
    #expect(sandbox.stripe.requests.map(\.idempotencyKey) == ["k", nil, nil])
  }
}
