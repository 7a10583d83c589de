package import Transport

/// Sends requests to Stripe, one try each, and says what became of them. It never throws: what the answer means is
/// the caller's business.
package struct StripeClient: Sendable {
  private let http: HTTPClient
  private let configuration: StripeConfiguration
  private let pacer: Pacer
  package let serverTime: ServerTime

  package init(http: HTTPClient, configuration: StripeConfiguration, pacer: Pacer, serverTime: ServerTime) {
    self.http = http
    self.configuration = configuration
    self.pacer = pacer
    self.serverTime = serverTime
  }

  /// One try, as soon as the rate allows.
  ///
  /// - Parameter objection: asked when its turn has come, which may be long after it asked for one: why it must not leave.
  package func send(_ request: StripeRequest, objection: () -> String? = { nil }) async -> StripeAnswer {
    do {
      try await pacer.admit(request.endpoint)
    } catch {
      return .notSent(reason: "stopped while it waited for its turn")
    }
    if let reason = objection() { return .notSent(reason: reason) }
    do {
      let reply = StripeReply(try await http.send(httpRequest(request)))
      serverTime.hear(reply.date)
      return StripeAnswer(reply)
    } catch {
      switch error {
      case .notSent(let reason): return .notSent(reason: reason)
      case .noAnswer(let reason): return .indeterminate(reason: reason, replayed: false, nil)
      }
    }
  }

  /// The retry rule within a tick: at most three tries, the pauses together at most ten seconds.
  package static let pauses: [Duration] = [.seconds(1), .seconds(4)]

  /// Tries again what was not sent or has no certain answer, with the same bytes. A replayed answer will not change,
  /// and Stripe may ask not to be asked again; then it returns at once.
  ///
  /// - Parameter mayResend: asked after each pause: a machine that was suspended meanwhile may wake up when Stripe has
  ///   forgotten the key, and a forgotten key is a new request.
  /// - Parameter objection: as of ``send(_:objection:)``; asked before each try.
  package func sendPatiently(
    _ request: StripeRequest, pauses: [Duration], sleep: Pacer.Sleep, mayResend: () -> Bool,
    objection: () -> String? = { nil }
  ) async -> StripeAnswer {
    var mayBeExecuted = false
    var answer = await send(request, objection: objection)
    for pause in pauses where answer.deservesAnotherTry && objection() == nil {
      mayBeExecuted = mayBeExecuted || answer.mayBeExecuted
      do {
        try await sleep(pause)
      } catch {
        break
      }
      guard mayResend() else { break }
      answer = await send(request, objection: objection)
    }
    // An earlier try may have reached Stripe even if the last one did not leave.
    if case .notSent(let reason) = answer, mayBeExecuted {
      return .indeterminate(reason: reason, replayed: false, nil)
    }
    if case .failure(var reply, let error) = answer, mayBeExecuted {
      if error.isAuthenticationProblem { return .indeterminate(reason: error.sentence, replayed: false, reply) }
      reply.followsSilence = true
      return .failure(reply, error)
    }
    return answer
  }

  private func httpRequest(_ request: StripeRequest) -> HTTPRequest {
    var headers = [
      HTTPHeader("Authorization", "Bearer \(configuration.apiKey)"),
      HTTPHeader("Stripe-Version", configuration.apiVersion),
      HTTPHeader("User-Agent", configuration.userAgent),
    ]
    if let key = request.idempotencyKey {
      headers.append(HTTPHeader("Content-Type", "application/x-www-form-urlencoded"))
      headers.append(HTTPHeader("Idempotency-Key", key))
    }
    return HTTPRequest(
      method: request.method, url: configuration.apiBase + request.path, headers: headers, body: request.body,
      timeout: configuration.timeout)
  }
}

extension StripeAnswer {
  fileprivate var deservesAnotherTry: Bool {
    switch self {
    case .success, .failure: false
    case .indeterminate(_, let replayed, let reply): !replayed && reply?.shouldRetry != false
    case .notSent: true
    }
  }
}
