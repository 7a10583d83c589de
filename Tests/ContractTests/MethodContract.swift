import Domain
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// docs/STRIPE.md §9: saved methods and their customers.
  @Suite struct Method {
    @Test(arguments: Peer.here)
    func `attaching a test method makes a copy with an id of its own`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let method = try await stripe.success(
          .attachPaymentMethod("pm_card_mastercard", to: customer, idempotencyKey: stripe.freshKey()),
          StripePaymentMethod.self)
        #expect(method.id.text.hasPrefix("pm_1"))
        #expect(method.type == "card")
        #expect(method.customer?.id == customer)
        #expect(method.card?.brand == "mastercard")
        #expect(method.card?.last4 == "4444")
        #expect(method.fingerprint != nil)
        #expect(try await stripe.success(.retrievePaymentMethod(method.id), StripePaymentMethod.self) == method)
        let list = try await stripe.success(
          .listPaymentMethods(of: customer, startingAfter: nil), StripeList<StripePaymentMethod>.self)
        #expect(list.data == [method] && !list.hasMore)
      }
    }

    @Test(arguments: Peer.here)
    func `two copies of one card have one fingerprint`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let first = try await stripe.save("pm_card_visa")
        let second = try await stripe.save("pm_card_visa")
        let one = try await stripe.success(.retrievePaymentMethod(first.method), StripePaymentMethod.self)
        let other = try await stripe.success(.retrievePaymentMethod(second.method), StripePaymentMethod.self)
        #expect(one.id != other.id)
        #expect(one.fingerprint == other.fingerprint)
      }
    }

    @Test(arguments: Peer.here)
    func `a customer's default method can be read back`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_visa")
        let answer = try await stripe.raw(
          .post, "/v1/customers/\(saved.customer.text)", "invoice_settings[default_payment_method]=\(saved.method)")
        #expect(answer.status == 200)
        let customer = try await stripe.success(.retrieveCustomer(saved.customer), StripeCustomer.self)
        #expect(customer.defaultPaymentMethod == saved.method)
        #expect(customer.email == "jenny@example.com")
        #expect(customer.name == "Jenny Rosen")
      }
    }

    @Test(arguments: Peer.here, ["invalid", "pm_1DuesNobodysMethod00000"])
    func `an unknown method cannot be attached`(peer: Peer, name: String) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let error = try await stripe.refusal(
          .attachPaymentMethod(.init(name), to: customer, idempotencyKey: stripe.freshKey()))
        #expect(error.status == 404)
        #expect(error.error.code == "resource_missing")
        #expect(error.error.param == "payment_method")
      }
    }

    @Test(arguments: Peer.here)
    func `a charge by an unknown method names the parameter`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = Saved(customer: try await stripe.customer(), method: "pm_1DuesNobodysMethod00000")
        let error = try await stripe.refusal(stripe.charge(saved))
        #expect(error.error.type == "invalid_request_error")
        #expect(error.error.code == "resource_missing")
        #expect(error.error.param == "payment_method")
        #expect(IntentReading(error).outcome.attemptState == .declined)
      }
    }

    @Test(arguments: Peer.here)
    func `a charge of an unknown customer names the parameter`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let method = try await stripe.save("pm_card_visa").method
        let error = try await stripe.refusal(
          stripe.charge(Saved(customer: "cus_DuesNobody0000", method: method)))
        #expect(error.error.type == "invalid_request_error")
        #expect(error.error.code == "resource_missing")
        #expect(error.error.param == "customer")
        #expect(Self.held(error) == .customerGone)
      }
    }

    @Test(arguments: Peer.here)
    func `a method of another customer cannot be charged`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let mine = try await stripe.save("pm_card_visa")
        let other = try await stripe.customer()
        let error = try await stripe.refusal(stripe.charge(Saved(customer: other, method: mine.method)))
        #expect(error.status == 400)
        #expect(error.error.type == "invalid_request_error")
        stripe.record(
          "a method of another customer", "\(error.sentence), read as \(IntentReading(error).outcome.attemptState)")
      }
    }

    @Test(arguments: Peer.here)
    func `a detached method is gone for good: 400, not 402`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_visa")
        let detached = try await stripe.raw(.post, "/v1/payment_methods/\(saved.method.text)/detach")
        #expect(detached.status == 200)
        #expect(detached.json["customer"].isNull)

        let charge = try await stripe.refusal(stripe.charge(saved))
        #expect(charge.status == 400)
        #expect(charge.error.type == "invalid_request_error")
        guard case .declined(_, let verdict) = IntentReading(charge).outcome else {
          throw Contract.Failure(description: "a detached method is read as \(IntentReading(charge).outcome)")
        }
        #expect(verdict.remedy == .newDetails)

        let again = try await stripe.refusal(
          .attachPaymentMethod(saved.method, to: saved.customer, idempotencyKey: stripe.freshKey()))
        #expect(again.status == 400)
        #expect(again.error.code == nil)
      }
    }

    @Test(arguments: Peer.here)
    func `a deleted customer is a 200 that says so, once`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_visa")
        let path = "/v1/customers/\(saved.customer.text)"
        let deleted = try await stripe.raw(.delete, path)
        #expect(deleted.status == 200)
        #expect(deleted.json.keys == ["id", "object", "deleted"])
        let read = try await stripe.success(.retrieveCustomer(saved.customer), StripeCustomer.self)
        #expect(read.kept.isDeleted)
        let again = try await stripe.raw(.delete, path)
        #expect(again.status == 404)
        #expect(again.error["code"].text == "resource_missing")

        let error = try await stripe.refusal(stripe.charge(saved))
        #expect(error.error.type == "invalid_request_error")
        stripe.record("a charge of a deleted customer", error.sentence)
      }
    }

    private static func held(_ error: StripeErrorBody) -> HeldReason? {
      if case .refused(let reason, _) = IntentReading(error).outcome { reason } else { nil }
    }
  }
}
