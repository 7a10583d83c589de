import Stripe
import TestSupport
import Testing
import Transport

/// All cases of the contract, one after another: Stripe's test account is shared, and not to be load-tested.
@Suite(.serialized) struct ContractCases {}

extension ContractCases {
  /// Says out loud whether the contract was held against Stripe itself.
  @Suite(.enabled(if: StripeItself.key != .none, StripeItself.notRun)) struct AgainstStripe {
    @Test func `the key is one that these tests may use, of an account in test mode`() async throws {
      try await Contract.with(.stripe) { stripe in
        let account = try await stripe.success(.retrieveAccount(), StripeAccount.self)
        stripe.record("the account", "\(account.id), \(account.country ?? "of no country that the key may see")")
        let balance = try await stripe.raw(.get, "/v1/balance")
        #expect(balance.json["livemode"].flag == false)
      }
    }
  }
}

@Suite struct StripeItselfKeyTests {
  @Test(arguments: [nil, ""] as [String?])
  func `without a key Stripe itself is left alone`(text: String?) { #expect(StripeItself.Key(text) == .none) }

  @Test(arguments: ["sk_test_abc", "rk_test_abc"])
  func `a test key is taken`(text: String) { #expect(StripeItself.Key(text) == .test(text)) }

  @Test func `a contract never shows its key`() async throws {
    try await Contract.with(.sandbox) { stripe in
      var dumped = ""
      dump(stripe, to: &dumped)
      #expect(!dumped.contains("sk_test_") && !"\(stripe)".contains("sk_test_"))
      let balance = try await stripe.raw(.get, "/v1/balance")
      #expect(balance.status == 200)
    }
  }

  @Test(arguments: [("https://api.stripe.com", true), ("http://127.0.0.1:12111", true), ("https://example.com", false)])
  func `a key goes to Stripe, or stays on this machine`(base: String, isSent: Bool) {
    #expect(StripeItself.mayBeSent(to: base) == isSent)
  }

  @Test(arguments: ["sk_live_abc", "rk_live_abc", "pk_test_abc", "nonsense"])
  func `any other key is refused with words that do not hold it`(text: String) {
    guard case .refused(let why) = StripeItself.Key(text) else {
      Issue.record("a key that is no test key was taken")
      return
    }
    #expect(why.contains(StripeItself.variable) && !why.contains(text))
    #expect(why.contains("live key") == text.contains("live"))
  }
}
