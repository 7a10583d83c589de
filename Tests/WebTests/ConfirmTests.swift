import Domain
import Engine
import Foundation
import Storage
import Stripe
import Templates
import TestSupport
import Testing
import Transport

/// `POST /r/TOKEN/confirm`, as the page's script sees it.
@Suite(.timeLimit(.minutes(5))) struct ConfirmTests {
  private func ask(
    _ served: ServedWorld, _ charge: ChargeID, _ body: [String: String]
  ) async throws -> (status: Int, answer: [String: Any]) {
    let answer = try await served.post(
      served.path(.confirm(charge)), try JSONSerialization.data(withJSONObject: body),
      headers: [HTTPHeader("Content-Type", "application/json")])
    return (answer.status, try JSONSerialization.jsonObject(with: answer.body) as? [String: Any] ?? [:])
  }

  private func asked(_ world: World, key: String = "k1") async throws -> (charge: ChargeID, card: String) {
    let charge = try await world.tried("pm_card_authenticationRequired", key: key)
    let card = try #require(try world.ledger.charge(charge)?.paymentMethod)
    return (charge, card.text)
  }

  @Test func `the page brings a nonce, the script, and what it may reach`() async throws {
    let world = try World()
    let (charge, card) = try await asked(world)
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let page = try await served.get(served.path(.recovery(charge)))
      #expect(page.text.contains("<meta name=\"dues-nonce\" content=\""))
      #expect(page.text.contains("data-method=\"\(card)\""))
      #expect(page.text.contains("<script src=\"http://127.0.0.1:12111/endive/stripe.js\"></script>"))
      let policy = try #require(page.header("Content-Security-Policy"))
      #expect(policy.contains("connect-src 'self' http://127.0.0.1:12111"))
      #expect(policy.contains("frame-src http://127.0.0.1:12111") && !policy.contains("unsafe"))
      // Other pages reach nothing.
      let other = try await served.get("/r/nothing")
      #expect(other.header("Content-Security-Policy")?.contains("12111/") == false)
      #expect(other.header("Content-Security-Policy")?.contains("connect-src") == false)
    }
  }

  @Test func `asked, answered and paid, in the documents of the interface`() async throws {
    let world = try World()
    let (charge, card) = try await asked(world)
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let nonce = served.world.engine.links.nonce(for: charge, at: world.clock.now)
      let first = try await ask(served, charge, ["payment_method_id": card, "nonce": nonce])
      #expect(first.status == 200 && first.answer["requires_action"] as? Bool == true)
      let secret = try #require(first.answer["payment_intent_client_secret"] as? String)
      let again = try await ask(served, charge, ["payment_method_id": card, "nonce": nonce])
      #expect(again.answer["payment_intent_client_secret"] as? String == secret)
      // The page can be opened meanwhile, and its other way leads nowhere.
      #expect(try await served.get(served.path(.recovery(charge))).text.contains("data-method=\"\(card)\""))
      #expect(try await served.post(served.path(.pay(charge))).status == 409)
      let intent = String(secret.split(separator: "_secret_")[0])
      try await world.answerBank(intent)
      for _ in 0..<2 {
        let end = try await ask(served, charge, ["payment_intent_id": intent, "nonce": nonce])
        #expect(end.status == 200 && end.answer["success"] as? Bool == true, "\(end)")
      }
      #expect(try await served.get(served.path(.recovery(charge))).title == "Paid")
      #expect(try world.ledger.charge(charge)?.paidBy == .onSession)
    }
  }

  @Test func `a page that is opened while a new card's bank asks goes on with that card`() async throws {
    let world = try World()
    let (charge, failed) = try await asked(world)
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let nonce = served.world.engine.links.nonce(for: charge, at: world.clock.now)
      let new = try await world.card("tok_threeDSecure2Required")
      let asked = try await ask(served, charge, ["payment_method_id": new, "nonce": nonce])
      #expect(asked.answer["requires_action"] as? Bool == true, "\(asked)")
      let page = try await served.get(served.path(.recovery(charge))).text
      #expect(page.contains("data-method=\"\(new)\"") && !page.contains(failed))
      #expect(page.contains(">Confirm $10.99</button>"))
    }
  }

  @Test func `of a card that was stopped nothing is confirmed on the page`() async throws {
    let world = try World()
    let charge = try await world.tried("pm_card_sandboxDecline_stolen_card")
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let nonce = served.world.engine.links.nonce(for: charge, at: world.clock.now)
      let page = try await served.get(served.path(.recovery(charge))).text
      #expect(!page.contains("data-method") && !page.contains("stripe.js"))
      // Nor after another card's bank was asked and has said no.
      let new = try await world.card("tok_threeDSecure2Required")
      let asked = try await ask(served, charge, ["payment_method_id": new, "nonce": nonce])
      let secret = try #require(asked.answer["payment_intent_client_secret"] as? String)
      let asking = try await served.get(served.path(.recovery(charge))).text
      #expect(asking.contains("data-method=\"\(new)\"") && !asking.contains("Please use another card"))
      let intent = String(secret.split(separator: "_secret_")[0])
      try await world.answerBank(intent, confirmed: false)
      #expect(try await ask(served, charge, ["payment_intent_id": intent, "nonce": nonce]).status == 402)
      let after = try await served.get(served.path(.recovery(charge))).text
      #expect(!after.contains("data-method") && after.contains("Please use another card"))
      #expect(after.contains(">Pay $10.99</button>"))
    }
  }

  @Test func `without the page's nonce nothing is confirmed`() async throws {
    let world = try World()
    let (charge, card) = try await asked(world)
    let (other, _) = try await asked(world, key: "k2")
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let links = served.world.engine.links
      let old = links.nonce(for: charge, at: world.clock.now - .hours(36))
      for nonce in [nil, "", "x", old, links.nonce(for: other, at: world.clock.now)] {
        var body = ["payment_method_id": card]
        body["nonce"] = nonce
        let refused = try await ask(served, charge, body)
        #expect(refused.status == 403)
        #expect((refused.answer["error"] as? [String: Any])?["message"] as? String != nil)
      }
      // A form that a scanner submits.
      let form = try await served.post(
        served.path(.confirm(charge)), Data("payment_method_id=\(card)".utf8),
        headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")])
      #expect(form.status == 400)
      #expect(try await served.get(served.path(.confirm(charge))).status == 405)
      #expect(try world.ledger.attempts(of: charge).count == 1)
    }
  }

  @Test func `what is foreign is 404, what is declined is 402 in the customer's language`() async throws {
    let world = try World()
    let charge = try await world.tried("pm_card_authenticationRequired", locale: "de", key: "k1")
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let nonce = served.world.engine.links.nonce(for: charge, at: world.clock.now)
      for body in [["payment_method_id": "pm_nobody"], ["payment_intent_id": "pi_nobody"], [:]] {
        #expect(try await ask(served, charge, body.merging(["nonce": nonce]) { $1 }).status == 404, "\(body)")
      }
      #expect(try await ask(served, charge, ["payment_method_id": "pm/../x", "nonce": nonce]).status == 400)
      let huge = try await served.post(served.path(.confirm(charge)), Data(repeating: 32, count: 10 << 20))
      #expect(huge.status == 413)
      let bad = try await world.card("tok_chargeDeclined")
      let declined = try await ask(served, charge, ["payment_method_id": bad, "nonce": nonce])
      #expect(declined.status == 402)
      #expect(
        (declined.answer["error"] as? [String: Any])?["message"] as? String
          == "Die Zahlung wurde abgelehnt.")
    }
  }

  @Test(arguments: [StripeOnPage.UI.embeddedPage, .elements])
  func `the form of a checkout stands on our own page`(ui: StripeOnPage.UI) async throws {
    let world = try World(adjust: { $0.checkoutUI = ui == .elements ? .elements : .embeddedPage })
    let charge = try await world.declined()
    try await ServedWorld.serve(world, script: .sandbox) { served in
      let page = try await served.post(served.path(.pay(charge)))
      #expect(page.status == 200 && page.title == "Pay $10.99")
      #expect(page.text.contains("data-ui=\"\(ui.rawValue)\" data-key=\"pk_test_1\""))
      let secret = try #require(page.text.firstMatch(of: /data-secret="(cs_[^"]+)"/)).output.1
      #expect(secret.contains("_secret_"))
      #expect(page.text.contains("id=\"stripe-button\"") == (ui == .elements))
      // Twice is once.
      #expect(try await served.post(served.path(.pay(charge))).text.contains(secret))
      #expect(page.header("Cache-Control") == "no-store")
    }
  }
}
