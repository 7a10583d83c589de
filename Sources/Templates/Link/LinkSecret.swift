import Crypto
import Foundation

/// The key that signs our links. Whoever has it can make links, so it never shows its bytes.
package struct LinkSecret: Sendable, CustomStringConvertible {
  private let key: SymmetricKey

  /// Takes the text of `server.link_secret`; `nil` if it is shorter than 16 bytes.
  package init?(_ text: String) {
    guard text.utf8.count >= 16 else { return nil }
    key = SymmetricKey(data: SHA256.hash(data: Data(text.utf8)))
  }

  package var description: String { "LinkSecret(…)" }

  /// The first 16 bytes of HMAC-SHA256.
  func signature(of message: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Data("dues link v1:".utf8) + message, using: key).prefix(16))
  }

  /// Compares in constant time.
  func accepts(_ signature: some Collection<UInt8>, of message: [UInt8]) -> Bool {
    let expected = self.signature(of: message)
    guard signature.count == expected.count else { return false }
    return zip(signature, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
