import Foundation
import Transport

/// The way of one API request: faults, key, version, idempotency, parameters, operation, answer.
extension Account {
  mutating func respond(to request: HTTPRequest, _ target: Target) -> SandboxStripe.Outcome {
    let requestID = newID("req_", length: 14)
    let fault = takeFault(request.method, target.path)
    if fault == .dropsBefore {
      note(request, target, status: 0, requestID)
      return .dropped
    }
    var answer = answer(request, target, requestID, fault)
    if fault == .failsAfter { answer = spoil(answer, request, target, requestID) }
    let drops = fault == .dropsAfter || fault == .dropsRunning
    if fault == .dropsRunning, let key = request.header("Idempotency-Key"), var entry = keys[key] {
      entry.busyUntil = now + 30
      keys.keep(entry, under: key)
    }
    note(
      request, target, status: drops ? 0 : answer.status, requestID,
      isReplay: answer.header("Idempotent-Replayed") != nil)
    return drops ? .dropped : .answer(answer)
  }

  private mutating func answer(
    _ request: HTTPRequest, _ target: Target, _ requestID: String, _ fault: Fault.Kind?
  ) -> HTTPResponse {
    let key = request.method == .post ? request.header("Idempotency-Key") : nil
    let version = request.header("Stripe-Version") ?? configuration.apiVersion
    var reply = Reply(requestID: requestID, key: key, version: version, now: now, account: configuration.accountID)
    do throws(StripeError) {
      try Self.authenticate(request)
      try Self.check(version: version)
      switch fault {
      case .tooManyRequests: throw .rateLimited
      case .failsBefore: throw .serverError
      case .conflict: throw .keyInUse(key ?? "")
      default: break
      }
      let fingerprint = "\(request.method.rawValue) \(target.path)\n" + String(decoding: request.body, as: UTF8.self)
      if let key, let kept = try kept(key, fingerprint) { return reply.replay(kept) }
      let (route, call) = try read(request, target, requestID: requestID, key: key, version: version)
      self.request = (requestID, key)
      defer { self.request = nil }
      do throws(StripeError) {
        reply.answer(try route.operation(&self, call))
      } catch {
        guard error.wasExecuted else { throw error }
        reply.refuse(error)
      }
      if let key {
        keys.keep(
          IdempotencyKeys.Entry(
            fingerprint: fingerprint, answer: reply.response, requestID: requestID, at: now, busyUntil: now), under: key
        )
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
    guard let entry = keys[key] else { return nil }
    guard entry.fingerprint == fingerprint else {
      throw StripeError(
        status: 400, type: "idempotency_error", code: nil,
        message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try"
          + " using a key other than '\(key)' if you meant to execute a different request.", param: nil)
    }
    guard entry.busyUntil <= now else { throw .keyInUse(key) }
    return entry
  }

  private func read(
    _ request: HTTPRequest, _ target: Target, requestID: String, key: String?, version: String
  ) throws(StripeError) -> (Route, Call) {
    let path = target.path.split(separator: "/")
    for route in Routes.all where route.method == request.method {
      guard let arguments = route.arguments(of: path) else { continue }
      // A DELETE or GET may bring its parameters either way; a POST brings them in the body.
      let body = String(decoding: request.body, as: UTF8.self)
      let form = [target.query, body].filter { !$0.isEmpty }.joined(separator: "&")
      let parameters = FormValue(decoding: form)
      try route.shape.check(parameters)
      return (
        route,
        Call(
          method: request.method, path: target.path, arguments: arguments, parameters: parameters,
          requestID: requestID, idempotencyKey: key, version: version)
      )
    }
    throw .invalid(
      "Unrecognized request URL (\(request.method.rawValue): \(target.path)). Please see https://stripe.com/docs or we"
        + " can help at https://support.stripe.com/.", status: 404)
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
      entry.answer = reply.response
      keys.keep(entry, under: key)
    }
    return reply.response
  }

  private mutating func note(
    _ request: HTTPRequest, _ target: Target, status: Int, _ requestID: String, isReplay: Bool = false
  ) {
    if log.count >= 10_000 { log.removeFirst(1000) }
    log.append(
      LoggedRequest(
        at: now, method: request.method.rawValue, path: target.path, status: status,
        idempotencyKey: request.header("Idempotency-Key"), requestID: requestID, isReplay: isReplay))
  }
}
