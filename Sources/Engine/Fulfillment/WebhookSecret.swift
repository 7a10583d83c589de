import Crypto
package import Foundation

/// The key of the Standard Webhooks convention (standardwebhooks.com): `whsec_` and base64, or any text as it is.
package struct WebhookSecret: Sendable, CustomStringConvertible {
  private let key: Data

  package init(_ text: String) {
    if text.hasPrefix("whsec_"), let decoded = Data(base64Encoded: String(text.dropFirst(6))) {
      key = decoded
    } else {
      key = Data(text.utf8)
    }
  }

  package var description: String { "WebhookSecret(…)" }

  /// `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
  package func signature(id: String, timestamp: Int64, body: Data) -> String {
    let mac = HMAC<SHA256>.authenticationCode(
      for: Data("\(id).\(timestamp).".utf8) + body, using: SymmetricKey(data: key))
    return "v1,\(Data(mac).base64EncodedString())"
  }
}
