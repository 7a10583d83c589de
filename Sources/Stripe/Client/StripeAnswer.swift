package import Domain
package import Foundation
import Transport

/// What became of one request.
package enum StripeAnswer: Sendable {
  /// 2xx, and the body has the shape of one whole JSON object. What is inside is judged by who reads it; what cannot be read
  /// is no certain answer either.
  case success(StripeReply)
  /// Stripe said no, and why; the same request would get the same answer.
  case failure(StripeReply, StripeErrorBody)
  /// Nobody knows what happened: no answer, 409, 424, 429, 5xx, or an answer that is not Stripe's. Law 3: the same
  /// bytes again, never a new attempt. `replayed` is Stripe's stored answer, which will not change.
  case indeterminate(reason: String, replayed: Bool, StripeReply?)
  /// Certainly nothing reached Stripe.
  case notSent(reason: String)

  /// The reply, where there is one.
  package var reply: StripeReply? {
    switch self {
    case .success(let reply), .failure(let reply, _): reply
    case .indeterminate(_, _, let reply): reply
    case .notSent: nil
    }
  }

  /// Stripe may execute this sending yet, or has. A limit of its rate turns a request away before that.
  package var mayBeExecuted: Bool {
    switch self {
    case .notSent: false
    case .indeterminate(_, _, let reply?): reply.status != 429 || reply.rateLimitedReason == nil
    case .success, .failure, .indeterminate: true
    }
  }
}

/// An answer of Stripe's, with what its headers say.
package struct StripeReply: Sendable, Equatable {
  package let status: Int
  package let body: Data
  /// `req_…`, for the log and for Stripe's support.
  package let requestID: String?
  /// The stored answer to an earlier request with the same key.
  package let isReplayed: Bool
  /// Stripe's own opinion, which wins over the status; mostly absent.
  package let shouldRetry: Bool?
  /// Why a 429: `global-rate`, `endpoint-rate` …; absent if an object was locked.
  package let rateLimitedReason: String?
  /// Stripe's clock, to the second.
  package let date: Timestamp?
  /// An earlier try of the same call had no certain answer, and may be executed yet.
  package internal(set) var followsSilence = false

  package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try StripeJSON.decode(type, from: body)
  }
}

extension StripeReply {
  init(_ response: HTTPResponse) {
    status = response.status
    body = response.body
    requestID = response.header("Request-Id")
    isReplayed = response.header("Idempotent-Replayed") == "true"
    shouldRetry = response.header("Stripe-Should-Retry").flatMap(Bool.init)
    rateLimitedReason = response.header("Stripe-Rate-Limited-Reason")
    date = response.header("Date").flatMap(HTTPDate.parse)
  }
}

extension StripeAnswer {
  /// Judges a reply by its status and body alone; what it means for a charge is ``IntentReading``'s.
  package init(_ reply: StripeReply) {
    let place = [String(reply.status), reply.requestID].compactMap { $0 }.joined(separator: ", ")
    func indeterminate(_ text: String) -> StripeAnswer {
      .indeterminate(reason: "\(text) (\(place))", replayed: reply.isReplayed, reply)
    }
    switch reply.status {
    case 200..<300:
      self =
        JSONShape.isWholeObject(reply.body)
        ? .success(reply) : indeterminate("Stripe's answer is cut short or not JSON")
    case 409, 424, 429, 500...:
      let message = StripeErrorBody(reply)?.error.words
      self = indeterminate(message ?? reply.rateLimitedReason ?? "Stripe could not say what happened")
    case 400..<500:
      guard let error = StripeErrorBody(reply) else {
        self = indeterminate("an answer that is not Stripe's")
        return
      }
      // A declined card stays declined; anything else Stripe may ask to have again.
      if reply.shouldRetry == true, reply.status != 402 {
        self = indeterminate(error.error.words ?? "Stripe asks for the request again")
      } else {
        self = .failure(reply, error)
      }
    default:
      self = indeterminate("an answer that is not Stripe's")
    }
  }
}
