package import Foundation

/// A request to Stripe that changes something there, exactly as it will be sent, however often (law 2).
package struct FrozenRequest: Sendable, Hashable {
  /// `/v1/payment_intents`.
  package let path: String
  /// The form-encoded body, byte for byte.
  package let body: Data
  package let idempotencyKey: String

  package init(path: String, body: Data, idempotencyKey: String) {
    self.path = path
    self.body = body
    self.idempotencyKey = idempotencyKey
  }
}
