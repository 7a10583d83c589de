/// How the bank behind a payment method answers.
package enum SandboxBehavior: Sendable, Equatable, Codable {
  case succeeds
  /// Declines charges, and refuses even to be attached.
  case declines(SandboxDecline)
  /// Attaches, and declines every charge.
  case declinesCharges(SandboxDecline)
  /// Wants the customer to confirm.
  case authenticates(Authentication)
  /// `processing` for days, then a success (nil) or a failure.
  case debits(days: Int, failure: SandboxDecline?)

  package enum Authentication: Sendable, Equatable, Codable {
    /// At every charge; off session it is refused.
    case always
    /// At setup; once set up for off-session use it charges.
    case onSetup
    /// On session only: off session it counts as set up already.
    case alreadySetUp
    /// Like ``onSetup``, but the charge then finds no funds.
    case thenInsufficientFunds
    /// Like ``always``, but the charge is declined even so.
    case thenDeclined
  }
}

extension SandboxBehavior.Authentication {
  /// What the bank says once it knows the customer; nil for yes.
  var declineAfterwards: SandboxDecline? {
    switch self {
    case .always, .onSetup, .alreadySetUp: nil
    case .thenInsufficientFunds: SandboxDecline("insufficient_funds")
    case .thenDeclined: SandboxDecline("generic_decline")
    }
  }

  /// Whether an off-session charge goes to the bank without the customer.
  ///
  /// - Parameter isSetUp: the method was saved for off-session use, with its authentication.
  func letsOffSessionPass(isSetUp: Bool) -> Bool {
    switch self {
    case .always, .thenDeclined: false
    case .onSetup, .thenInsufficientFunds: isSetUp
    case .alreadySetUp: true
    }
  }
}

/// What a test method does besides, once its charge has succeeded.
package enum SandboxTrait: Sendable, Equatable, Codable {
  /// The cardholder disputes the charge at once.
  case isDisputed(SandboxDisputeGround)
  /// A refund is `pending` at first, and `succeeded` later.
  case refundPends
  /// A refund is `succeeded` at first, and `failed` later.
  case refundFails
  /// The charge's risk level is elevated.
  case hasElevatedRisk
  /// The money is available at once.
  case bypassesPending
}

/// A payment method of Stripe's test data: what it looks like, and how its bank behaves.
struct TestPaymentMethod: Sendable {
  var kind: Kind
  var behavior: SandboxBehavior
  var trait: SandboxTrait?
  /// A bank account that nobody has verified yet.
  var awaitsMicrodeposits = false

  enum Kind: Sendable {
    case card(TestCard)
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

extension TestPaymentMethod {
  init(_ card: TestCard) {
    self.init(kind: .card(card), behavior: card.behavior, trait: card.trait)
  }
}
