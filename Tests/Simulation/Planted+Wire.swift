import Domain
import Foundation
import Transport

/// The defects between engine and Stripe: nearest to the engine, so that the judge sees them as the engine's own.
extension Planted {
  func wire(_ next: HTTPClient, in world: SimulatedWorld) -> HTTPClient {
    HTTPClient { request async throws(TransportError) in
      let call = Call(request)
      if let answer = await instead(of: call, world) { return answer }
      let sent = changed(request, call, world)
      let response = try await next.send(sent)
      let isDoubled = self == .doubledCharge && call.charges || self == .doubledRefund && call.kind == .createRefund
      if isDoubled, let again = renamed(key: sent, "again") {
        _ = try await next.send(again)
      }
      return misread(response, call, world)
    }
  }

  /// An answer that Stripe never gave.
  private func instead(of call: Call, _ world: SimulatedWorld) async -> HTTPResponse? {
    switch (self, call.kind) {
    case (.swallowedExpire, .expireSession): return fake(call.object, ["status": "expired"], world)
    case (.swallowedCancel, .cancelIntent): return fake(call.object, ["status": "canceled"], world)
    default: return nil
    }
  }

  private func fake(_ id: String?, _ changes: [String: Any], _ world: SimulatedWorld) -> HTTPResponse? {
    guard let id, var object = world.judge.stripe.object(id) else { return nil }
    object.merge(changes) { $1 }
    return answer(200, object, like: nil)
  }

  private func changed(_ request: HTTPRequest, _ call: Call, _ world: SimulatedWorld) -> HTTPRequest {
    guard let key = call.key else { return request }
    let isResend = world.judge.state.withLock { $0.keys[key] != nil }
    if call.kind == .createRefund { return changedRefund(request, isResend: isResend, world) }
    guard call.charges else { return request }
    switch self {
    case .freshKeyOnResend where isResend: return renamed(key: request, "\(world.timeline.now.milliseconds)") ?? request
    case .oneKeyForAll:
      return renaming(request, to: key.split(separator: ":").first.map(String.init) ?? key)
    case .amountOnResend where isResend:
      var changed = request
      changed.body = Data(String(decoding: request.body, as: UTF8.self).replacing("amount=", with: "amount=1").utf8)
      return changed
    case .foreignMethod: return foreign(request, call, world)
    default: return request
    }
  }

  private func changedRefund(_ request: HTTPRequest, isResend: Bool, _ world: SimulatedWorld) -> HTTPRequest {
    switch self {
    case .freshKeyOnRefund where isResend:
      return renamed(key: request, "\(world.timeline.now.milliseconds)") ?? request
    case .wholeRefund:
      var changed = request
      let body = String(decoding: request.body, as: UTF8.self)
      changed.body = Data(body.replacing(/amount=[0-9]+&/, with: "").utf8)
      return changed
    default: return request
    }
  }

  private func foreign(_ request: HTTPRequest, _ call: Call, _ world: SimulatedWorld) -> HTTPRequest {
    let methods = world.memory.withLock { $0.methods }
    guard let method = call.form["payment_method"], let charge = world.judge.charge(of: call),
      let other = methods.filter({ $0.key != world.judge.customer(of: charge) }).values.flatMap({ $0 }).sorted().first
    else { return request }
    var changed = request
    changed.body = Data(String(decoding: request.body, as: UTF8.self).replacing(method, with: other).utf8)
    return changed
  }

  private func renamed(key request: HTTPRequest, _ suffix: String) -> HTTPRequest? {
    request.field("Idempotency-Key").map { renaming(request, to: "\($0):\(suffix)") }
  }

  private func renaming(_ request: HTTPRequest, to key: String) -> HTTPRequest {
    var changed = request
    changed.headers = request.headers.filter { $0.name != "Idempotency-Key" } + [HTTPHeader("Idempotency-Key", key)]
    return changed
  }

  private func misread(_ response: HTTPResponse, _ call: Call, _ world: SimulatedWorld) -> HTTPResponse {
    let object = StripeTruth.parse(response.body) ?? [:]
    switch self {
    case .declineIsSuccess where response.status == 402 && call.charges:
      guard var intent = (object["error"] as? [String: Any])?["payment_intent"] as? [String: Any] else {
        return response
      }
      intent["status"] = "succeeded"
      intent["amount_received"] = intent["amount"]
      return answer(200, intent, like: response)
    case .processingIsPaid where object["status"] as? String == "processing":
      var intent = object
      intent["status"] = "succeeded"
      intent["amount_received"] = intent["amount"]
      return answer(200, intent, like: response)
    case .successIsDecline where call.charges && object["status"] as? String == "succeeded",
      .processingIsDecline where call.charges && object["status"] as? String == "processing":
      return answer(
        402, ["error": ["type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"]],
        like: response)
    case .replayUnseen:
      var changed = response
      changed.headers.removeAll { $0.name == "Idempotent-Replayed" }
      return changed
    case .hiddenIntents where call.kind == .listIntents || call.kind == .readIntent || call.kind == .listEvents:
      if call.kind == .readIntent {
        return answer(404, ["error": ["type": "invalid_request_error", "code": "resource_missing"]], like: response)
      }
      return answer(200, ["object": "list", "data": [] as [Any], "has_more": false, "url": "/"], like: response)
    case .blindTrust where call.kind == .readIntent && object["status"] as? String == "requires_payment_method":
      var intent = object
      intent["status"] = "succeeded"
      intent["amount_received"] = intent["amount"]
      return answer(200, intent, like: response)
    default: return response
    }
  }

  private func answer(_ status: Int, _ object: [String: Any], like response: HTTPResponse?) -> HTTPResponse {
    do {
      return HTTPResponse(
        status: status, headers: response?.headers ?? [],
        body: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]))
    } catch {
      preconditionFailure("a planted answer that is no JSON: \(error)")
    }
  }
}

extension Judge {
  func customer(of charge: String) -> String? {
    do {
      return try debt(of: charge)?.customer
    } catch {
      return nil
    }
  }
}
