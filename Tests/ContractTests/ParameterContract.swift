import Domain
import Stripe
import TestSupport
import Testing
import Transport

extension ContractCases {
  /// What Stripe refuses before anything happens.
  @Suite struct Parameter {
    struct Row: Sendable, CustomTestStringConvertible {
      let path: String
      let form: String
      let code: String?
      let param: String?
      var testDescription: String { "\(path) \(form.prefix(60))" }

      init(_ path: String, _ form: String, code: String?, param: String?) {
        (self.path, self.form, self.code, self.param) = (path, form, code, param)
      }
    }

    private static let intents = "/v1/payment_intents"
    private static let sessions = "/v1/checkout/sessions"
    private static let page = "mode=setup&currency=usd&success_url=https://example.com/"

    static let rows = [
      Row(intents, "currency=usd", code: "parameter_missing", param: "amount"),
      Row(intents, "amount=0&currency=usd", code: "parameter_invalid_integer", param: "amount"),
      Row(intents, "amount=49&currency=usd", code: "amount_too_small", param: "amount"),
      Row(intents, "amount=ten&currency=usd", code: "parameter_invalid_integer", param: "amount"),
      Row(intents, "amount=1099&currency=usd&custmer=x", code: "parameter_unknown", param: "custmer"),
      Row(
        intents, "amount=1099&currency=usd&payment_method_types[]=card",
        code: "payment_method_types_no_longer_supported", param: "payment_method_types"),
      Row(
        "/v1/setup_intents", "payment_method_types[]=card", code: "payment_method_types_no_longer_supported",
        param: "payment_method_types"),
      Row(
        sessions, "\(page)&payment_method_types[]=card", code: "payment_method_types_no_longer_supported",
        param: "payment_method_types"),
    ]

    @Test(arguments: Peer.here, rows)
    func `a wrong parameter is refused by name`(peer: Peer, row: Row) async throws {
      try await Contract.with(peer) { stripe in
        let answer = try await stripe.raw(.post, row.path, row.form)
        #expect(answer.status == 400)
        #expect(answer.error["type"].text == "invalid_request_error")
        #expect(answer.error["code"].text == row.code)
        let param = answer.error["param"].text
        guard row.code != "payment_method_types_no_longer_supported" else {
          return stripe.record("the parameter that is named for \(row.testDescription)", param ?? "none")
        }
        #expect(param == row.param)
      }
    }

    /// The client's builders with an amount that Stripe does not take: an error of ours, which says which.
    @Test(arguments: Peer.here)
    func `an amount that is too small is ours to mend`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let error = try await stripe.refusal(stripe.charge(try await stripe.save("pm_card_visa"), amount: 49))
        #expect(error.status == 400)
        #expect(error.error.code == "amount_too_small")
        #expect(error.error.param == "amount")
        guard case .refused(.refusedByStripe, let reason) = IntentReading(error).outcome else {
          throw Contract.Failure(description: "\(IntentReading(error).outcome)")
        }
        #expect(reason.contains("amount_too_small"))
      }
    }

    @Test(arguments: Peer.here)
    func `metadata has 50 keys of 40 characters with values of 500`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let key = String(repeating: "k", count: 40)
        let value = String(repeating: "v", count: 500)
        let rows: [(metadata: [(String, String)], status: Int)] = [
          ((0..<50).map { ("key\($0)", "v") }, 200), ((0..<51).map { ("key\($0)", "v") }, 400),
          ([(key, value)], 200), ([(key + "k", "v")], 400), ([("key", value + "v")], 400),
        ]
        for row in rows {
          let form = row.metadata.map { "metadata[\($0.0)]=\($0.1)" }.joined(separator: "&")
          let answer = try await stripe.raw(.post, Self.intents, "amount=1099&currency=usd&\(form)")
          #expect(answer.status == row.status, "\(row.metadata.count) keys: \(answer.text.prefix(300))")
        }
      }
    }

    @Test(arguments: Peer.here)
    func `metadata is merged, and an empty value takes a key out`(peer: Peer) async throws {
      try await Contract.with(peer) { stripe in
        let (declined, _) = try await stripe.declined()
        let path = "\(Self.intents)/\(declined.text)"
        let answer = try await stripe.raw(.post, path, "metadata[note]=a+b%26c&metadata[dues_contract]=")
        #expect(answer.json["metadata"].keys == ["note"])
        #expect(answer.json["metadata"]["note"].text == "a b&c")
        // Any update clears it.
        #expect(answer.json["last_payment_error"].isNull)
      }
    }

    /// Lists that docs/STRIPE.md §11 has from memory.
    @Test(
      arguments: Peer.here, [("isk", 10_550), ("ugx", 999_955), ("bhd", 10_005), ("jpy", 1000)])
    func `an amount that its currency cannot have`(peer: Peer, amount: (currency: String, amount: Int)) async throws {
      try await Contract.with(peer) { stripe in
        let form = "amount=\(amount.amount)&currency=\(amount.currency)&metadata[dues_contract]=\(Contract.run)"
        let answer = try await stripe.raw(.post, Self.intents, form)
        #expect(answer.status == 200 || answer.status == 400)
        stripe.record(
          "amount=\(amount.amount) \(amount.currency)",
          "\(answer.status) \(answer.error["code"].text ?? "") \(answer.error["message"].text ?? "")")
      }
    }
  }
}
