import Domain
import Sandbox
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// What a customer does on the hosted page. At Stripe itself that needs a person and a browser.
  @Suite struct HostedPage {
    static let notAsked = "not asked: at Stripe a person has to fill in the page"

    @Test(arguments: Peer.here)
    func `a paid session has an intent, whose method is saved for the next charge`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let sandbox = stripe.sandbox else { return stripe.record("a paid session", Self.notAsked) }
        let customer = try await stripe.customer()
        let session = try await stripe.success(stripe.recovery(for: customer), CheckoutSession.self)
        try sandbox.complete(session: session.id.text, card: "4242424242424242")
        let paid = try await stripe.success(
          .retrieveCheckout(session.id, expanding: [.latestCharge, .paymentMethod]), CheckoutSession.self)
        #expect(paid.status == .complete)
        #expect(paid.paymentStatus == .paid)
        #expect(paid.url == nil)
        let intent = try #require(paid.paymentIntent?.object)
        #expect(intent.received == Money(amount: 1099, currency: .usd))
        #expect(intent.metadata == ["dues_contract": Contract.run])
        let method = try #require(intent.paymentMethod?.object)
        #expect(method.customer?.id == customer)
        let next = try await stripe.success(
          stripe.charge(Saved(customer: customer, method: method.id)), PaymentIntent.self)
        #expect(next.status == .succeeded)
        let error = try await stripe.refusal(.expireCheckout(session.id, idempotencyKey: stripe.freshKey()))
        #expect(error.status == 400)
        #expect(error.error.message?.contains("complete") == true)
      }
    }

    @Test(arguments: Peer.here)
    func `the metadata of a session is not copied to its intent`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let sandbox = stripe.sandbox else { return stripe.record("metadata of a session", Self.notAsked) }
        let made = try await stripe.raw(
          .post, "/v1/checkout/sessions",
          "mode=payment&success_url=https://example.com/&metadata[note]=mine&line_items[0][quantity]=1"
            + "&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=1099"
            + "&line_items[0][price_data][product_data][name]=Gold")
        let id = try #require(made.id)
        try sandbox.complete(session: id, card: "4242424242424242")
        let paid = try await stripe.success(
          .retrieveCheckout(.init(id), expanding: [.latestCharge]), CheckoutSession.self)
        #expect(paid.metadata == ["note": "mine"])
        #expect(paid.paymentIntent?.object?.metadata == [:])
      }
    }

    @Test(arguments: Peer.here)
    func `a completed setup leaves a method that can be charged`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let sandbox = stripe.sandbox else { return stripe.record("a completed setup", Self.notAsked) }
        let customer = try await stripe.customer()
        let session = try await stripe.success(stripe.setup(for: customer), CheckoutSession.self)
        // The card that wants its bank at setup, and then never again.
        try sandbox.complete(session: session.id.text, card: "4000002500003155")
        let done = try await stripe.success(
          .retrieveCheckout(session.id, expanding: [.setupIntentPaymentMethod]), CheckoutSession.self)
        #expect(done.status == .complete)
        #expect(done.paymentStatus == .noPaymentRequired)
        let setup = try #require(done.setupIntent?.object)
        #expect(setup.status == .succeeded)
        let method = try #require(setup.paymentMethod?.object)
        let paid = try await stripe.success(
          stripe.charge(Saved(customer: customer, method: method.id)), PaymentIntent.self)
        #expect(paid.status == .succeeded)
      }
    }

    @Test(arguments: Peer.here)
    func `a session that nobody fills in expires by itself`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let sandbox = stripe.sandbox else {
          return stripe.record("a session of yesterday", "not asked: Stripe's clock cannot be moved")
        }
        let session = try await stripe.success(
          stripe.recovery(for: try await stripe.customer()), CheckoutSession.self)
        sandbox.advance(by: 86_401)
        let read = try await stripe.success(.retrieveCheckout(session.id, expanding: []), CheckoutSession.self)
        #expect(read.status == .expired && read.url == nil)
      }
    }
  }
}
