import Foundation
import Sandbox
import Stripe
import Transport

/// What ``FormBody`` writes, the sandbox reads: a value of metadata comes back as it was given, byte for byte.
enum FormTarget {
  private static let blockSize = 200

  static func comesBack() throws -> FuzzTarget.Judge {
    let stripe = SandboxStripe(SandboxConfiguration(seed: "fuzz", pageBase: "http://127.0.0.1:1")) { 1_793_491_200 }
    return { input in
      if input.number.isMultiple(of: blockSize) { stripe.reset() }
      // Stripe's limits; a key must not be empty, nor hold brackets.
      let key = named(input.dice.text(upTo: 40))
      let value = input.dice.text(upTo: 500)
      let pairs = [(key, value.isEmpty ? "x" : value)]
      input.note(pairs.map { "\($0.0)=\($0.1)" }.joined())
      input.isGood = true
      try check(pairs, sent: input.dice.once(in: 2) ? ours(pairs) : others(pairs, &input.dice), to: stripe)
    }
  }

  private static func named(_ text: String) -> String {
    let plain = String(String.UnicodeScalarView(text.unicodeScalars.filter { !"[]".unicodeScalars.contains($0) }))
    // The sandbox takes a bracket and a mark that combines with it for one character, and does not see the bracket.
    let isSeen = "[\(plain)".first == "[" && "\(plain)]".last == "]"
    return plain.isEmpty || !isSeen ? "x" : plain
  }

  private static func ours(_ pairs: [(String, String)]) -> Data {
    var body = FormBody()
    body.add("metadata", map: pairs)
    return body.data
  }

  /// As other clients write it: a space may be a plus, brackets encoded, hexadecimal digits small, what need not be encoded encoded.
  private static func others(_ pairs: [(String, String)], _ dice: inout Dice) -> Data {
    func encode(_ text: String, _ dice: inout Dice) -> String {
      var encoded = ""
      for byte in text.utf8 {
        let isPlain = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        if byte == 0x20, dice.once(in: 2) {
          encoded += "+"
        } else if isPlain, dice.once(in: 2) {
          encoded.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
          encoded += String(format: dice.once(in: 2) ? "%%%02X" : "%%%02x", Int(byte))
        }
      }
      return encoded
    }
    var body = ""
    for (key, value) in pairs {
      body += "metadata%5B\(encode(key, &dice))%5D=\(encode(value, &dice))"
    }
    return Data(body.utf8)
  }

  private struct Customer: Decodable {
    let metadata: [String: String]
  }

  private static func check(_ pairs: [(String, String)], sent body: Data, to stripe: SandboxStripe) throws {
    let answer = stripe.respond(to: SandboxTarget.request(.post, "/v1/customers", body))
    try require(answer.status == 200, "\(answer.status) \(answer.body.shown()) for \(body.shown())")
    // Foundation's other reader takes a value that begins with U+FEFF for one with a byte order mark.
    let metadata = try JSONDecoder().decode(Customer.self, from: answer.body).metadata
    for (key, value) in pairs {
      let found = metadata.first { $0.key.isExactly(key) }
      try require(found?.value.isExactly(value) == true, "came back as \(metadata), from \(body.shown())")
    }
  }
}
