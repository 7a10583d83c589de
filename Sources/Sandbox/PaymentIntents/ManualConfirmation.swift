/// Intents of `confirmation_method=manual`: the bank's yes is not the end, the server confirms once more
/// (docs.stripe.com/payments/accept-a-payment-synchronously).
extension Account {
  /// How long the bank's yes is good for.
  private static let grace = 3600

  mutating func awaitConfirmation(_ id: String, after confirmation: Confirmation) {
    intentNotes[id]?.authenticated = confirmation
    paymentIntents.change(id) { $0["status"] = "requires_confirmation" }
    appointments.add(at: now + Self.grace, .confirmationLapses(paymentIntent: id))
  }

  /// Nobody confirmed within the hour; nothing if somebody did.
  mutating func lapseConfirmation(_ id: String) {
    guard let authenticated = intentNotes[id]?.authenticated, paymentIntents[id]?["status"] == "requires_confirmation"
    else { return }
    intentNotes[id]?.authenticated = nil
    _ = refuse(id, authenticated, .authenticationFailure, withCharge: false)
  }
}
