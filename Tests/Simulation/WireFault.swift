import Sandbox
import Transport

/// What can happen to one call between Dues and Stripe.
package enum WireFault: String, Sendable, CaseIterable {
  /// No connection: certainly nothing left.
  case refused
  /// Lost on the way there, and nobody can tell.
  case requestLost = "request lost"
  /// Stripe acts, and its answer is lost.
  case answerLost = "answer lost"
  /// Stripe acts, and its answer comes after the timeout.
  case late
  /// Stripe acts, and its answer breaks off, or is something else.
  case truncated
  case notJSON = "not JSON"
  /// A POST that is sent twice, as libcurl may on a reused connection.
  case twice = "sent twice"
  case conflict = "409"
  case running = "409 for a while"
  case rateLimited = "429"
  case lockTimeout = "lock_timeout"
  case failsBefore = "500 before"
  /// Nothing is done, and the key answers the same for a day.
  case keepsFailure = "500 kept"
  case failsAfter = "500 after"
  case gateway = "502 after"
  /// The key is not accepted for a moment: never executed.
  case unauthorized = "401"

  /// Those that the sandbox makes by itself, because its keys must remember them.
  var atStripe: SandboxFault.Kind? {
    switch self {
    case .conflict: .conflict
    case .running: .dropsRunning
    case .rateLimited: .tooManyRequests
    case .lockTimeout: .lockTimeout
    case .failsBefore: .failsBefore
    case .keepsFailure: .keepsFailure
    case .failsAfter: .failsAfter
    case .gateway: .gateway
    case .refused, .requestLost, .answerLost, .late, .truncated, .notJSON, .twice, .unauthorized: nil
    }
  }

  /// Whether a caller may be sure afterwards that Stripe has not executed it.
  var isCertainlyUnexecuted: Bool { self == .refused || self == .unauthorized }
}
