import Domain
import Foundation

/// What a signed link is about: one kind byte, the id, 16 bytes of HMAC, in base64url.
///
/// Without the secret no token can be made or changed, and each has exactly one spelling.
enum LinkToken: Sendable, Hashable {
  case charge(ChargeID)
  case setup(SetupLink)

  private enum Kind {
    /// A charge whose id is `chg_` and 24 hex digits, as the ledger derives them: 12 bytes.
    static let packedCharge: UInt8 = 1
    static let charge: UInt8 = 2
    /// The customer's id, then a zero byte and the job's name if there is one.
    static let setup: UInt8 = 3
  }

  func text(secret: LinkSecret) -> String {
    let message = self.message
    return Base64URL.encode(message + secret.signature(of: message))
  }

  init?(_ text: some StringProtocol, secret: LinkSecret) {
    guard text.utf8.count <= 512, let bytes = Base64URL.decode(text), bytes.count > 17 else { return nil }
    let message = Array(bytes.dropLast(16))
    guard secret.accepts(bytes.suffix(16), of: message) else { return nil }
    let payload = message.dropFirst()
    switch message[0] {
    case Kind.packedCharge:
      self = .charge(ChargeID("chg_" + payload.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()))
    case Kind.charge:
      guard let id = String(validating: payload, as: UTF8.self) else { return nil }
      self = .charge(ChargeID(id))
    case Kind.setup:
      let parts = payload.split(separator: 0, maxSplits: 1)
      guard let customer = parts.first.flatMap({ String(validating: $0, as: UTF8.self) }) else { return nil }
      let job = parts.dropFirst().first.flatMap { String(validating: $0, as: UTF8.self) }
      self = .setup(SetupLink(customer: CustomerID(customer), job: job))
    default: return nil
    }
  }

  private var message: [UInt8] {
    switch self {
    case .charge(let id):
      if let packed = Self.packed(id) { return [Kind.packedCharge] + packed }
      return [Kind.charge] + Array(id.text.utf8)
    case .setup(let link):
      return [Kind.setup] + Array(link.customer.text.utf8) + (link.job.map { [0] + Array($0.utf8) } ?? [])
    }
  }

  private static func packed(_ id: ChargeID) -> [UInt8]? {
    let digits = Array(id.text.dropFirst(4))
    guard id.text.hasPrefix("chg_"), digits.count == 24 else { return nil }
    let isLowerHex = digits.allSatisfy { ("0"..."9").contains($0) || ("a"..."f").contains($0) }
    guard isLowerHex else { return nil }
    return stride(from: 0, to: 24, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
  }
}

/// Base64 for URLs (RFC 4648 §5), without padding.
enum Base64URL {
  static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// `nil` for anything that ``encode(_:)`` would have spelled differently.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let standard = String(text).replacing("-", with: "+").replacing("_", with: "/") + padding
    guard let data = Data(base64Encoded: standard) else { return nil }
    return encode(Array(data)) == String(text) ? Array(data) : nil
  }
}
