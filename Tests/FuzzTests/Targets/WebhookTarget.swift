import Domain
import Foundation
import Stripe
import TestSupport
import Transport

/// Any request to the webhook's address over a real socket: 200 for an event that was signed, 400 for anything else,
/// 413 for too much.
enum WebhookTarget {
  private static let secret = "whsec_fuzz"

  static func isAnswered() async throws -> FuzzTarget.Judge {
    let world = try World()
    let server = try await FuzzedServer(world, webhookSecret: secret)
    return { input in
      var body =
        input.dice.once(in: 2) ? EventTarget.mutation.input(&input.dice) : EventTarget.valid.input(&input.dice)
      if input.dice.once(in: 50) { body += [UInt8](repeating: 0x20, count: 512 << 10) }
      input.note(body)
      var header = WebhookSignature.header(payload: Data(body), secret: secret, at: world.clock.now)
      let isSigned = !input.dice.once(in: 4)
      if !isSigned {
        // What no header may hold does not reach the server.
        header = String(
          decoding: Mutation([header]).input(&input.dice).filter { (0x21...0x7E).contains($0) }.prefix(4000),
          as: UTF8.self)
      }
      let answer = try await server.send(
        .post, "/webhooks/stripe", headers: [HTTPHeader("Stripe-Signature", header)], body: Data(body))
      try require(answer.body.count < 64, "an answer of \(answer.body.count) bytes: \(answer.body.shown())")
      let isTooLarge = body.count > 512 << 10
      try require(isTooLarge == (answer.status == 413), "\(body.count) bytes are answered \(answer.status)")
      if isTooLarge { return }
      try require([200, 400].contains(answer.status), "answered \(answer.status) \(answer.body.shown())")
      if answer.status == 200 {
        input.isGood = true
        try require(isSigned || header.contains("t=\(world.clock.now.seconds)"), "accepted \(header)")
        try require(JSONShape.isPerhapsWide(body) || JSONShape.isWholeObject(body), "an event out of garbage")
      }
    }
  }
}
