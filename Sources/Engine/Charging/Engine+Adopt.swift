import Domain
import Storage
import Stripe

extension Engine {
  /// An intent at Stripe that no answer has named: the ledger knows it from now on. The draft of a refused create, which
  /// the sandbox keeps and which can collect nothing, is left alone.
  func adopt(_ shown: PaymentIntent, attempt number: Int, of charge: ChargeID) throws {
    let attempt = try ledger.attempts(of: charge).first { $0.number == number }
    if shown.status == .requiresConfirmation, attempt?.kind != .onSession { return }
    try ledger.adopt(
      shown.id, attempt: number, of: charge, waitsForCustomer: shown.status == .requiresAction, at: now)
  }
}
