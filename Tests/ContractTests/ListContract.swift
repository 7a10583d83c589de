import Domain
import Foundation
import Sandbox
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// Reading back: what is found how, and how soon (docs/STRIPE.md §9).
  @Suite struct List {
    @Test(arguments: Peer.here)
    func `a customer's intents are listed at once, with their charges`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (paid, saved) = try await stripe.paid()
        let list = try await stripe.success(
          .listIntents(
            customer: saved.customer, createdSince: Timestamp(seconds: try #require(paid.created)), startingAfter: nil),
          StripeList<PaymentIntent>.self)
        #expect(list.data.map(\.id) == [paid.id])
        #expect(list.data.first?.latestCharge?.object?.id == paid.latestCharge?.id)
        #expect(list.data.first?.metadata == ["dues_contract": Contract.run])
        let later = try await stripe.success(
          .listIntents(
            customer: saved.customer, createdSince: Timestamp(seconds: try #require(paid.created) + 1),
            startingAfter: nil),
          StripeList<PaymentIntent>.self)
        #expect(later.data.isEmpty)
      }
    }

    @Test(arguments: Peer.here)
    func `lists begin with the newest and are paged by the last id`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_visa")
        var made: [PaymentIntentID] = []
        for amount: Int64 in [1001, 1002, 1003] {
          // Another second each, so that "newest" is one.
          if let sandbox = stripe.sandbox { sandbox.advance(by: 1) } else { try await Task.sleep(for: .seconds(1)) }
          made.append(try await stripe.success(stripe.charge(saved, amount: amount), PaymentIntent.self).id)
        }
        let newestFirst = made.reversed().map(\.text)
        let path = "/v1/payment_intents?customer=\(saved.customer)"
        let first = try await stripe.raw(.get, "\(path)&limit=2")
        #expect(first.json["data"].elements.map { $0["id"].text } == newestFirst.prefix(2).map { $0 })
        #expect(first.json["has_more"].flag == true)
        let rest = try await stripe.success(
          .listIntents(customer: saved.customer, createdSince: nil, startingAfter: .init(newestFirst[1])),
          StripeList<PaymentIntent>.self)
        #expect(rest.data.map(\.id.text) == [newestFirst[2]])
        #expect(!rest.hasMore)
        let newer = try await stripe.raw(.get, "\(path)&limit=1&ending_before=\(newestFirst[2])")
        #expect(newer.json["data"].elements.map { $0["id"].text } == [newestFirst[1]])
        #expect(newer.json["has_more"].flag == true)
      }
    }

    @Test(arguments: Peer.here)
    func `a page has at most 100`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let full = try await stripe.raw(.get, "/v1/payment_intents?limit=100")
        #expect(full.status == 200)
        let over = try await stripe.raw(.get, "/v1/payment_intents?limit=101")
        #expect(over.status == 400)
      }
    }

    @Test(arguments: Peer.here)
    func `events tell of a charge by type, and which request made it`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_visa")
        let key = stripe.freshKey()
        let paid = try await stripe.success(stripe.charge(saved, key: key), PaymentIntent.self)
        let request = StripeRequest.listEvents(
          createdSince: Timestamp(seconds: try #require(paid.created)),
          types: ["payment_intent.succeeded", "payment_intent.payment_failed"], page: .newest)
        let event = try await stripe.eventually(within: 20) {
          try await stripe.success(request, StripeList<StripeEvent>.self).data.first {
            $0.subject.id == paid.id.text
          }
        }
        let found = try #require(event)
        #expect(found.type == "payment_intent.succeeded")
        #expect(!found.livemode)
        #expect(found.subject.object == "payment_intent")
        #expect(found.subject.status == "succeeded")
        #expect(found.subject.customer?.id == saved.customer)
        #expect(found.subject.metadata == ["dues_contract": Contract.run])
        #expect(found.request?.idempotencyKey == key)
        #expect(try await stripe.success(.retrieveEvent(found.id), StripeEvent.self).id == found.id)
        stripe.record("the version of events", found.apiVersion ?? "none")
      }
    }

    @Test(arguments: Peer.here)
    func `a search finds by metadata, some time later`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let mark = stripe.freshKey()
        let made = try await stripe.raw(
          .post, "/v1/payment_intents", "amount=1099&currency=usd&metadata[mark]=\(mark)")
        let id = try #require(made.id)
        stripe.sandbox?.advance(by: 120)
        let query = "metadata['mark']:'\(mark)'".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let found = try await stripe.eventually(within: 60) {
          let answer = try await stripe.raw(.get, "/v1/payment_intents/search?query=\(query)")
          #expect(answer.status == 200, "\(answer.text)")
          #expect(answer.json["object"].text == "search_result")
          return answer.json["data"].elements.first { $0["id"].text == id }
        }
        // It may be an hour late in an outage, and that is no defect.
        if peer == .sandbox { #expect(found != nil) }
        stripe.record("a search for what was just made", found == nil ? "nothing within a minute" : "found")
      }
    }
  }
}
