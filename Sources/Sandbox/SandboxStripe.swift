import Foundation
package import Transport

/// A small Stripe with a memory, without sockets: give it a request, it gives Stripe's answer.
///
/// Everything is decided under one lock, one request after another. `SandboxServer` puts it behind a socket.
package final class SandboxStripe: Sendable {
  /// What became of a request.
  package enum Outcome: Sendable {
    case answer(HTTPResponse)
    /// A fault holds the answer back; the key of the request is in use until then.
    case late(HTTPResponse, seconds: Int)
    /// A fault broke the connection in the middle of this answer.
    case truncated(HTTPResponse)
    /// A fault broke the connection; what was asked for may be done all the same.
    case dropped
  }

  let box: Locked<Account>
  private let clock: @Sendable () -> Int
  let ahead = Locked(0)
  private let configuration: SandboxConfiguration

  var webhookClient: HTTPClient? { configuration.webhooks }

  /// - Parameter now: Unix seconds. The sandbox adds what ``advance(by:)`` has put it ahead.
  package init(_ configuration: SandboxConfiguration, now: @escaping @Sendable () -> Int) {
    self.configuration = configuration
    self.clock = now
    self.box = Locked(Account(configuration: configuration))
  }

  /// Unix seconds on the sandbox's clock.
  package var now: Int { clock() + ahead.withLock { $0 } }

  /// Puts the clock ahead and does all that falls due on the way: expiries, bank debits, pruned keys.
  package func advance(by seconds: Int) {
    ahead.withLock { $0 += seconds }
    with { $0.revision += 1 }
  }

  /// Forgets everything but the clock, and begins the ids anew.
  package func reset() {
    box.withLock {
      let base = $0.pageBase
      let revision = $0.revision
      $0 = Account(configuration: configuration)
      $0.pageBase = base
      $0.revision = revision + 1
    }
  }

  /// Where the hosted pages are, without a slash at the end.
  package var pageBase: String {
    get { box.withLock { $0.pageBase } }
    set { box.withLock { $0.pageBase = newValue } }
  }

  /// Runs under the lock, after everything that was due by now.
  func with<Result>(_ body: (inout Account) -> Result) -> Result {
    let moment = now
    return box.withLock {
      $0.catchUp(to: moment)
      return body(&$0)
    }
  }

  func with<Result>(_ body: (inout Account) throws(StripeError) -> Result) throws(StripeError) -> Result {
    let moment = now
    return try box.withLock { (account: inout Account) throws(StripeError) in
      account.catchUp(to: moment)
      return try body(&account)
    }
  }

  /// Any request: the API under `/v1`, the pages, or `/_sandbox`.
  package func handle(_ request: HTTPRequest) -> Outcome { handle(request, holdsKey: false) }

  /// - Parameter holdsKey: the answer takes its time, and the request's idempotency key is in use until
  ///   ``release(_:)``: who sends the same again meanwhile gets a 409, as at Stripe.
  func handle(_ request: HTTPRequest, holdsKey: Bool) -> Outcome {
    let target = Target(request.url)
    guard target.path.hasPrefix("/v1/") else { return .answer(respond(toPage: request, target)) }
    let outcome = with { $0.respond(to: request, target, holdsKey: holdsKey) }
    switch outcome {
    case .answer(let response), .late(let response, _), .truncated(let response):
      configuration.onExchange?(request, response)
    case .dropped: break
    }
    return outcome
  }

  /// The answer has left.
  func release(_ answer: HTTPResponse) {
    guard let key = answer.header("Idempotency-Key"), let requestID = answer.header("Request-Id") else { return }
    with { $0.keys.finish(key, by: requestID) }
  }

  /// Like ``handle(_:)``, with a 502 where the connection would have broken.
  package func respond(to request: HTTPRequest) -> HTTPResponse {
    switch handle(request) {
    case .answer(let response), .late(let response, _): response
    case .truncated, .dropped: HTTPResponse(status: 502, headers: [HTTPHeader("Connection", "close")])
    }
  }

  /// A client that calls straight into the sandbox; broken connections, and answers that come after the request's
  /// timeout, are thrown as `noAnswer`.
  package var http: HTTPClient {
    HTTPClient { [self] request async throws(TransportError) in
      switch handle(request) {
      case .answer(let response): return response
      case .late(let response, let seconds):
        guard request.timeout > .seconds(seconds) else { throw .noAnswer("timed out") }
        return response
      case .truncated: throw .noAnswer("the connection was closed in the middle of the answer")
      case .dropped: throw .noAnswer("the connection was closed before an answer came")
      }
    }
  }
}

/// A request's path and query, whatever host it was for.
struct Target: Sendable {
  var path: String
  var query: String

  init(_ url: String) {
    var rest = url[...]
    if let scheme = rest.range(of: "://") {
      rest = rest[scheme.upperBound...]
      rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts[0])
    query = parts.count > 1 ? String(parts[1]) : ""
  }
}
