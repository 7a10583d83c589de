import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

/// Every exchange that was recorded with the real API, replayed: the sandbox's answers must have the same members, of
/// the same types. What differs, and why, stands in ``RecordedDeviation/all``, and nowhere else.
@Suite struct RecordedShapeTests {
  /// How the sandbox's answer to a recorded request is unlike Stripe's.
  private static func differences(_ exchange: StripeFixtures.Exchange) async throws -> [ShapeDifference] {
    let mine = try await RecordedReplay(exchange).answer()
    guard mine.status == exchange.status else {
      return [
        ShapeDifference(
          kind: .status, path: operation(exchange), apiVersion: exchange.apiVersion, exchange: exchange.index,
          detail: "\(exchange.status) is answered \(mine.status): \(mine.text)")
      ]
    }
    var comparison = ShapeComparison(apiVersion: exchange.apiVersion, exchange: exchange.index)
    comparison.compare(try .read(Data(mine.text.utf8)), recorded: try .read(exchange.response), at: "")
    return comparison.differences
  }

  /// `POST /v1/payment_methods type=alipay`
  private static func operation(_ exchange: StripeFixtures.Exchange) -> String {
    let variant = exchange.body.split(separator: "&").first { $0.hasPrefix("type=") || $0.hasPrefix("mode=") }
    return ["\(exchange.method) \(exchange.path)", variant.map(String.init)].compactMap { $0 }.joined(separator: " ")
  }

  @Test(arguments: 0..<85)
  func `a recorded answer and ours have the same members`(index: Int) async throws {
    let exchange = try StripeFixtures.exchanges()[index]
    for difference in try await Self.differences(exchange) {
      let isKnown = RecordedDeviation.all.contains { $0.excuses(difference) }
      #expect(isKnown, "\(difference)")
    }
  }

  /// Of recordings since clover; older versions had other words.
  @Test func `a refusal has the recorded words`() async throws {
    let refusals = try StripeFixtures.exchanges().filter { $0.status >= 400 && $0.apiVersion >= "2025-10-29" }
    #expect(refusals.count == 6)
    for exchange in refusals {
      let mine = try await RecordedReplay(exchange).answer()
      let real = try JSONValue(exchange.response)["error"]
      for key in ["type", "code", "decline_code", "advice_code", "network_decline_code", "message", "param"] {
        #expect(mine.error[key].text == real[key].text, "#\(exchange.index) \(key)")
      }
    }
  }

  /// The recording left out those of the transport. One GET had a key, which only a POST needs.
  @Test func `an answer has the recorded headers`() async throws {
    let names: Set = ["idempotency-key", "original-request", "stripe-should-retry"]
    for exchange in try StripeFixtures.exchanges() where exchange.method == "POST" || exchange.headers.count == 3 {
      let mine = try await RecordedReplay(exchange).answer()
      guard mine.status == exchange.status else { continue }
      let ours = Set(mine.headers.map { $0.name.lowercased() })
      #expect(ours.intersection(names) == Set(exchange.headers.keys).intersection(names), "#\(exchange.index)")
      for name in ["Content-Type", "Stripe-Version", "Idempotency-Key", "Stripe-Should-Retry"] {
        #expect(mine.header(name) == exchange.headers[name.lowercased()], "#\(exchange.index) \(name)")
      }
      #expect(mine.header("Request-Id")?.hasPrefix("req_") == true)
    }
  }

  @Test func `what the sandbox does not do it says in so many words`() async throws {
    let refused = RecordedDeviation.all.filter { $0.kind == .status }.flatMap(\.paths)
    let exchanges = try StripeFixtures.exchanges().filter { refused.contains(Self.operation($0)) }
    #expect(exchanges.count == refused.count)
    for exchange in exchanges {
      let mine = try await RecordedReplay(exchange).answer()
      #expect(mine.status == 400)
      #expect(mine.error["message"].text?.hasPrefix("The sandbox ") == true, "\(mine.text)")
      #expect(mine.error["param"].text == (exchange.path.hasSuffix("sessions") ? "mode" : "type"))
    }
  }

  @Test func `every deviation is still there`() async throws {
    let exchanges = try StripeFixtures.exchanges()
    #expect(exchanges.count == 85)
    var found: [ShapeDifference] = []
    for exchange in exchanges { found += try await Self.differences(exchange) }
    for deviation in RecordedDeviation.all {
      for path in deviation.paths {
        let isFound = found.contains { deviation.excuses($0) && $0.path == path }
        #expect(isFound, "\(path) no longer deviates; take it out of the table (\(deviation.why))")
      }
    }
  }
}
