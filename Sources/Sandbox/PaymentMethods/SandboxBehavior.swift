/// How the bank behind a payment method answers.
package enum SandboxBehavior: Sendable, Equatable {
  case succeeds
  /// Declines charges, and refuses even to be attached.
  case declines(SandboxDecline)
  /// Attaches, and declines every charge.
  case declinesCharges(SandboxDecline)
  /// Wants the customer to confirm.
  case authenticates(Authentication)
  /// `processing` for days, then a success (nil) or a failure.
  case debits(days: Int, failure: SandboxDecline?)

  package enum Authentication: Sendable, Equatable {
    /// At every charge; off session it is refused.
    case always
    /// At setup; once set up for off-session use it charges.
    case onSetup
    /// On session only: off session it counts as set up already.
    case alreadySetUp
    /// Like ``onSetup``, but the charge then finds no funds.
    case thenInsufficientFunds
  }
}

/// A payment method of Stripe's test data: what it looks like, and how its bank behaves.
struct TestPaymentMethod: Sendable {
  var kind: Kind
  var behavior: SandboxBehavior

  enum Kind: Sendable {
    case card(number: String, brand: String)
    case usBankAccount(account: String)
    case sepaDebit(iban: String)

    var type: String {
      switch self {
      case .card: "card"
      case .usBankAccount: "us_bank_account"
      case .sepaDebit: "sepa_debit"
      }
    }
  }
}
