import Domain
import Foundation
import Stripe

/// Only the body that was signed, with the header that was made for it, within five minutes, is accepted.
enum SignatureTarget {
  private static let secrets = ["whsec_fuzz_first", "whsec_fuzz_second"]
  private static let signedAt = Timestamp(seconds: 1_793_491_200)

  static func isExact() throws -> FuzzTarget.Judge {
    let body = #"{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}"#
    let issued = secrets.map { WebhookSignature.header(payload: Data(body.utf8), secret: $0, at: signedAt) }
    let forged = WebhookSignature.header(payload: Data(body.utf8), secret: "whsec_other", at: signedAt)
    let headers = Mutation(
      issued + [
        "\(issued[0]),\(issued[1].dropFirst(13))", "\(forged),v0=\(String(repeating: "0", count: 64))", forged,
      ],
      words: ["t=1793491200", ",v1=", "v0=", ",t=", "v1=\(String(repeating: "a", count: 64))", "t=+1793491200", " "],
      longest: 4 << 10)
    let bodies = Mutation([body], longest: 4 << 10)
    return { input in
      let header = input.dice.once(in: 3) ? Array(input.dice.pick(issued).utf8) : headers.input(&input.dice)
      let payload = input.dice.once(in: 3) ? bodies.input(&input.dice) : Array(body.utf8)
      let age = input.dice.once(in: 3) ? input.dice.pick([-301, -300, 299, 300, 301, 86_400, -1 << 40, 1 << 40]) : 0
      input.note(header + [0x0A] + payload)
      let text = String(decoding: header, as: UTF8.self)
      let accepted = try verify(Data(payload), text, now: Timestamp(seconds: signedAt.seconds + Int64(age)))
      input.isGood = accepted
      let isIntact = payload.elementsEqual(body.utf8) && abs(age) <= 300
      if accepted {
        let codes = issued.map { $0.split(separator: "=").last ?? "" }
        try require(isIntact, "accepted at age \(age)")
        try require(codes.contains { text.lowercased().contains($0) }, "accepted without a signature of ours")
        try require(text.contains("1793491200"), "accepted with another time")
      } else if isIntact, issued.contains(where: { text.isExactly($0) }) {
        throw Wrong("the exact one was refused")
      }
    }
  }

  private static func verify(_ payload: Data, _ header: String, now: Timestamp) throws -> Bool {
    do throws(WebhookSignature.SignatureError) {
      try WebhookSignature.verify(
        payload: payload, header: header, secrets: secrets, tolerance: WebhookSignature.tolerance, now: now)
      return true
    } catch {
      let words = error.description
      try require(!words.isEmpty && !secrets.contains { words.contains($0) }, "refused with \"\(words)\"")
      return false
    }
  }
}
