/// Why a method that a setup session has saved cannot be charged while the customer is away. Judged at the setup, so that
/// nobody learns it at the first charge.
package enum SetupRefusal: String, Sendable, CaseIterable, Codable {
  /// The SetupIntent saved it for payments in the customer's presence.
  case onSession = "on_session"
  /// Its type or its mandate is good for one payment.
  case singleUse = "single_use"
  /// Not in `stripe.payment_methods`: a charge would not allow it.
  case typeNotAllowed = "type_not_allowed"
  /// Stripe shows it, or its session, as somebody else's.
  case otherCustomer = "other_customer"
  case customerGone = "customer_gone"
  /// A bank debit without leave to debit.
  case noMandate = "no_mandate"
  case mandateInactive = "mandate_inactive"
  /// The same card was stopped before (decision 10).
  case cardStopped = "card_stopped"
  case cardExpired = "card_expired"
  /// Stripe knows that the account cannot be debited.
  case accountBlocked = "account_blocked"
  /// It belongs to nobody, and Stripe does not let it be attached.
  case notAttachable = "not_attachable"
}

extension SetupRefusal {
  /// For whoever reads `dues status`, the history or a command's error.
  package var words: String {
    switch self {
    case .onSession: "it was saved for payments in the customer's presence only"
    case .singleUse: "it is good for a single payment"
    case .typeNotAllowed: "its type is not in stripe.payment_methods"
    case .otherCustomer: "Stripe shows it as another customer's"
    case .customerGone: "its customer was deleted at Stripe"
    case .noMandate: "it is a bank account without a mandate"
    case .mandateInactive: "its mandate is inactive"
    case .cardStopped: "the same card was stopped before"
    case .cardExpired: "the card has expired"
    case .accountBlocked: "the bank account cannot be debited"
    case .notAttachable: "Stripe does not let it be attached to a customer"
    }
  }

  /// What the customer may read of it; `nil`: only that it cannot be used.
  package var safeReason: SafeReason? {
    switch self {
    case .cardExpired: .expired
    case .onSession, .singleUse, .typeNotAllowed, .otherCustomer, .customerGone, .noMandate, .mandateInactive,
      .cardStopped, .accountBlocked, .notAttachable:
      nil
    }
  }
}
