package import Transport

/// Trouble to come: the next `count` requests that match get it instead of their answer.
package struct SandboxFault: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Refused by the rate limiter, which runs before everything and keeps nothing.
    case tooManyRequests = "429"
    /// 500 with nothing done and nothing kept.
    case failsBefore = "500_before"
    /// Done, but the answer is a 500, and stays one for its idempotency key.
    case failsAfter = "500_after"
    /// The key is in use by another request.
    case conflict = "409"
    /// The connection breaks before anything is done.
    case dropsBefore = "drop_before"
    /// Done, but nobody hears of it.
    case dropsAfter = "drop_after"
    /// Done, nobody hears of it, and the key answers 409 for 30 seconds more.
    case dropsRunning = "drop_running"
  }

  package var method: HTTPRequest.Method?
  package var pathPrefix: String
  package var kind: Kind
  package var count: Int

  package init(_ kind: Kind, method: HTTPRequest.Method? = nil, pathPrefix: String = "/v1/", count: Int = 1) {
    self.kind = kind
    self.method = method
    self.pathPrefix = pathPrefix
    self.count = count
  }
}

/// A request the sandbox has answered, for its log.
package struct SandboxLoggedRequest: Sendable, Equatable {
  package var at: Int
  package var method: String
  package var path: String
  /// Zero when the connection was dropped.
  package var status: Int
  package var idempotencyKey: String?
  package var requestID: String
  package var isReplay: Bool
}

typealias Fault = SandboxFault
typealias LoggedRequest = SandboxLoggedRequest

extension Account {
  /// The first fault in the queue that fits, used up by one.
  mutating func takeFault(_ method: HTTPRequest.Method, _ path: String) -> Fault.Kind? {
    let index = faults.firstIndex {
      ($0.method == nil || $0.method == method) && path.hasPrefix($0.pathPrefix) && $0.count > 0
    }
    guard let index else { return nil }
    let kind = faults[index].kind
    faults[index].count -= 1
    if faults[index].count == 0 { faults.remove(at: index) }
    return kind
  }
}
