import Domain
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// The declining cards of docs/STRIPE.md §12: they cannot be attached, only tried once.
  @Suite struct Decline {
    struct Row: Sendable, CustomTestStringConvertible {
      let card: String
      let code: String
      /// Nil: it repeats the code, or is absent.
      let declineCode: String?
      let advice: String?
      var testDescription: String { card }
    }

    static let rows = [
      Row(
        card: "pm_card_visa_chargeDeclined", code: "card_declined", declineCode: "generic_decline",
        advice: "try_again_later"),
      Row(
        card: "pm_card_visa_chargeDeclinedInsufficientFunds", code: "card_declined", declineCode: "insufficient_funds",
        advice: "try_again_later"),
      Row(
        card: "pm_card_visa_chargeDeclinedLostCard", code: "card_declined", declineCode: "lost_card",
        advice: "do_not_try_again"),
      Row(
        card: "pm_card_visa_chargeDeclinedStolenCard", code: "card_declined", declineCode: "stolen_card",
        advice: "do_not_try_again"),
      Row(
        card: "pm_card_chargeDeclinedExpiredCard", code: "expired_card", declineCode: nil, advice: "confirm_card_data"),
      Row(
        card: "pm_card_chargeDeclinedIncorrectCvc", code: "incorrect_cvc", declineCode: nil, advice: "confirm_card_data"
      ),
      Row(card: "pm_card_chargeDeclinedFraudulent", code: "card_declined", declineCode: "fraudulent", advice: nil),
    ]

    private static func once(_ card: String) -> String {
      "amount=1099&currency=usd&payment_method=\(card)&confirm=true&automatic_payment_methods[enabled]=true"
        + "&automatic_payment_methods[allow_redirects]=never&metadata[dues_contract]=\(Contract.run)"
        + "&expand[]=latest_charge"
    }

    @Test(arguments: Peer.here, rows)
    func `a card declines as its name says`(peer: Peer, row: Row) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.post, "/v1/payment_intents", Self.once(row.card))
        #expect(answer.status == 402)
        #expect(answer.error["type"].text == "card_error")
        #expect(answer.error["code"].text == row.code)
        let declineCode = answer.error["decline_code"].text
        #expect(declineCode == row.declineCode || row.declineCode == nil && declineCode == row.code)
        #expect(answer.error["advice_code"].text == row.advice)
        #expect(answer.error["payment_intent"]["status"].text == "requires_payment_method")
      }
    }

    @Test(arguments: Peer.here)
    func `a processing error is its own code`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(
          .post, "/v1/payment_intents", Self.once("pm_card_chargeDeclinedProcessingError"))
        #expect(answer.status == 402)
        #expect(answer.error["code"].text == "processing_error")
        stripe.record("advice_code of a processing error", answer.error["advice_code"].text ?? "none")
      }
    }

    @Test(arguments: Peer.here)
    func `a card that Radar blocks never reaches the network`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.post, "/v1/payment_intents", Self.once("pm_card_radarBlock"))
        #expect(answer.status == 402)
        #expect(answer.error["type"].text == "card_error")
        let intent = try #require(answer.error["payment_intent"]["id"].text)
        let read = try await stripe.success(.retrieveIntent(.init(intent)), PaymentIntent.self)
        let charge = try #require(read.latestCharge?.object)
        #expect(charge.outcome?.type == "blocked")
        #expect(charge.outcome?.networkStatus == "not_sent_to_network")
        #expect(charge.isBlocked)
      }
    }

    @Test(arguments: Peer.here, ["pm_card_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds"])
    func `a card that declines cannot be attached`(peer: Peer, card: String) async throws {
      try await Contract.with(peer) { stripe in
        let customer = try await stripe.customer()
        let error = try await stripe.refusal(
          .attachPaymentMethod(.init(card), to: customer, idempotencyKey: stripe.freshKey()))
        #expect(error.status == 402)
        #expect(error.error.type == "card_error")
        #expect(error.error.code == "card_declined")
        #expect(error.error.param == "")
        let list = try await stripe.success(
          .listPaymentMethods(of: customer, startingAfter: nil), StripeList<StripePaymentMethod>.self)
        #expect(list.data.isEmpty)
      }
    }
  }
}
