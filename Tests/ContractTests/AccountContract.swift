import Domain
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  @Suite struct Account {
    @Test(arguments: Peer.here)
    func `the account of a key can be read`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let account = try await stripe.success(.retrieveAccount(), StripeAccount.self)
        #expect(account.id.hasPrefix("acct_"))
      }
    }

    @Test(arguments: Peer.here)
    func `an answer says which request it was, in which version, and when`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let reply = try #require(await stripe.client.send(.retrieveAccount()).reply)
        #expect(reply.requestID?.hasPrefix("req_") == true)
        #expect(reply.date != nil)
        #expect(stripe.client.serverTime.offset != nil)
        let raw = try await stripe.raw(.get, "/v1/balance")
        #expect(raw.header("Stripe-Version") == Contract.version)
      }
    }

    @Test(arguments: Peer.here)
    func `a wrong key is a 401, and nothing about the request`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        // The sandbox has one account and takes every test key for it; what is no key at all it knows.
        let key = peer == .stripe ? "sk_test_thisIsNobodysKey" : "nonsense"
        let answer = await stripe.stranger(key: key).send(.retrieveAccount())
        guard case .failure(let reply, let error) = answer else {
          throw Contract.Failure(description: "\(answer)")
        }
        #expect(reply.status == 401)
        #expect(error.isAuthenticationProblem)
        #expect(error.error.type == "invalid_request_error")
        #expect(error.error.code == nil)
        #expect(IntentReading(answer).isAuthenticationProblem)
      }
    }

    @Test(arguments: Peer.here)
    func `an API version that never was is a 400 without a code`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.get, "/v1/balance", version: "2026-13-99.nothing")
        #expect(answer.status == 400)
        #expect(answer.error["type"].text == "invalid_request_error")
        #expect(answer.error["code"].isNull)
      }
    }

    @Test(arguments: Peer.here)
    func `an older API version is taken and named in the answer`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.get, "/v1/balance", version: "2025-10-29.clover")
        #expect(answer.status == 200)
        #expect(answer.header("Stripe-Version") == "2025-10-29.clover")
      }
    }

    @Test(arguments: Peer.here)
    func `an address that never was is a 404`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.get, "/v1/nothing")
        #expect(answer.status == 404)
        #expect(answer.error["type"].text == "invalid_request_error")
        #expect(answer.error["message"].text?.hasPrefix("Unrecognized request URL") == true)
      }
    }

    static let missing: [StripeRequest] = [
      .retrieveIntent("pi_3DuesNobodysIntent00000"), .retrieveCustomer("cus_DuesNobody0000"),
      .retrievePaymentMethod("pm_1DuesNobodysMethod00000"), .retrieveSetupIntent("seti_1DuesNobodysSetup0000"),
      .retrieveCheckout("cs_test_a1DuesNobodysSession", expanding: []), .retrieveEvent("evt_1DuesNobodysEvent00000"),
    ]

    @Test(arguments: Peer.here, missing)
    func `what is not there is a 404 that says so`(peer: Peer, request: StripeRequest) async throws {
      try await Contract.with(peer) { stripe in
        let error = try await stripe.refusal(request)
        #expect(error.status == 404)
        #expect(error.error.type == "invalid_request_error")
        #expect(error.error.code == "resource_missing")
        #expect(error.error.message?.contains("No such") == true)
      }
    }
  }
}
