import Domain
import Engine
import Foundation
import Storage
import Stripe
import TestSupport

/// Any body as an event: it is stored once, or it is no event and refused, and what is stored can be read again.
enum EventTarget {
  static let corpus = [
    """
    {"id":"evt_1","object":"event","api_version":"2026-10-28.endive","created":1793491200,"livemode":false,\
    "type":"payment_intent.succeeded","pending_webhooks":1,"request":{"id":"req_1","idempotency_key":"k"},\
    "data":{"object":\(AnswerBodies.succeeded)}}
    """,
    """
    {"id":"evt_2","object":"event","api_version":"2026-10-28.endive","created":1793491200,"livemode":false,"account":"acct_1",\
    "type":"checkout.session.completed","request":null,"data":{"object":\(AnswerBodies.session),"previous_attributes":{}}}
    """,
    #"{"id":"evt_3","created":1,"livemode":false,"type":"customer.deleted","data":{"object":{"id":"cus_1","object":"customer"}}}"#,
  ]

  static let valid = JSONMutation(corpus)

  static let mutation = Mutation(
    corpus,
    words: AnswerBodies.words + [#""id":"#, #""created":9223372036854775807,"#, #""data":{"object":{"metadata":{"#])

  static func isStoredOrRefused() throws -> FuzzTarget.Judge {
    let world = try World()
    var seen: Set<EventID> = []
    return { input in
      let body = input.dice.once(in: 2) ? mutation.input(&input.dice) : valid.input(&input.dice)
      input.note(body)
      let event: StripeEvent
      do {
        event = try StripeJSON.decode(StripeEvent.self, from: Data(body))
      } catch {
        try require(!"\(error)".isEmpty, "refused without a word")
        return
      }
      input.isGood = true
      try require(JSONShape.isPerhapsWide(body) || JSONShape.isWholeObject(body), "an event out of garbage")
      // Each is a commit; some of them will do.
      guard input.dice.once(in: 8), seen.insert(event.id).inserted else { return }
      try world.engine.receive(webhooks: [event])
      let waiting = try world.ledger.eventsWaiting(at: world.clock.now + .days(1), limit: 1000)
      try require(waiting.contains { $0.id == event.id }, "it is not in the inbox")
      try world.ledger.applied(waiting.map { ($0.id, false) }, at: world.clock.now)
    }
  }
}
