import Foundation
import Stripe
import TestSupport
import Transport

/// Five requests a second to Stripe itself, all cases together; a test account may have 25 (docs/STRIPE.md §7).
enum Pace {
  private static let start = ContinuousClock.now
  private static let pacer = Pacer(
    requestsPerSecond: 5, requestsPerSecondPerEndpoint: 5,
    now: { start.duration(to: .now) },
    sleep: { try await Task.sleep(for: $0) })

  static func keep(_ http: HTTPClient) -> HTTPClient {
    HTTPClient { request async throws(TransportError) in
      do {
        try await pacer.admit(request.method.rawValue)
      } catch {
        throw .notSent("stopped while it waited for its turn")
      }
      return try await http.send(request)
    }
  }
}

/// Holds Stripe's description of its API against every exchange.
enum OpenAPIWitness {
  static func watch(_ http: HTTPClient, _ violations: LockedList<String>) -> HTTPClient {
    HTTPClient { request async throws(TransportError) in
      let response = try await http.send(request)
      var found = OpenAPIValidator.shared.check(request: request, response: response)
      // A request that is refused may be as wrong as it is; the refusal itself must be right.
      if response.status >= 400, response.status != 402 { found = found.filter { $0.contains("answer") } }
      violations.append(found.map { "\(request.method.rawValue) \(request.url): \($0)" })
      return response
    }
  }
}
