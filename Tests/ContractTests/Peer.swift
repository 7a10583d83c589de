import Foundation
import Testing
import Transport

/// Who is asked: the contract holds for both, or the sandbox is not Stripe.
enum Peer: String, Sendable, CustomTestStringConvertible {
  case sandbox
  /// Stripe itself, in its test mode.
  case stripe

  /// The peers that can be asked here and now. Without a key that is the sandbox alone, and ``ContractCases/AgainstStripe`` says
  /// so as a skipped suite.
  static let here: [Peer] = StripeItself.key == .none ? [.sandbox] : [.sandbox, .stripe]

  var testDescription: String {
    switch self {
    case .sandbox: "the sandbox"
    case .stripe: StripeItself.base == StripeItself.home ? "Stripe itself" : "what answers at \(StripeItself.base)"
    }
  }
}

/// Stripe's own test mode, if a key for it is in the environment.
enum StripeItself {
  static let variable = "DUES_STRIPE_TEST_KEY"
  static let notRun: Comment = "not run against Stripe itself: set DUES_STRIPE_TEST_KEY"

  enum Key: Equatable {
    case none
    case test(String)
    /// Not a key that these tests may touch; the text says why, without the key.
    case refused(String)

    init(_ text: String?) {
      switch text {
      case nil, "": self = .none
      case let text? where text.hasPrefix("sk_test_") || text.hasPrefix("rk_test_"): self = .test(text)
      case let text? where text.hasPrefix("sk_live_") || text.hasPrefix("rk_live_"):
        self = .refused(
          "\(variable) is a live key. These tests charge, refund and delete: they take a test key (sk_test_, rk_test_)."
        )
      case _?: self = .refused("\(variable) is no secret test key: it begins with neither sk_test_ nor rk_test_.")
      }
    }
  }

  static let key = Key(ProcessInfo.processInfo.environment[variable])

  static let home = "https://api.stripe.com"
  /// Elsewhere only on this machine, to try the way itself, by curl and key, against `dues sandbox`.
  static let base = ProcessInfo.processInfo.environment["DUES_STRIPE_TEST_BASE"] ?? home

  /// No key leaves for anywhere else.
  static func mayBeSent(to base: String) -> Bool { base == home || base.hasPrefix("http://127.0.0.1:") }

  /// One for all cases, so that its connections are reused.
  static let curl = CurlClient(
    configuration: CurlConfiguration(userAgent: "Dues-contract-tests", connectTimeout: .seconds(10)))
}
