import Domain
import Sandbox
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// Bank debits: docs/STRIPE.md §2 and §3. A test account may not have them; then Stripe's own words are recorded.
  @Suite struct BankDebit {
    private static let acceptance = "mandate_data[customer_acceptance][type]=offline"

    /// Saved by a SetupIntent with its mandate, or nil where the account has no bank debits.
    private func saved(_ stripe: Contract, _ name: String) async throws -> (saved: Saved, mandate: String)? {
      let customer = try await stripe.customer()
      let setup = try await stripe.raw(
        .post, "/v1/setup_intents",
        "customer=\(customer)&payment_method=\(name)&confirm=true&usage=off_session&\(Self.acceptance)"
          + "&allowed_payment_method_types[]=us_bank_account&metadata[dues_contract]=\(Contract.run)")
      guard setup.status == 200, let id = setup.id else {
        #expect(stripe.peer == .stripe, "\(setup.text)")
        stripe.record("saving \(name)", "\(setup.status) \(setup.error["message"].text ?? "")")
        return nil
      }
      let intent = try await stripe.success(.retrieveSetupIntent(.init(id)), SetupIntent.self)
      #expect(intent.status == .succeeded)
      let method = try #require(intent.paymentMethod?.object)
      #expect(method.isBankDebit && method.fingerprint != nil)
      return (Saved(customer: customer, method: method.id), try #require(intent.mandate?.id.text))
    }

    @Test(arguments: Peer.here)
    func `a debit with its mandate is under way for days`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let (saved, mandate) = try await saved(stripe, "pm_usBankAccount_success") else { return }
        var draft = stripe.intent(saved, methods: .list(["us_bank_account"]))
        draft.mandate = mandate
        let intent = try await stripe.success(
          .createOffSessionIntent(draft, idempotencyKey: stripe.freshKey()), PaymentIntent.self)
        #expect(intent.status == .processing)
        #expect(IntentReading(intent).outcome == .processing)
        #expect(intent.amountReceived == 0)
        let error = try await stripe.refusal(stripe.confirm(intent.id, with: saved.method))
        #expect(error.error.code == "payment_intent_unexpected_state")
        #expect(IntentReading(error).outcome == .processing)
        guard let sandbox = stripe.sandbox else { return }
        sandbox.advance(by: 10 * 86_400)
        let paid = try await stripe.success(.retrieveIntent(intent.id), PaymentIntent.self)
        #expect(paid.received == Money(amount: 1099, currency: .usd))
      }
    }

    @Test(arguments: Peer.here)
    func `a debit without a mandate is refused`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let answer = try await stripe.raw(
          .post, "/v1/payment_intents",
          "amount=1099&currency=usd&customer=\(customer)&payment_method=pm_usBankAccount_success&confirm=true"
            + "&off_session=true&allowed_payment_method_types[]=us_bank_account"
            + "&metadata[dues_contract]=\(Contract.run)")
        #expect(answer.status == 400)
        #expect(answer.error["type"].text == "invalid_request_error")
        stripe.record(
          "a debit without a mandate",
          "\(answer.error["code"].text ?? "no code"): \(answer.error["message"].text ?? "")")
      }
    }

    @Test(arguments: Peer.here)
    func `a debit that fails is a 200 first, and an event later`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        guard let (saved, mandate) = try await saved(stripe, "pm_usBankAccount_insufficientFunds") else { return }
        var draft = stripe.intent(saved, methods: .list(["us_bank_account"]))
        draft.mandate = mandate
        let intent = try await stripe.success(
          .createOffSessionIntent(draft, idempotencyKey: stripe.freshKey()), PaymentIntent.self)
        stripe.sandbox?.advance(by: 10 * 86_400)
        let failed = try await stripe.eventually(within: 60) {
          let read = try await stripe.success(.retrieveIntent(intent.id), PaymentIntent.self)
          return read.status == .processing ? nil : read
        }
        if peer == .sandbox { #expect(failed != nil) }
        guard let failed else { return stripe.record("a failing debit", "still processing after a minute") }
        #expect(failed.status == .requiresPaymentMethod)
        #expect(IntentReading(failed).outcome.attemptState == .declined)
        stripe.record("the code of a failed debit", failed.lastPaymentError?.code ?? "none")
      }
    }
  }
}
