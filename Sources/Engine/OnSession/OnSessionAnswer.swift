package import Domain

/// What the customer's browser is told of a payment on our own page.
package enum OnSessionAnswer: Sendable, Equatable {
  case paid
  /// The customer's bank asks; the browser answers it with this, and then confirms.
  case requiresAction(clientSecret: String)
  case declined(SafeReason)
  /// Not a method or an intent that this charge may be paid with.
  case unknown
  /// Something else is on its way: nobody is to pay now.
  case inFlight
  case notOwed(ChargeState)
  /// Stripe did not answer; asking again is safe.
  case unavailable(String)
}
