import Foundation
import Transport

/// The way of one API request: faults, key, version, idempotency, parameters, operation, answer.
extension Account {
  /// - Parameter holdsKey: the idempotency key stays in use until ``IdempotencyKeys/finish(_:by:)``.
  mutating func respond(to request: HTTPRequest, _ target: Target, holdsKey: Bool) -> SandboxStripe.Outcome {
    let requestID = newID("req_", length: 14)
    revision += 1
    let fault = takeFault(request.method, target.path)
    guard fault?.kind != .dropsBefore else {
      note(request, target, status: 0, requestID)
      return .dropped
    }
    let answer = answer(request, target, requestID, fault)
    let key = request.method == .post ? request.header("Idempotency-Key") : nil
    let outcome = outcome(of: answer, fault, key: key, request, target, requestID)
    // Only an answer that leaves, and says whose it is, can let go of the key.
    if holdsKey, let key, keys[key]?.requestID == requestID, outcome.answer?.header("Request-Id") == requestID {
      keys.begin(key, by: requestID)
    }
    note(
      request, target, status: outcome.status, requestID, isReplay: answer.header("Idempotent-Replayed") != nil)
    return outcome
  }

  /// What a fault makes of an answer that is decided already.
  private mutating func outcome(
    of answer: HTTPResponse, _ fault: Fault?, key: String?, _ request: HTTPRequest, _ target: Target,
    _ requestID: String
  ) -> SandboxStripe.Outcome {
    switch fault?.kind {
    case .failsAfter: return .answer(spoil(answer, request, target, requestID))
    case .dropsAfter: return .dropped
    case .dropsRunning:
      if let key, var entry = keys[key] {
        entry.busyUntil = now + 30
        keys.keep(entry, under: key)
      }
      return .dropped
    case .truncated: return .truncated(answer)
    case .gateway:
      return .answer(
        HTTPResponse(
          status: 502, headers: [HTTPHeader("Content-Type", "text/html"), HTTPHeader("Date", httpDate(now))],
          body: Data("<html><head><title>502 Bad Gateway</title></head></html>".utf8)))
    case .slow:
      let seconds = fault?.seconds ?? 0
      if let key, var entry = keys[key] {
        entry.busyUntil = max(entry.busyUntil, now + seconds)
        keys.keep(entry, under: key)
      }
      return .late(answer, seconds: seconds)
    case nil, .tooManyRequests, .lockTimeout, .failsBefore, .keepsFailure, .conflict, .dropsBefore:
      return .answer(answer)
    }
  }

  private mutating func answer(
    _ request: HTTPRequest, _ target: Target, _ requestID: String, _ fault: Fault?
  ) -> HTTPResponse {
    let key = request.method == .post ? request.header("Idempotency-Key") : nil
    let version = request.header("Stripe-Version") ?? configuration.apiVersion
    var reply = Reply(requestID: requestID, key: key, version: version, now: now, account: configuration.accountID)
    do throws(StripeError) {
      let caller = try Self.authenticate(request, for: target.path)
      try Self.check(version: version)
      switch fault?.kind {
      case .tooManyRequests: throw .rateLimited((fault?.limit ?? .endpointRate).rawValue)
      case .lockTimeout: throw .lockTimeout
      case .failsBefore: throw .serverError
      case .conflict: throw .keyInUse(key ?? "")
      default: break
      }
      // A browser must not be told what a server was, whatever key it names.
      let fingerprint =
        "\(caller.isBrowser ? "browser " : "")\(request.method.rawValue) \(target.path)\n"
        + String(decoding: request.body, as: UTF8.self)
      if let key, let kept = try kept(key, fingerprint) { return reply.replay(kept) }
      let (route, call) = try read(request, target, requestID: requestID, key: key, version: version, caller)
      self.request = RequestMark(id: requestID, idempotencyKey: key)
      defer { self.request = nil }
      do throws(StripeError) {
        if fault?.kind == .keepsFailure { throw .serverError }
        reply.answer(Self.shown(try route.operation(&self, call), to: caller))
      } catch {
        guard error.wasExecuted || fault?.kind == .keepsFailure else { throw error }
        reply.refuse(error.shown(to: caller))
      }
      if let key {
        let answer = KeptAnswer(reply.response)
        keys.keep(
          IdempotencyKeys.Entry(
            fingerprint: fingerprint, answer: answer, requestID: requestID, at: now, busyUntil: now),
          under: key)
      }
    } catch {
      reply.refuse(error)
    }
    return reply.response
  }

