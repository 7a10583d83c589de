import Domain
import Sandbox
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// docs/STRIPE.md §5: what stands between a retry and a double charge.
  @Suite struct Idempotency {
    @Test(arguments: Peer.here)
    func `the same key and bytes give the same intent, marked as a replay`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let request = stripe.charge(try await stripe.save("pm_card_visa"))
        let first = try #require(await stripe.client.send(request).reply)
        let second = try #require(await stripe.client.send(request).reply)
        #expect(first.status == 200 && !first.isReplayed)
        #expect(second.status == 200 && second.isReplayed)
        #expect(second.body == first.body)
        #expect(second.requestID != first.requestID)
      }
    }

    @Test(arguments: Peer.here)
    func `a replay names the request that it repeats`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let key = stripe.freshKey()
        let form = "amount=1099&currency=usd&metadata[dues_contract]=\(Contract.run)"
        let first = try await stripe.raw(.post, "/v1/payment_intents", form, key: key)
        let second = try await stripe.raw(.post, "/v1/payment_intents", form, key: key)
        #expect(first.header("Idempotency-Key") == key)
        #expect(first.header("Original-Request") == first.header("Request-Id"))
        #expect(second.header("Original-Request") == first.header("Request-Id"))
        #expect(second.header("Idempotent-Replayed") == "true")
        #expect(second.id == first.id)
      }
    }

    @Test(arguments: Peer.here)
    func `a decline is replayed, and no second intent is made`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_chargeCustomerFail")
        let request = stripe.charge(saved)
        let first = IntentReading(await stripe.client.send(request))
        let second = IntentReading(await stripe.client.send(request))
        #expect(first.outcome.attemptState == .declined && !first.isReplayed)
        #expect(second.outcome == first.outcome && second.isReplayed)
        #expect(second.intent == first.intent)
        let list = try await stripe.success(
          .listIntents(customer: saved.customer, createdSince: nil, startingAfter: nil), StripeList<PaymentIntent>.self)
        #expect(list.data.map(\.id) == [first.intent])
      }
    }

    @Test(arguments: Peer.here)
    func `the same key with other bytes is refused, and nothing happens`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_visa")
        let key = stripe.freshKey()
        let paid = try await stripe.success(stripe.charge(saved, key: key), PaymentIntent.self)
        let error = try await stripe.refusal(stripe.charge(saved, amount: 2099, key: key))
        #expect(error.status == 400)
        #expect(error.error.type == "idempotency_error")
        #expect(error.error.code == nil)
        #expect(error.error.param == nil)
        #expect(IntentReading(error).outcome.attemptState == .refused)
        let elsewhere = try await stripe.refusal(.cancelIntent(paid.id, reason: .abandoned, idempotencyKey: key))
        #expect(elsewhere.error.type == "idempotency_error")
        let list = try await stripe.success(
          .listIntents(customer: saved.customer, createdSince: nil, startingAfter: nil), StripeList<PaymentIntent>.self)
        #expect(list.data.map(\.id) == [paid.id])
      }
    }

    @Test(arguments: Peer.here)
    func `a request that never ran leaves its key unused`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let key = stripe.freshKey()
        let form = "currency=usd&metadata[dues_contract]=\(Contract.run)"
        let refused = try await stripe.raw(.post, "/v1/payment_intents", form, key: key)
        #expect(refused.status == 400)
        #expect(refused.error["code"].text == "parameter_missing")
        #expect(refused.error["param"].text == "amount")
        let good = try await stripe.raw(.post, "/v1/payment_intents", "amount=1099&\(form)", key: key)
        #expect(good.status == 200)
        #expect(good.header("Idempotent-Replayed") == nil)
      }
    }

    @Test(arguments: Peer.here)
    func `a key is at most 255 characters`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let stem = stripe.freshKey()
        let longest = stem + String(repeating: "x", count: 255 - stem.count)
        let form = "amount=1099&currency=usd&metadata[dues_contract]=\(Contract.run)"
        #expect(try await stripe.raw(.post, "/v1/payment_intents", form, key: longest).status == 200)
        let refused = try await stripe.raw(.post, "/v1/payment_intents", form, key: longest + "x")
        #expect(refused.status == 400)
        #expect(refused.error["type"].text != nil)
      }
    }

    @Test(arguments: Peer.here)
    func `a key is forgotten after a day, and then charges again`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let sandbox = stripe.sandbox else {
          return stripe.record("a key of yesterday", "not asked: Stripe's clock cannot be moved")
        }
        let request = stripe.charge(try await stripe.save("pm_card_visa"))
        let first = try await stripe.success(request, PaymentIntent.self)
        sandbox.advance(by: 24 * 3600 - 60)
        #expect(try await stripe.success(request, PaymentIntent.self).id == first.id)
        sandbox.advance(by: 3600)
        #expect(try await stripe.success(request, PaymentIntent.self).id != first.id)
      }
    }
  }
}
