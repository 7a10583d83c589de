import Foundation
import Transport

/// An HTTP client that answers from a list and remembers what it was asked.
final class ScriptedHTTP: Sendable {
  typealias Step = Result<HTTPResponse, TransportError>

  private let lock = NSLock()
  /// Touched only while `lock` is held.
  nonisolated(unsafe) private var steps: [Step]
  nonisolated(unsafe) private var seen: [HTTPRequest] = []

  init(_ steps: [Step]) { self.steps = steps }

  var requests: [HTTPRequest] { lock.withLock { seen } }

  var client: HTTPClient {
    HTTPClient { [self] request throws(TransportError) in
      let step: Step = lock.withLock {
        seen.append(request)
        return steps.isEmpty ? .failure(.notSent("the script is over")) : steps.removeFirst()
      }
      return try step.get()
    }
  }

  static func answer(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> Step {
    .success(
      HTTPResponse(status: status, headers: headers.map { HTTPHeader($0.0, $0.1) }, body: Data(body.utf8)))
  }
}

/// A clock that moves only when somebody sleeps, and remembers how long they did.
final class SteppedClock: Sendable {
  private let lock = NSLock()
  /// Touched only while `lock` is held.
  nonisolated(unsafe) private var elapsed: Duration = .zero
  nonisolated(unsafe) private var naps: [Duration] = []

  var pauses: [Duration] { lock.withLock { naps } }

  func now() -> Duration { lock.withLock { elapsed } }

  func advance(_ duration: Duration) {
    lock.withLock { elapsed += duration }
  }

  func sleep(_ duration: Duration) {
    lock.withLock {
      naps.append(duration)
      elapsed += duration
    }
  }
}
