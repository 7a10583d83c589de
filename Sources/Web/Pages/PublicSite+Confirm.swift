import Domain
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Templates

/// `POST /r/TOKEN/confirm`: paying on our own page, without webhooks. Answers in JSON, to the page's own script.
extension PublicSite {
  func confirm(_ id: ChargeID, _ body: Data, _ visit: Visit) async throws -> Response {
    guard let charge = try engine.ledger.charge(id) else { return refusal(.notFound, .error, visit.languages) }
    let languages = languages(of: try engine.ledger.customer(charge.customer), visit)
    guard let wish = ConfirmWish(body) else { return refusal(.badRequest, .error, languages) }
    guard let nonce = wish.nonce, engine.links.accepts(nonce: nonce, for: id, at: engine.now) else {
      return refusal(.forbidden, .error, languages)
    }
    return respond(to: try await answer(to: wish, id), languages)
  }

  private func answer(to wish: ConfirmWish, _ id: ChargeID) async throws -> OnSessionAnswer {
    switch (wish.method, wish.intent) {
    case (let method?, nil): try await engine.payOnPage(id, with: method)
    case (nil, let intent?): try await engine.confirmOnPage(id, intent)
    case (nil, nil), (.some, .some): .unknown
    }
  }

  private func respond(to answer: OnSessionAnswer, _ languages: [String]) -> Response {
    switch answer {
    case .paid:
      doorbell.ring()
      return .json(.ok, ConfirmAnswer(success: true))
    case .requiresAction(let secret):
      return .json(.ok, ConfirmAnswer(requiresAction: true, secret: secret))
    case .declined(let reason): return refusal(.init(code: 402), .reason(reason), languages)
    case .unknown: return refusal(.notFound, .error, languages)
    case .inFlight: return refusal(.conflict, .inFlight, languages)
    case .notOwed: return refusal(.conflict, .notOwed, languages)
    case .unavailable(let reason):
      logger.warning("a payment on the page could not be made yet", metadata: ["reason": "\(reason)"])
      return refusal(.serviceUnavailable, .error, languages)
    }
  }

  func refusal(
    _ status: HTTPTypes.HTTPResponse.Status, _ message: PageMessage, _ languages: [String]
  ) -> Response {
    .json(status, ConfirmAnswer(message: pages.message(message, locales: languages)))
  }
}

/// What the page's script asks for.
private struct ConfirmWish: Sendable {
  let method: PaymentMethodID?
  let intent: PaymentIntentID?
  let nonce: String?

  private struct Body: Decodable {
    let payment_method_id: String?
    let payment_intent_id: String?
    let nonce: String?
  }

  /// `nil` if it is no such document, or names what cannot be an id of Stripe's.
  init?(_ data: Data) {
    do {
      let body = try JSONDecoder().decode(Body.self, from: data)
      let ids = [body.payment_method_id, body.payment_intent_id].compactMap { $0 }
      guard ids.allSatisfy(Self.isID) else { return nil }
      method = body.payment_method_id.map { PaymentMethodID($0) }
      intent = body.payment_intent_id.map { PaymentIntentID($0) }
      nonce = body.nonce
    } catch {
      return nil
    }
  }

  private static func isID(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_")
      }
  }
}

/// The documents of docs/INTERFACE.md.
private struct ConfirmAnswer: Encodable {
  private struct Failure: Encodable { let message: String }
  private let success: Bool?
  private let requires_action: Bool?
  private let payment_intent_client_secret: String?
  private let error: Failure?

  init(success: Bool) { self.init(success, nil, nil, nil) }
  init(requiresAction: Bool, secret: String) { self.init(nil, requiresAction, secret, nil) }
  init(message: String) { self.init(nil, nil, nil, Failure(message: message)) }

  private init(_ success: Bool?, _ requiresAction: Bool?, _ secret: String?, _ error: Failure?) {
    self.success = success
    requires_action = requiresAction
    payment_intent_client_secret = secret
    self.error = error
  }
}

extension Response {
  /// A document for a script.
  fileprivate static func json(_ status: HTTPTypes.HTTPResponse.Status, _ answer: ConfirmAnswer) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return .json(status, String(decoding: try encoder.encode(answer), as: UTF8.self))
    } catch {
      preconditionFailure("an answer of strings and flags that cannot be encoded: \(error)")
    }
  }
}