  private func kept(_ key: String, _ fingerprint: String) throws(StripeError) -> IdempotencyKeys.Entry? {
    guard key.count <= 255 else {
      throw .invalid("Idempotency keys must be at most 255 characters.", param: nil)
    }
    guard let entry = keys[key] else {
      // Its first request was refused before it ran, but that answer is still on its way.
      if keys.isBusy(key, at: now) { throw .keyInUse(key) }
      return nil
    }
    guard entry.fingerprint == fingerprint else {
      throw StripeError(
        status: 400, type: "idempotency_error", code: nil,
        message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try"
          + " using a key other than '\(key)' if you meant to execute a different request.", param: nil)
    }
    guard !keys.isBusy(key, at: now) else { throw .keyInUse(key) }
    return entry
  }

  private func read(
    _ request: HTTPRequest, _ target: Target, requestID: String, key: String?, version: String, _ caller: Caller
  ) throws(StripeError) -> (Route, Call) {
    let path = target.path.split(separator: "/")
    for route in Routes.all where route.method == request.method {
      guard let arguments = route.arguments(of: path) else { continue }
      // A DELETE or GET may bring its parameters either way; a POST brings them in the body.
      let body = String(decoding: request.body, as: UTF8.self)
      let form = [target.query, body].filter { !$0.isEmpty }.joined(separator: "&")
      let given = FormValue(decoding: form)
      let parameters = caller.isBrowser ? given.without("client_secret") : given
      try route.shape.check(parameters)
      try checkMetadata(parameters, of: arguments.first)
      let call = Call(
        method: request.method, path: target.path, arguments: arguments, parameters: parameters,
        requestID: requestID, idempotencyKey: key, version: version, caller: caller,
        clientSecret: given.text("client_secret"))
      try checkClientSecret(call, route)
      return (route, call)
    }
    throw .invalid(
      "Unrecognized request URL (\(request.method.rawValue): \(target.path)). Please see https://stripe.com/docs or we"
        + " can help at https://support.stripe.com/.", status: 404)
  }

  /// 50 keys together with those that the object has already.
  private func checkMetadata(_ parameters: FormValue, of id: String?) throws(StripeError) {
    guard let id, let object = object(id), parameters.metadata(over: object["metadata"]).members.count > 50 else {
      return
    }
    throw .invalid("Metadata can have up to 50 keys.", param: "metadata")
  }

  /// The operation is done; its answer becomes a 500, for good.
  private mutating func spoil(
    _ answer: HTTPResponse, _ request: HTTPRequest, _ target: Target, _ requestID: String
  ) -> HTTPResponse {
    guard answer.status < 500 else { return answer }
    let key = request.method == .post ? request.header("Idempotency-Key") : nil
    var reply = Reply(
      requestID: requestID, key: key, version: answer.header("Stripe-Version") ?? configuration.apiVersion, now: now,
      account: configuration.accountID)
    reply.refuse(.serverError)
    if let key, var entry = keys[key], entry.requestID == requestID {
      entry.answer = KeptAnswer(reply.response)
      keys.keep(entry, under: key)
    }
    return reply.response
  }

  private mutating func note(
    _ request: HTTPRequest, _ target: Target, status: Int, _ requestID: String, isReplay: Bool = false
  ) {
    let parameters = [target.query, String(decoding: request.body, as: UTF8.self)].filter { !$0.isEmpty }
    log.add(
      SandboxLoggedRequest(
        at: now, method: request.method.rawValue, path: target.path,
        parameters: String(parameters.joined(separator: "&").prefix(RequestLog.longestParameters)), status: status,
        idempotencyKey: request.header("Idempotency-Key"), requestID: requestID, isReplay: isReplay))
  }
}

extension SandboxStripe.Outcome {
  /// Zero where nobody reads a whole answer.
  fileprivate var status: Int {
    switch self {
    case .answer(let response), .late(let response, _): response.status
    case .dropped, .truncated: 0
    }
  }

  /// What is written to the socket, whole or in part.
  fileprivate var answer: HTTPResponse? {
    switch self {
    case .answer(let response), .late(let response, _), .truncated(let response): response
    case .dropped: nil
    }
  }
}
