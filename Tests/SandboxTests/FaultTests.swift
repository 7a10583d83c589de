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

  @Test(arguments: [
    (SandboxFault.Kind.failsBefore, 500), (.tooManyRequests, 429), (.lockTimeout, 429), (.conflict, 409),
  ])
  func `a fault before the work leaves the key free`(kind: SandboxFault.Kind, status: Int) async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(kind, count: 2))
    for _ in 1...2 { #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").status == status) }
    #expect(sandbox.stripe.ids(of: "customer").isEmpty)
    let good = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(good.status == 200)
    #expect(good.header("Idempotent-Replayed") == nil)
  }

  @Test func `a 500 that is kept stays the answer of its key, and nothing is there`() async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.keepsFailure))
    #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").status == 500)
    let again = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(again.status == 500 && again.header("Idempotent-Replayed") == "true")
    #expect(sandbox.stripe.ids(of: "customer").isEmpty)
    #expect(try await sandbox.post("/v1/customers", "name=A", key: "k2").status == 200)
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

  @Test(arguments: SandboxFault.Limit.allCases)
  func `a rate limiter says which one it is`(limit: SandboxFault.Limit) async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.tooManyRequests, limit: limit))
    let answer = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(answer.header("Stripe-Rate-Limited-Reason") == limit.rawValue)
    #expect(answer.header("Stripe-Should-Retry") == nil)
    #expect(answer.error["code"].text == "rate_limit")
  }

  @Test func `a lock timeout bears no reason, and asks to be tried again`() async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.lockTimeout))
    let answer = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(answer.header("Stripe-Rate-Limited-Reason") == nil)
    #expect(answer.header("Stripe-Should-Retry") == "true")
    #expect(answer.error["code"].text == "lock_timeout")
  }

  @Test(arguments: [SandboxFault.Kind.truncated, .slow])
  func `an answer that breaks off or comes too late is none, and the work is done`(kind: SandboxFault.Kind)
    async throws
  {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(kind, seconds: 100))
    let error = await #expect(throws: TransportError.self) {
      _ = try await sandbox.post("/v1/customers", "name=A", key: "k")
    }
    guard case .noAnswer = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(sandbox.stripe.ids(of: "customer").count == 1)
    if kind == .slow {
      #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").status == 409)
      sandbox.stripe.advance(by: 100)
    }
    #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").header("Idempotent-Replayed") == "true")
  }

  @Test func `a gateway's page is no answer of Stripe's, and the work is done`() async throws {
    let sandbox = TestSandbox()
    sandbox.stripe.inject(SandboxFault(.gateway))
    let answer = try await sandbox.post("/v1/customers", "name=A", key: "k")
    #expect(answer.status == 502)
    #expect(answer.text.contains("Bad Gateway"))
    #expect(try await sandbox.post("/v1/customers", "name=A", key: "k").status == 200)
    #expect(sandbox.stripe.ids(of: "customer").count == 1)
  }

  @Test(arguments: [
    ("kind=429&reason=global-concurrency", 200), ("kind=slow&seconds=2", 200), ("kind=truncate&method=post", 200),
    ("kind=nonsense", 400), ("kind=429&reason=boredom", 400), ("kind=slow&seconds=-1", 400),
    ("kind=429&count=0", 400), ("kind=429&method=BREW", 400), ("", 400),
  ])
  func `faults are asked for over HTTP, and a wrong wish is refused`(form: String, status: Int) async throws {
    #expect(try await TestSandbox().post("/_sandbox/faults", form).status == status)
  }

  @Test func `the log answers questions`() async throws {
    let sandbox = TestSandbox()
    _ = try await sandbox.post("/v1/customers", "name=Ada", key: "k1")
    _ = try await sandbox.post("/v1/customers", "name=Grace", key: "k2")
    _ = try await sandbox.get("/v1/customers?limit=1")
    _ = try await sandbox.get("/v1/customers/cus_none")
    func found(_ question: String) async throws -> Int {
      try await sandbox.get("/_sandbox/requests?\(question)").json["data"].elements.count
    }
    #expect(try await found("") == 4)
    #expect(try await found("method=post") == 2)
    #expect(try await found("idempotency_key=k2") == 1)
    #expect(try await found("contains=Ada") == 1)
    #expect(try await found("status=404") == 1)
    #expect(try await found("path=/v1/customers/") == 1)
    #expect(try await found("limit=3") == 3)
    #expect(try await found("since=\(TestSandbox.start + 1)") == 0)
    #expect(try await sandbox.get("/_sandbox/requests?contains=Ada").json["data"][0]["parameters"].text == "name=Ada")
  }
}
