import Domain
import Foundation
import Stripe
import Testing
import Transport

struct StripeClientTests {
  static let good = ScriptedHTTP.answer(200, #"{"id":"pi_1","object":"payment_intent"}"#)
  static let declined = ScriptedHTTP.answer(402, #"{"error":{"type":"card_error","code":"card_declined"}}"#)

  private func client(_ http: ScriptedHTTP, time: ServerTime? = nil) -> StripeClient {
    let clock = SteppedClock()
    return StripeClient(
      http: http.client,
      configuration: StripeConfiguration(
        apiKey: "sk_test_secret", apiBase: "http://127.0.0.1:1/", apiVersion: "2026-10-28.endive",
        timeout: .seconds(80), userAgent: "Dues/1"),
      pacer: Pacer(
        requestsPerSecond: 1000, requestsPerSecondPerEndpoint: 1000, now: { clock.now() },
        sleep: { clock.sleep($0) }),
      serverTime: time ?? ServerTime(localNow: { Timestamp(seconds: 0) }))
  }

  private let post = StripeRequest.cancelIntent("pi_1", reason: .abandoned, idempotencyKey: "key_1")

  @Test func `a POST carries key, version, agent and its exact bytes`() async {
    let http = ScriptedHTTP([Self.good])
    _ = await client(http).send(post)
    #expect(
      http.requests == [
        HTTPRequest(
          method: .post, url: "http://127.0.0.1:1/v1/payment_intents/pi_1/cancel",
          headers: [
            HTTPHeader("Authorization", "Bearer sk_test_secret"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
            HTTPHeader("User-Agent", "Dues/1"), HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
            HTTPHeader("Idempotency-Key", "key_1"),
          ], body: Data("cancellation_reason=abandoned".utf8), timeout: .seconds(80))
      ])
  }

  @Test func `a GET has neither key nor body`() async {
    let http = ScriptedHTTP([Self.good])
    _ = await client(http).send(.retrieveAccount())
    #expect(http.requests.first?.headers.map(\.name) == ["Authorization", "Stripe-Version", "User-Agent"])
    #expect(http.requests.first?.body.isEmpty == true)
  }

  enum Kind { case success, failure, indeterminate, replayed, notSent }

  private func kind(_ answer: StripeAnswer) -> Kind {
    switch answer {
    case .success: .success
    case .failure: .failure
    case .indeterminate(_, let replayed, _): replayed ? .replayed : .indeterminate
    case .notSent: .notSent
    }
  }

  static let error = #"{"error":{"type":"invalid_request_error","message":"m"}}"#

  static let judgments: [(ScriptedHTTP.Step, Kind)] = [
    (good, .success),
    (ScriptedHTTP.answer(200, #"{"id":"pi_1","obj"#), .indeterminate),
    (ScriptedHTTP.answer(200, "<html>"), .indeterminate),
    (ScriptedHTTP.answer(200, ""), .indeterminate),
    (declined, .failure),
    (ScriptedHTTP.answer(402, #"{"error":{"type":"card_error"}}"#, [("Stripe-Should-Retry", "true")]), .failure),
    (ScriptedHTTP.answer(400, error), .failure),
    (ScriptedHTTP.answer(400, error, [("Stripe-Should-Retry", "true")]), .indeterminate),
    (ScriptedHTTP.answer(400, "Bad Request"), .indeterminate),
    (ScriptedHTTP.answer(401, error), .failure),
    (ScriptedHTTP.answer(403, "<html>blocked by a proxy</html>"), .indeterminate),
    (ScriptedHTTP.answer(404, error), .failure),
    (ScriptedHTTP.answer(409, error), .indeterminate),
    (ScriptedHTTP.answer(424, error), .indeterminate),
    (ScriptedHTTP.answer(429, error), .indeterminate),
    (ScriptedHTTP.answer(500, error), .indeterminate),
    (ScriptedHTTP.answer(500, error, [("Idempotent-Replayed", "true")]), .replayed),
    (ScriptedHTTP.answer(502, ""), .indeterminate),
    (ScriptedHTTP.answer(302, ""), .indeterminate),
    (.failure(.notSent("refused")), .notSent),
    (.failure(.noAnswer("timeout")), .indeterminate),
  ]

  @Test(arguments: judgments.indices)
  func `an answer is judged by its status and body`(row: Int) async {
    let (step, expected) = Self.judgments[row]
    #expect(kind(await client(ScriptedHTTP([step])).send(post)) == expected, "\(step)")
  }

  @Test func `a refusal tells its words, and whether the key is to blame`() async throws {
    let http = ScriptedHTTP([
      ScriptedHTTP.answer(
        400,
        #"{"error":{"type":"invalid_request_error","message":"Too small.","code":"amount_too_small","param":"amount"}}"#
      ), ScriptedHTTP.answer(401, Self.error), ScriptedHTTP.answer(403, Self.error),
    ])
    let client = client(http)
    func refusal() async throws -> StripeErrorBody {
      guard case .failure(_, let error) = await client.send(post) else { throw CancellationError() }
      return error
    }
    let first = try await refusal()
    #expect(first.sentence == "Too small. [amount_too_small, parameter amount]")
    #expect(!first.isAuthenticationProblem)
    #expect(try await refusal().isAuthenticationProblem)
    #expect(try await refusal().isAuthenticationProblem)
  }

  @Test func `the headers of an answer are read`() async throws {
    let http = ScriptedHTTP([
      ScriptedHTTP.answer(
        429, Self.error,
        [
          ("request-id", "req_1"), ("Stripe-Rate-Limited-Reason", "endpoint-rate"), ("Stripe-Should-Retry", "false"),
          ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Idempotent-Replayed", "true"),
        ])
    ])
    let time = ServerTime(localNow: { Timestamp(seconds: 784_111_770) })
    let reply = try #require(await client(http, time: time).send(post).reply)
    #expect(reply.requestID == "req_1" && reply.rateLimitedReason == "endpoint-rate")
    #expect(reply.shouldRetry == false && reply.isReplayed)
    #expect(reply.date == Timestamp(seconds: 784_111_777))
    #expect(time.offset == .seconds(7))
    #expect(time.now(local: Timestamp(seconds: 100)) == Timestamp(seconds: 107))
  }

  @Test func `no secret is printed with the configuration`() {
    let configuration = StripeConfiguration(
      apiKey: "sk_test_secret", apiBase: "https://api.stripe.com", apiVersion: "v", timeout: .seconds(1), userAgent: "a"
    )
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("secret"))
  }

  // MARK: Patience

  private static let unavailable = ScriptedHTTP.answer(503, error)

  static let patience: [(steps: [ScriptedHTTP.Step], tries: Int, ends: Kind)] = [
    ([good], 1, .success),
    ([declined], 1, .failure),
    ([unavailable, good], 2, .success),
    ([.failure(.notSent("a")), .failure(.noAnswer("b")), good], 3, .success),
    ([unavailable, unavailable, unavailable, good], 3, .indeterminate),
    ([.failure(.notSent("a")), .failure(.notSent("a")), .failure(.notSent("a"))], 3, .notSent),
    // The first try may have arrived: that the last did not leave does not undo it.
    ([.failure(.noAnswer("a")), .failure(.notSent("b")), .failure(.notSent("b"))], 3, .indeterminate),
    ([ScriptedHTTP.answer(500, error, [("Idempotent-Replayed", "true")]), good], 1, .replayed),
    ([ScriptedHTTP.answer(500, error, [("Stripe-Should-Retry", "false")]), good], 1, .indeterminate),
    ([ScriptedHTTP.answer(409, error, [("Stripe-Should-Retry", "true")]), good], 2, .success),
  ]

  @Test(arguments: patience.indices)
  func `what has no answer is sent again, the same bytes, at most three times`(row: Int) async {
    let expected = Self.patience[row]
    let http = ScriptedHTTP(expected.steps)
    let clock = SteppedClock()
    let answer = await client(http).sendPatiently(
      post, pauses: StripeClient.pauses, sleep: { clock.sleep($0) }, mayResend: { true })
    #expect(kind(answer) == expected.ends)
    #expect(http.requests.count == expected.tries)
    #expect(http.requests.allSatisfy { $0 == http.requests[0] })
    #expect(clock.pauses == Array(StripeClient.pauses.prefix(expected.tries - 1)))
  }

  @Test func `the pauses together are at most ten seconds`() {
    #expect(StripeClient.pauses.reduce(.zero, +) <= .seconds(10))
    #expect(StripeClient.pauses.count == 2)
  }

  @Test func `a canceled pause ends the trying`() async {
    let http = ScriptedHTTP([Self.unavailable, Self.good])
    let answer = await client(http).sendPatiently(
      post, pauses: StripeClient.pauses, sleep: { _ in throw CancellationError() }, mayResend: { true })
    #expect(kind(answer) == .indeterminate)
    #expect(http.requests.count == 1)
  }

  @Test func `a request that was stopped in the queue is not sent`() async {
    let http = ScriptedHTTP([Self.good, Self.good])
    let client = StripeClient(
      http: http.client,
      configuration: StripeConfiguration(
        apiKey: "k", apiBase: "http://127.0.0.1:1", apiVersion: "v", timeout: .seconds(1), userAgent: "a"),
      pacer: Pacer(
        requestsPerSecond: 1, requestsPerSecondPerEndpoint: 1, now: { .zero },
        sleep: { _ in throw CancellationError() }),
      serverTime: ServerTime(localNow: { Timestamp(seconds: 0) }))
    #expect(kind(await client.send(post)) == .success)
    #expect(kind(await client.send(post)) == .notSent)
    #expect(http.requests.count == 1)
  }
}
