/// How far a payment-mode Checkout Session has come, as the ledger knows it.
package enum CheckoutState: String, Sendable, CaseIterable, Codable {
  /// Its request is committed; Stripe's answer is not.
  case opening
  case open
  /// We want it expired, and have not seen it yet.
  case closing
  case expired
  case complete
  /// Stripe refused to make it.
  case failed

  package var isLive: Bool {
    switch self {
    case .opening, .open, .closing: true
    case .expired, .complete, .failed: false
    }
  }
}

package enum CheckoutOpener: String, Sendable, CaseIterable, Codable { case engine, customer }
