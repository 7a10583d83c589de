import Crypto
import Foundation

/// Letters and digits made of a hash: ids that look like Stripe's, and secrets.
enum Identifiers {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  static func characters(of seed: String, length: Int) -> String {
    var out: [UInt8] = []
    var round = 0
    while out.count < length {
      for byte in SHA256.hash(data: Data("\(seed)#\(round)".utf8)) where out.count < length {
        out.append(alphabet[Int(byte) % alphabet.count])
      }
      round += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  static func digits(of seed: String, length: Int) -> String {
    String(decoding: characters(of: "digits/\(seed)", length: length).utf8.map { 48 + $0 % 10 }, as: UTF8.self)
  }
}
