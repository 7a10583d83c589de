import Domain
import Stripe
import TestSupport
import Testing

extension ContractCases {
  @Suite struct Refund {
    private func refund(_ stripe: Contract, _ intent: PaymentIntentID, _ amount: Int64?) -> StripeRequest {
      .createRefund(
        of: intent, amount: amount, reason: .requestedByCustomer, metadata: [("dues_contract", Contract.run)],
        idempotencyKey: stripe.freshKey())
    }

    @Test(arguments: Peer.here)
    func `a part goes back, then the rest, then nothing more`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (paid, _) = try await stripe.paid()
        let part = try await stripe.success(refund(stripe, paid.id, 99), StripeRefund.self)
        #expect(part.amount == 99)
        #expect(part.status == .succeeded)
        let partly = try await stripe.success(.retrieveIntent(paid.id), PaymentIntent.self)
        #expect(partly.latestCharge?.object?.amountRefunded == 99)
        #expect(partly.status == .succeeded)

        let tooMuch = try await stripe.refusal(refund(stripe, paid.id, 1001))
        #expect(tooMuch.status == 400)
        #expect(tooMuch.error.type == "invalid_request_error")

        let rest = try await stripe.success(refund(stripe, paid.id, nil), StripeRefund.self)
        #expect(rest.amount == 1000)
        let error = try await stripe.refusal(refund(stripe, paid.id, nil))
        #expect(error.status == 400)
        #expect(error.error.code == "charge_already_refunded")
      }
    }

    @Test(arguments: Peer.here)
    func `what was not paid cannot go back`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (declined, _) = try await stripe.declined()
        let error = try await stripe.refusal(refund(stripe, declined, nil))
        #expect(error.status == 400)
        #expect(error.error.type == "invalid_request_error")
      }
    }
  }
}
