import Crypto
package import Domain
package import Foundation

/// Stripe's signature over a webhook: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=…]`, HMAC-SHA256 over `t.body`.
package enum WebhookSignature {
  package enum SignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed
    /// No `v1` was made with any of the secrets.
    case mismatch
    /// Older than the tolerance: perhaps an old delivery sent again by somebody else.
    case tooOld
    /// From the future by more than the tolerance: one of the clocks is wrong.
    case tooNew

    package var description: String {
      switch self {
      case .malformed: "the Stripe-Signature header cannot be read"
      case .mismatch: "the signature was not made with any secret in stripe.webhook_secrets"
      case .tooOld: "the signature is too old; check this machine's clock"
      case .tooNew: "the signature is from the future; check this machine's clock"
      }
    }
  }

  /// As Stripe's own libraries have it.
  package static let tolerance: Duration = .seconds(300)

  /// Compares in constant time, and every signature with every secret: while a secret is rolled there are two of each.
  ///
  /// - Parameters:
  ///   - secrets: Whole, with `whsec_`.
  ///   - now: In Stripe's time.
  package static func verify(
    payload: Data, header: String, secrets: [String], tolerance: Duration, now: Timestamp
  ) throws(SignatureError) {
    let (sent, signatures) = try parse(header)
    let signed = message(payload, at: sent)
    var matches = false
    for secret in secrets {
      let key = SymmetricKey(data: Data(secret.utf8))
      for signature in signatures
      where HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: signed, using: key) {
        matches = true
      }
    }
    guard matches else { throw .mismatch }
    let age = now.seconds.subtractingReportingOverflow(sent).partialValue
    if age > tolerance.wholeSeconds { throw .tooOld }
    if age < -tolerance.wholeSeconds { throw .tooNew }
  }

  /// Signs as Stripe does.
  package static func header(payload: Data, secret: String, at time: Timestamp) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: message(payload, at: time.seconds), using: SymmetricKey(data: Data(secret.utf8)))
    return "t=\(time.seconds),v1=\(hex(code))"
  }

  private static func message(_ payload: Data, at seconds: Int64) -> Data {
    var message = Data("\(seconds).".utf8)
    message.append(payload)
    return message
  }

  private static func parse(_ header: String) throws(SignatureError) -> (sent: Int64, signatures: [Data]) {
    var sent: Int64?
    var signatures: [Data] = []
    for item in header.split(separator: ",") {
      let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2 else { throw .malformed }
      switch halves[0].drop(while: { $0 == " " }) {
      case "t": sent = Int64(halves[1])
      case "v1": if let bytes = bytes(ofHex: halves[1]) { signatures.append(bytes) }
      default: break
      }
    }
    guard let sent, sent >= 0, !signatures.isEmpty else { throw .malformed }
    return (sent, signatures)
  }

  private static func hex(_ code: some Sequence<UInt8>) -> String {
    code.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  private static func bytes(ofHex text: Substring) -> Data? {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
    var bytes = Data(capacity: digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(UInt8(high * 16 + low))
    }
    return bytes
  }
}
