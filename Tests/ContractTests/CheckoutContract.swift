import Domain
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// docs/STRIPE.md §8, as far as no browser is needed.
  @Suite struct Checkout {
    @Test(arguments: Peer.here)
    func `a payment session is open, unpaid, and has no intent yet`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let session = try await stripe.success(stripe.recovery(for: customer), CheckoutSession.self)
        #expect(session.id.text.hasPrefix("cs_test_"))
        #expect(session.mode == .payment)
        #expect(session.status == .open)
        #expect(session.paymentStatus == .unpaid)
        #expect(session.paymentIntent == nil && session.setupIntent == nil)
        #expect(session.url?.isEmpty == false)
        #expect(session.clientSecret == nil)
        #expect(session.total == Money(amount: 1099, currency: .usd))
        #expect(session.customer?.id == customer)
        #expect(session.clientReferenceId == "chg_1")
        #expect(session.metadata == ["dues_contract": Contract.run])
        #expect(session.expiresAt == session.created + 86_400)

        let read = try await stripe.success(.retrieveCheckout(session.id, expanding: []), CheckoutSession.self)
        #expect(read.status == .open && read.expiresAt == session.expiresAt)
        let lines = try await stripe.success(
          .listLineItems(session.id, startingAfter: nil), StripeList<StripeLineItem>.self)
        #expect(lines.data.map(\.description) == ["Gold membership"])
        #expect(lines.data.map(\.amountTotal) == [1099])
      }
    }

    @Test(arguments: Peer.here)
    func `a setup session has its intent from the start, and a day`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let session = try await stripe.success(stripe.setup(for: customer), CheckoutSession.self)
        #expect(session.mode == .setup)
        #expect(session.status == .open)
        #expect(session.paymentStatus == .noPaymentRequired)
        #expect(session.amountTotal == nil)
        #expect(session.expiresAt == session.created + 86_400)
        let setup = try #require(session.setupIntent).id
        let intent = try await stripe.success(.retrieveSetupIntent(setup), SetupIntent.self)
        #expect(intent.status == .requiresPaymentMethod)
        #expect(intent.customer?.id == customer)
        #expect(intent.metadata == ["dues_contract": Contract.run])
        let read = try await stripe.success(
          .retrieveCheckout(session.id, expanding: [.setupIntent, .customer]), CheckoutSession.self)
        #expect(read.setupIntent?.object?.id == setup)
        #expect(read.customer?.object?.email == "jenny@example.com")
      }
    }

    @Test(arguments: Peer.here)
    func `a setup session without a customer will make one`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let session = try await stripe.success(stripe.setup(for: nil), CheckoutSession.self)
        #expect(session.status == .open)
        #expect(session.customer == nil)
        #expect(session.customerDetails?.email == "jenny@example.com")
      }
    }

    @Test(arguments: Peer.here)
    func `an open session is expired once; after that a 400 says what it is`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let session = try await stripe.success(
          stripe.recovery(for: try await stripe.customer()), CheckoutSession.self)
        let expired = try await stripe.success(
          .expireCheckout(session.id, idempotencyKey: stripe.freshKey()), CheckoutSession.self)
        #expect(expired.status == .expired)
        #expect(expired.url == nil)
        let error = try await stripe.refusal(.expireCheckout(session.id, idempotencyKey: stripe.freshKey()))
        #expect(error.status == 400)
        #expect(error.error.type == "invalid_request_error")
        #expect(error.error.code == nil)
        #expect(error.error.message?.contains("expired") == true)
        let read = try await stripe.success(.retrieveCheckout(session.id, expanding: []), CheckoutSession.self)
        #expect(read.status == .expired)
      }
    }

    @Test(arguments: Peer.here)
    func `a session lives from half an hour to a day`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        // In Stripe's time, whatever ours is.
        let now = Timestamp(
          seconds: try await stripe.success(stripe.recovery(for: customer), CheckoutSession.self).created)
        for wrong: Duration in [.minutes(29), .hours(25)] {
          let error = try await stripe.refusal(stripe.recovery(for: customer, expiresAt: now + wrong))
          #expect(error.status == 400)
          #expect(error.error.param == "expires_at")
        }
        for good: Duration in [.minutes(32), .hours(23)] {
          let session = try await stripe.success(
            stripe.recovery(for: customer, expiresAt: now + good), CheckoutSession.self)
          #expect(session.expiresAt == (now + good).seconds)
        }
      }
    }

    @Test(arguments: Peer.here, [CheckoutUI.embeddedPage, .elements])
    func `what is shown on our own page has a secret instead of an address`(
      peer: Peer, ui: CheckoutUI
    ) async throws {
      try await Contract.with(peer) { stripe in
        let session = try await stripe.success(
          stripe.recovery(for: try await stripe.customer(), ui: ui), CheckoutSession.self)
        #expect(session.url == nil)
        #expect(session.clientSecret?.isEmpty == false)
      }
    }

    static let refused = [
      "mode=payment&success_url=https://example.com/",
      "mode=setup&success_url=https://example.com/",
      "mode=setup&currency=usd&success_url=https://example.com/&ui_mode=hosted",
      "mode=setup&currency=usd&success_url=https://example.com/&ui_mode=embedded_page",
      "mode=setup&currency=usd&success_url=https://example.com/&customer=cus_DuesNobody0000",
      "mode=setup&currency=usd&success_url=https://example.com/&client_reference_id="
        + String(repeating: "x", count: 201),
    ]

    @Test(arguments: Peer.here, refused)
    func `a session that cannot be is refused`(peer: Peer, form: String) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.post, "/v1/checkout/sessions", form)
        #expect(answer.status == 400)
        #expect(answer.error["type"].text == "invalid_request_error")
      }
    }

    @Test(arguments: Peer.here)
    func `an email beside a customer`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let answer = try await stripe.raw(
          .post, "/v1/checkout/sessions",
          "mode=setup&currency=usd&success_url=https://example.com/&customer=\(customer)"
            + "&customer_email=other%40example.com")
        #expect(answer.status == 200 || answer.status == 400)
        stripe.record("customer_email beside customer", "\(answer.status) \(answer.error["message"].text ?? "")")
      }
    }

    @Test(arguments: Peer.here)
    func `sessions are listed by customer, newest first`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        var made: [CheckoutSessionID] = []
        for reference in ["chg_1", "chg_2"] {
          let session = try await stripe.success(
            stripe.recovery(for: customer, reference: reference), CheckoutSession.self)
          made.append(session.id)
        }
        let list = try await stripe.success(
          .listCheckouts(customer: customer, createdSince: nil, startingAfter: nil), StripeList<CheckoutSession>.self)
        // Both may be of one second; then their order is Stripe's own.
        #expect(Set(list.data.map(\.id)) == Set(made))
        let rest = try await stripe.success(
          .listCheckouts(customer: customer, createdSince: nil, startingAfter: list.data[0].id),
          StripeList<CheckoutSession>.self)
        #expect(rest.data.map(\.id) == [list.data[1].id])
      }
    }
  }
}
