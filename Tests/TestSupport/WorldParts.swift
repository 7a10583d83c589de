import Foundation
package import Transport

/// The wire between the engine and Stripe, which can be cut in every way that matters.
package final class Network: Sendable {
  package enum Fault: Sendable, Equatable {
    /// Nothing leaves.
    case notSent
    /// Stripe acts, and its answer is lost.
    case answerLost
    /// The request is lost on the way, and nobody can tell.
    case requestLost
    /// Stripe answers 500 without acting.
    case serverError
    /// Stripe turns it away before it executes anything, and keeps nothing under its key.
    case refused
    /// The same answer, which was kept.
    case refusedAsBefore
    /// Stripe turns it away because of its rate, before anything is executed.
    case tooFast
  }

  private static let refusal = Data(
    #"{"error":{"type":"invalid_request_error","message":"Your account cannot do this at the moment."}}"#.utf8)

  private let lock = NSLock()
  private let upstream: HTTPClient
  nonisolated(unsafe) private var faults: [(path: String, isEnd: Bool, fault: Fault, count: Int)] = []
  nonisolated(unsafe) private var sent: [HTTPRequest] = []

  init(_ upstream: HTTPClient) { self.upstream = upstream }

  /// The next `count` requests whose URL contains `path` meet the fault.
  ///
  /// - Parameter isEnd: only those whose URL ends with it.
  package func fail(_ path: String, _ fault: Fault, count: Int = 1, isEnd: Bool = false) {
    lock.withLock { faults.append((path, isEnd, fault, count)) }
  }

  package func heal() { lock.withLock { faults = [] } }

  /// Every request that the engine has handed over, answered or not.
  package var requests: [HTTPRequest] { lock.withLock { sent } }

  package func posts(to path: String) -> [HTTPRequest] {
    requests.filter { $0.method == .post && $0.url.hasSuffix(path) }
  }

  package var http: HTTPClient {
    HTTPClient { [self] request async throws(TransportError) in
      switch take(request) {
      case nil: return try await upstream.send(request)
      case .notSent: throw .notSent("connection refused")
      case .requestLost: throw .noAnswer("connection reset")
      case .serverError: return HTTPResponse(status: 500, body: Data("{}".utf8))
      case .tooFast:
        let reason = HTTPHeader("Stripe-Rate-Limited-Reason", "endpoint-rate")
        return HTTPResponse(status: 429, headers: [reason], body: Data(#"{"error":{"type":"rate_limit"}}"#.utf8))
      case .refused: return HTTPResponse(status: 400, body: Self.refusal)
      case .refusedAsBefore:
        return HTTPResponse(status: 400, headers: [HTTPHeader("Idempotent-Replayed", "true")], body: Self.refusal)
      case .answerLost:
        _ = try await upstream.send(request)
        throw .noAnswer("timed out")
      }
    }
  }

  private func take(_ request: HTTPRequest) -> Fault? {
    lock.withLock {
      sent.append(request)
      guard
        let index = faults.firstIndex(where: {
          $0.count > 0 && ($0.isEnd ? request.url.hasSuffix($0.path) : request.url.contains($0.path))
        })
      else { return nil }
      faults[index].count -= 1
      return faults[index].fault
    }
  }
}

/// Where mails end up in tests.
package final class Mailbox: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var messages: [MailMessage] = []
  nonisolated(unsafe) private var errors: [MailError] = []

  package var all: [MailMessage] { lock.withLock { messages } }
  package func fail(_ error: MailError) { lock.withLock { errors.append(error) } }

  package var transport: MailTransport {
    MailTransport { [self] message async throws(MailError) in
      let error: MailError? = lock.withLock {
        if errors.isEmpty {
          messages.append(message)
          return nil
        }
        return errors.removeFirst()
      }
      if let error { throw error }
    }
  }
}

/// The merchant's system: takes every message, unless it is told to be ill.
package final class MerchantStandIn: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var requests: [HTTPRequest] = []
  nonisolated(unsafe) private var isIll = false

  package func setIll(_ ill: Bool) { lock.withLock { isIll = ill } }
  package var all: [HTTPRequest] { lock.withLock { requests } }

  /// The messages of a type, decoded.
  package func messages(_ type: String) throws -> [[String: Any]] {
    try all.compactMap { try JSONSerialization.jsonObject(with: $0.body) as? [String: Any] }
      .filter { $0["type"] as? String == type }
  }

  package var http: HTTPClient {
    HTTPClient { [self] request async throws(TransportError) in
      let ill = lock.withLock {
        requests.append(request)
        return isIll
      }
      return HTTPResponse(status: ill ? 503 : 204)
    }
  }
}
