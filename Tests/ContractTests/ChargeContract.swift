import Domain
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// What docs/STRIPE.md §3 says of off-session charges.
  @Suite struct Charge {
    @Test(arguments: Peer.here)
    func `a saved card pays while its owner is away`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (intent, saved) = try await stripe.paid()
        #expect(intent.status == .succeeded)
        #expect(intent.received == Money(amount: 1099, currency: .usd))
        #expect(IntentReading(intent).outcome == .succeeded(received: Money(amount: 1099, currency: .usd)))
        #expect(intent.customer?.id == saved.customer)
        #expect(intent.paymentMethod?.id == saved.method)
        #expect(intent.paymentMethodTypes == ["card"])
        #expect(intent.metadata == ["dues_contract": Contract.run])
        #expect(intent.clientSecret?.hasPrefix("\(intent.id.text)_secret_") == true)
        let charge = try #require(intent.latestCharge?.object)
        #expect(charge.outcome?.type == "authorized")
        #expect(charge.fingerprint != nil)
        let raw = try await stripe.raw(.get, "/v1/payment_intents/\(intent.id.text)")
        #expect(raw.json["description"].text == "Gold membership")
        #expect(raw.json["statement_descriptor_suffix"].text == "GOLD")
        #expect(raw.json["latest_charge"].text == charge.id.text)
        #expect(raw.json["last_payment_error"].isNull)
      }
    }

    @Test(arguments: Peer.here)
    func `a declined charge is a 402 whose intent exists, open`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_chargeCustomerFail")
        let error = try await stripe.refusal(stripe.charge(saved))
        #expect(error.status == 402)
        #expect(error.error.type == "card_error")
        #expect(error.error.code == "card_declined")
        #expect(error.error.declineCode == "generic_decline")
        #expect(error.error.adviceCode == "try_again_later")
        #expect(error.error.message?.isEmpty == false)
        #expect(error.error.paymentMethod?.id == saved.method)
        #expect(error.error.paymentMethod?.customer?.id == saved.customer)
        let intent = try #require(error.paymentIntent)
        #expect(intent.status == .requiresPaymentMethod)
        #expect(intent.paymentMethod == nil)
        #expect(intent.amountReceived == 0)
        #expect(intent.latestCharge?.id.text == error.error.charge)
        #expect(intent.lastPaymentError?.declineCode == "generic_decline")

        let read = try await stripe.success(.retrieveIntent(intent.id), PaymentIntent.self)
        #expect(read.status == .requiresPaymentMethod)
        #expect(read.latestCharge?.object?.outcome?.type == "issuer_declined")
        #expect(IntentReading(read).outcome == IntentReading(error).outcome)
      }
    }

    @Test(arguments: Peer.here)
    func `another card pays the declined intent, under a new key`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (declined, saved) = try await stripe.declined()
        let good = try await stripe.save("pm_card_visa", for: saved.customer)
        let intent = try await stripe.success(stripe.confirm(declined, with: good.method), PaymentIntent.self)
        #expect(intent.id == declined)
        #expect(intent.status == .succeeded)
        #expect(intent.lastPaymentError == nil)
        #expect(intent.paymentMethod?.id == good.method)
      }
    }

    @Test(arguments: Peer.here)
    func `the same card declines the same intent once more`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (declined, saved) = try await stripe.declined()
        let error = try await stripe.refusal(stripe.confirm(declined, with: saved.method))
        #expect(error.status == 402)
        #expect(error.paymentIntent?.id == declined)
        #expect(error.paymentIntent?.status == .requiresPaymentMethod)
      }
    }

    @Test(arguments: Peer.here)
    func `a paid intent can be neither confirmed nor canceled, and the refusal says that it is paid`(
      peer: Peer
    ) async throws {
      try await Contract.with(peer) { stripe in
        let (paid, saved) = try await stripe.paid()
        for request in [
          stripe.confirm(paid.id, with: saved.method),
          .cancelIntent(paid.id, reason: .abandoned, idempotencyKey: stripe.freshKey()),
        ] {
          let error = try await stripe.refusal(request)
          #expect(error.status == 400)
          #expect(error.error.type == "invalid_request_error")
          #expect(error.error.code == "payment_intent_unexpected_state")
          #expect(error.paymentIntent?.id == paid.id)
          #expect(error.paymentIntent?.status == .succeeded)
          #expect(IntentReading(error).outcome == .succeeded(received: Money(amount: 1099, currency: .usd)))
        }
      }
    }

    @Test(arguments: Peer.here)
    func `a canceled intent is closed for good`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (declined, saved) = try await stripe.declined()
        let intent = try await stripe.success(
          .cancelIntent(declined, reason: .abandoned, idempotencyKey: stripe.freshKey()), PaymentIntent.self)
        #expect(intent.status == .canceled)
        #expect(intent.cancellationReason == "abandoned")
        for request in [
          stripe.confirm(declined, with: saved.method),
          .cancelIntent(declined, reason: .abandoned, idempotencyKey: stripe.freshKey()),
        ] {
          let error = try await stripe.refusal(request)
          #expect(error.status == 400)
          #expect(error.error.code == "payment_intent_unexpected_state")
          #expect(error.paymentIntent?.status == .canceled)
          #expect(IntentReading(error).outcome.attemptState == .refused)
        }
      }
    }

    @Test(arguments: Peer.here)
    func `a bank that wants the customer refuses, and the intent stays open`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_authenticationRequired")
        let error = try await stripe.refusal(stripe.charge(saved))
        #expect(error.status == 402)
        #expect(error.error.type == "card_error")
        #expect(error.error.code == "authentication_required")
        #expect(error.error.declineCode == "authentication_required")
        #expect(error.paymentIntent?.status == .requiresPaymentMethod)
        #expect(IntentReading(error).outcome.attemptState == .needsCustomer)
      }
    }

    @Test(arguments: Peer.here)
    func `error_on_requires_action has a decline code of its own`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save("pm_card_authenticationRequired")
        let answer = try await stripe.raw(
          .post, "/v1/payment_intents",
          "amount=1099&currency=usd&customer=\(saved.customer)&payment_method=\(saved.method)&confirm=true"
            + "&error_on_requires_action=true&automatic_payment_methods[enabled]=true"
            + "&automatic_payment_methods[allow_redirects]=never")
        #expect(answer.status == 402)
        #expect(answer.error["code"].text == "authentication_required")
        #expect(answer.error["decline_code"].text == "authentication_not_handled")
        #expect(answer.error["payment_intent"]["status"].text == "requires_payment_method")
      }
    }

    /// The off-session column of docs/STRIPE.md §12 for these is from third parties.
    static let unverified: [PaymentMethodID] = [
      "pm_card_authenticationRequiredOnSetup", "pm_card_authenticationRequiredSetupForOffSession",
    ]

    @Test(arguments: Peer.here, unverified)
    func `a card that is only attached, not set up, pays off session or wants the customer`(
      peer: Peer, name: PaymentMethodID
    ) async throws {
      try await Contract.with(peer) { stripe in
        let saved = try await stripe.save(name)
        let answer = await stripe.client.send(stripe.charge(saved))
        let state = IntentReading(answer).outcome.attemptState
        stripe.record("\(name), attached and charged off session", "\(state)")
        #expect(state == .succeeded || state == .needsCustomer, "\(answer)")
      }
    }
  }
}
