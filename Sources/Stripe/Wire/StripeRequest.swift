package import Domain
package import Foundation
package import Transport

/// One request to Stripe, complete but for the headers that every request has.
///
/// What moves money is frozen into the ledger before it is sent, and resent byte for byte.
package struct StripeRequest: Sendable, Hashable {
  package let method: HTTPRequest.Method
  /// From `/v1/` on; of a GET with its query.
  package let path: String
  /// The exact form bytes; empty for a GET.
  package let body: Data
  /// Present exactly on a POST: GET and DELETE are idempotent already.
  package let idempotencyKey: String?

  private init(method: HTTPRequest.Method, path: String, body: Data, idempotencyKey: String?) {
    self.method = method
    self.path = path
    self.body = body
    self.idempotencyKey = idempotencyKey
  }

  static func get(_ path: String, _ query: FormBody = .query) -> StripeRequest {
    StripeRequest(
      method: .get, path: query.isEmpty ? path : "\(path)?\(query.text)", body: Data(), idempotencyKey: nil)
  }

  static func post(_ path: String, _ body: FormBody, idempotencyKey: String) -> StripeRequest {
    StripeRequest(method: .post, path: path, body: body.data, idempotencyKey: idempotencyKey)
  }

  /// A request out of the ledger.
  package init(_ frozen: FrozenRequest) {
    self.init(method: .post, path: frozen.path, body: frozen.body, idempotencyKey: frozen.idempotencyKey)
  }

  /// What the ledger keeps; `nil` for a GET, which changes nothing.
  package var frozen: FrozenRequest? {
    idempotencyKey.map { FrozenRequest(path: path, body: body, idempotencyKey: $0) }
  }

  /// What Stripe's rate limits count: method and path, with the same name for every id.
  package var endpoint: String {
    let end = path.firstIndex(of: "?") ?? path.endIndex
    let segments = path[..<end].split(separator: "/").map { Self.words.contains(String($0)) ? $0 : ":id" }
    return "\(method.rawValue) /\(segments.joined(separator: "/"))"
  }

  private static let words: Set<String> = [
    "v1", "account", "payment_intents", "confirm", "cancel", "checkout", "sessions", "expire", "line_items",
    "customers",
    "payment_methods", "attach", "detach", "events", "refunds", "setup_intents", "charges",
  ]
}
