package import Domain

/// What asking for a setup session came to.
package enum SetupDoor: Sendable {
  case open(session: CheckoutSessionID, url: String?)
  /// The customer has completed the session that a click before had opened.
  case finished(session: CheckoutSessionID)
  /// Stripe said no; `isInput`: because of what was asked for.
  case refused(String, isInput: Bool)
  case unavailable(String)
}

/// What a setup session has come to.
package enum SetupResult: Sendable {
  case complete(SetupCompletion)
  /// The customer has not finished; `url`: where they can go on.
  case open(url: String?)
  /// The bank is still verifying the method.
  case verifying(SetupVerification)
  /// What was entered cannot be charged while the customer is away.
  case refused(SetupRejection)
  /// Nothing was saved, for good.
  case ended(String)
  case notOurs
}

package struct SetupCompletion: Sendable {
  package let session: CheckoutSessionID
  package let customer: CustomerID
  package let method: PaymentMethod
  package let agreement: Agreement?
}

/// A bank account that is not verified yet.
package struct SetupVerification: Sendable {
  package let method: PaymentMethod?
  package let agreement: Agreement?
  /// Two small deposits are on their way, and the customer tells Stripe on this page what has arrived.
  package let url: String?
  /// When they should be there.
  package let arrivesAt: Timestamp?
  package let usesMicrodeposits: Bool
}

package struct SetupRejection: Sendable {
  package let refusal: SetupRefusal
  package let customer: CustomerID?
  package let method: PaymentMethod?
}
