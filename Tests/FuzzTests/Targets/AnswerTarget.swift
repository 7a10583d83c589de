import Domain
import Foundation
import Stripe
import Transport

/// Whatever Stripe's place answers, the client says what it means: never a success that is not there, and words for the rest.
enum AnswerTarget {
  private static let key = "sk_test_neverShowThisKey0001"
  private static let statuses = [
    200, 200, 200, 201, 204, 301, 400, 401, 402, 402, 403, 404, 409, 424, 429, 500, 502, 503, 0, 99, 600,
  ]

  static func isRead() throws -> FuzzTarget.Judge {
    let post = Shelf<HTTPResponse>(HTTPResponse(status: 200))
    let client = client { post.value }
    return { input in
      let body =
        input.dice.once(in: 2) ? AnswerBodies.mutation.input(&input.dice) : AnswerBodies.valid.input(&input.dice)
      let status = input.dice.pick(statuses)
      input.note(Array("\(status) ".utf8) + body)
      post.value = HTTPResponse(status: status, headers: headers(&input.dice), body: Data(body))
      let answer = await client.send(.retrieveCustomer("cus_1"))
      if case .success = answer { input.isGood = true }
      try check(answer, status, body)
      try check(IntentReading(answer), status, body)
    }
  }

  private static func headers(_ dice: inout Dice) -> [HTTPHeader] {
    ["Request-Id", "Date", "Stripe-Should-Retry", "Idempotent-Replayed", "Stripe-Rate-Limited-Reason"].compactMap {
      guard dice.once(in: 3) else { return nil }
      let good = ["req_1", "Sun, 06 Nov 1994 08:49:37 GMT", "true", "false", "global-rate"]
      return HTTPHeader($0, dice.once(in: 2) ? dice.pick(good) : dice.text(upTo: 60))
    }
  }

  private static func check(_ answer: StripeAnswer, _ status: Int, _ body: [UInt8]) throws {
    switch answer {
    case .success:
      try require((200..<300).contains(status), "a success with status \(status)")
      try require(JSONShape.isPerhapsWide(body) || JSONShape.isWholeObject(body), "a success out of garbage")
    case .failure(_, let error):
      try require((400..<500).contains(status) && ![409, 424, 429].contains(status), "a refusal with status \(status)")
      try require(JSONShape.isPerhapsWide(body) || JSONShape.isWholeObject(body), "a refusal out of garbage")
      try require(!error.sentence.isEmpty && !error.sentence.contains(key), "refused with \"\(error.sentence)\"")
    case .indeterminate(let reason, _, _):
      try require(!reason.isEmpty && !reason.contains(key), "unknown because of \"\(reason)\"")
    case .notSent(let reason): throw Wrong("not sent: \(reason)")
    }
  }

  /// Paid is what says so, in an amount that is there.
  private static func check(_ reading: IntentReading, _ status: Int, _ body: [UInt8]) throws {
    guard case .succeeded(let received) = reading.outcome else { return }
    try require(status < 500 && status != 409 && status != 429 && status != 424, "paid with status \(status)")
    // Where the other reader is stricter it has nothing to say.
    guard !JSONShape.members([], of: body).isEmpty else { return }
    let place = (200..<300).contains(status) ? [] : ["error", "payment_intent"]
    let says = JSONShape.members(place + ["status"], of: body).compactMap { $0 as? String }
    let amounts = JSONShape.members(place + ["amount_received"], of: body).compactMap { $0 as? NSNumber }
    try require(says.contains("succeeded"), "paid, but the body says \(says)")
    try require(
      amounts.contains { $0.int64Value == received.amount }, "paid \(received), but the body says \(amounts)")
  }

  private static func client(_ answer: @escaping @Sendable () -> HTTPResponse) -> StripeClient {
    let ticks = Shelf<Int64>(0)
    return StripeClient(
      http: HTTPClient { _ throws(TransportError) in answer() },
      configuration: StripeConfiguration(
        apiKey: key, apiBase: "http://127.0.0.1:1", apiVersion: "2026-10-28.endive", timeout: .seconds(1),
        userAgent: "Dues/fuzz"),
      pacer: Pacer(
        requestsPerSecond: 1000, requestsPerSecondPerEndpoint: 1000,
        now: {
          ticks.value += 1000
          return .milliseconds(ticks.value)
        }, sleep: { _ in }),
      serverTime: ServerTime(localNow: { Timestamp(seconds: 1_793_491_200) }))
  }
}

/// One value that several hands may change.
final class Shelf<Value: Sendable>: Sendable {
  private let lock = NSLock()
  /// Touched only while `lock` is held.
  nonisolated(unsafe) private var kept: Value

  init(_ value: Value) { kept = value }

  var value: Value {
    get { lock.withLock { kept } }
    set { lock.withLock { kept = newValue } }
  }
}
