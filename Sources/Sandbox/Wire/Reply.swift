import Foundation
import Transport

/// An answer being written, with the headers Stripe sends.
struct Reply: Sendable {
  private(set) var response = HTTPResponse(status: 200)
  private let requestID: String
  private let key: String?
  private let version: String
  private let now: Int
  private let account: String

  init(requestID: String, key: String?, version: String, now: Int, account: String) {
    self.requestID = requestID
    self.key = key
    self.version = version
    self.now = now
    self.account = account
  }

  mutating func answer(_ object: JSON) {
    write(200, object, more: final)
  }

  /// Said of what has run under a key, so that no library sends it again.
  private var final: [HTTPHeader] { key == nil ? [] : [HTTPHeader("Stripe-Should-Retry", "false")] }

  mutating func refuse(_ error: StripeError) {
    var more: [HTTPHeader] = []
    switch error.status {
    case 402: more = final
    case 409: more = [HTTPHeader("Stripe-Should-Retry", "true")]
    case 429:
      // A lock timeout bears no reason, and says that it may be tried again (docs/STRIPE.md §7).
      more = [
        error.rateLimitedReason.map { HTTPHeader("Stripe-Rate-Limited-Reason", $0) }
          ?? HTTPHeader("Stripe-Should-Retry", "true")
      ]
    case 401: more = [HTTPHeader("WWW-Authenticate", "Basic realm=\"Stripe\"")]
    default: break
    }
    let log = "https://dashboard.stripe.com/\(account)/test/workbench/logs?object=\(requestID)"
    write(error.status, error.body(requestLog: log), more: more)
  }

  /// The kept answer, marked as such; it names the request that made it.
  mutating func replay(_ kept: IdempotencyKeys.Entry) -> HTTPResponse {
    response = kept.answer.response
    response.headers = response.headers.map { header in
      switch header.name {
      case "Request-Id": HTTPHeader(header.name, requestID)
      case "Date": HTTPHeader(header.name, httpDate(now))
      default: header
      }
    }
    response.headers.append(HTTPHeader("Idempotent-Replayed", "true"))
    return response
  }

  private mutating func write(_ status: Int, _ body: JSON, more: [HTTPHeader]) {
    var headers = [
      HTTPHeader("Content-Type", "application/json"), HTTPHeader("Date", httpDate(now)),
      HTTPHeader("Request-Id", requestID), HTTPHeader("Stripe-Version", version),
    ]
    if let key {
      headers.append(HTTPHeader("Idempotency-Key", key))
      headers.append(HTTPHeader("Original-Request", requestID))
    }
    response = HTTPResponse(status: status, headers: headers + more + Self.forOtherOrigins, body: body.encoded)
  }

  /// Any page may ask; what it may do is said by its key.
  static let forOtherOrigins = [
    HTTPHeader("Access-Control-Allow-Origin", "*"),
    HTTPHeader("Access-Control-Expose-Headers", "Request-Id, Stripe-Should-Retry"),
    HTTPHeader("Access-Control-Max-Age", "300"),
  ]
}
