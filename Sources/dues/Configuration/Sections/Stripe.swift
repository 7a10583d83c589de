import Domain

extension Configuration {
  /// `[stripe]`: the account, and how it is spoken to.
  struct Stripe: Sendable, Equatable {
    enum PaymentMethods: Sendable, Equatable {
      /// Stripe decides, by the account's settings.
      case dynamic
      /// Stripe's names; at least one.
      case types([String])
    }

    /// `nil` without a key: then nothing charges.
    let secretKey: Secret?
    let publishableKey: String?
    let webhookSecrets: [Secret]
    /// Without `/v1` and without a slash at its end.
    let apiBase: String
    let apiVersion: String
    let requestsPerSecond: Int
    let requestsPerSecondPerEndpoint: Int
    let maxInFlight: Int
    let timeout: Duration
    let caFile: String?
    let paymentMethods: PaymentMethods
    let mode: Mode

    init(reading table: TableReader) {
      secretKey = table.secret("secret_key", orEnvironment: "STRIPE_SECRET_KEY")
      mode = Self.mode(of: secretKey, table)
      publishableKey = table.value("publishable_key", Self.parsePublishableKey)
      webhookSecrets = table.secrets("webhook_secrets") ?? []
      apiBase = table.value("api_base", Self.parseBase) ?? "https://api.stripe.com"
      apiVersion = table.value("api_version", Self.parseVersion) ?? "2026-10-28.endive"
      requestsPerSecond = table.integer("requests_per_second", in: 1...1_000_000) ?? (mode == .test ? 15 : 40)
      requestsPerSecondPerEndpoint = table.integer("requests_per_second_per_endpoint", in: 1...1_000_000) ?? 15
      maxInFlight = table.integer("max_in_flight", in: 1...1000) ?? 64
      timeout = table.duration("timeout") ?? .seconds(80)
      caFile = table.readableFile("ca_file")
      paymentMethods = Self.paymentMethods(table) ?? .types(["card", "us_bank_account", "sepa_debit"])
      if mode == .live, WebAddress.isHTTP(apiBase) {
        table.report(
          "api_base", "\"\(apiBase)\" is http, and stripe.secret_key is a live key",
          "write an https:// address, or use a test key (sk_test_…)")
      }
      table.finish()
    }

    /// The key decides: `sk_live_` and `rk_live_` are live, `sk_test_` and `rk_test_` test.
    private static func mode(of key: Secret?, _ table: TableReader) -> Mode {
      guard let key = key?.revealed else { return .none }
      let isWellFormed = !key.contains { $0.isWhitespace || !$0.isASCII }
      if isWellFormed, ["sk_live_", "rk_live_"].contains(where: key.hasPrefix) { return .live }
      if isWellFormed, ["sk_test_", "rk_test_"].contains(where: key.hasPrefix) { return .test }
      let kind = key.hasPrefix("pk_") ? "is a publishable key" : "is not a secret key of Stripe"
      table.report(
        "secret_key", "the value \(kind)",
        "give one that begins with sk_live_, rk_live_, sk_test_ or rk_test_")
      return .none
    }

    private static func parsePublishableKey(_ text: String) throws(ValueProblem) -> String {
      guard text.hasPrefix("pk_live_") || text.hasPrefix("pk_test_") else {
        // It may be the secret key by mistake.
        var problem = ValueProblem(
          "the value is not a publishable key", "give one that begins with pk_live_ or pk_test_")
        problem.quotesValue = true
        throw problem
      }
      return text
    }

    private static func parseBase(_ text: String) throws(ValueProblem) -> String {
      let address = try WebAddress.parseBase(text)
      guard !address.hasSuffix("/v1") else {
        throw ValueProblem("ends with /v1", "write \"\(address.dropLast(3))\"")
      }
      return address
    }

    private static func parseVersion(_ text: String) throws(ValueProblem) -> String {
      let isWellFormed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) }
      guard isWellFormed, text.first?.isNumber == true else {
        throw ValueProblem("is not a version of Stripe's API", "write \"2026-10-28.endive\"")
      }
      return text
    }

    private static func paymentMethods(_ table: TableReader) -> PaymentMethods? {
      let key = "payment_methods"
      if table.isText(key, "dynamic") {
        return table.text(key).map { _ in .dynamic }
      }
      let types = table.list(key, parseMethod)
      guard let types, table.has(key) else { return nil }
      if types.isEmpty { table.report(key, "the list is empty", "name at least \"card\", or write \"dynamic\"") }
      if Set(types).count < types.count { table.report(key, "the list names one twice", "name each once") }
      return .types(types)
    }

    private static func parseMethod(_ text: String) throws(ValueProblem) -> String {
      guard text.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }) else {
        throw ValueProblem("is not a payment method of Stripe", "write its name, such as \"card\" or \"sepa_debit\"")
      }
      return text
    }
  }
}
