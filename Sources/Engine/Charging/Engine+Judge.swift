package import Domain
package import Storage
import Stripe

/// A person decides what became of an attempt that Stripe never answered.
extension Engine {
  /// Records a person's decision on an unresolved charge.
  ///
  /// As failed, the customer is asked to pay anew, so Stripe is looked at once more: what the attempt has left open there is
  /// known from now on, and closed before anything else can collect (law 5); what it has collected counts, whatever was said.
  ///
  /// - Throws: ``StripeTrouble`` if Stripe does not answer, or not to this key: nothing is recorded as failed without that look.
  ///   ``LedgerError/cannot(_:)`` unless the charge is unresolved and its key dead, or if Stripe shows it as paid or on its way,
  ///   or for another account's key.
  package func judge(_ id: ChargeID, as judgment: Judgment, note text: String) async throws -> Charge {
    if judgment == .failed, let charge = try ledger.charge(id), charge.state == .unresolved,
      let attempt = try ledger.attempts(of: id).last(where: { $0.state == .unresolved }), !attempt.isUnexecuted
    {
      // Another account shows nothing of it, which says nothing.
      if let why = try await whyNotAtHome() { throw LedgerError.cannot(why) }
      try ledger.checkMayBeJudged(id, as: judgment, keyLife: Self.keyLife, at: now)
      try await lookBehind(attempt, of: charge)
      // The age of a key is reckoned by this clock.
      try checkClocks()
    }
    return try ledger.judge(id, as: judgment, note: text, keyLife: Self.keyLife, at: now, context: context)
  }

  private func lookBehind(_ attempt: AttemptRecord, of charge: Charge) async throws {
    let shown: PaymentIntent?
    do {
      shown = try await intent(of: attempt, charge)
    } catch {
      switch error {
      case .unreachable, .refused(_, isAuthenticationProblem: true): throw error
      // Stripe forgets no intent.
      case .missing where attempt.intent != nil: throw error
      // A certain answer that shows nothing, of a customer that is gone, leaves it to the person.
      case .missing, .refused, .unreadable: return
      }
    }
    guard let shown else { return }
    switch shown.status {
    case .succeeded, .processing:
      try conclude(attempt, of: charge, IntentReading(shown))
      throw LedgerError.cannot(
        "Stripe shows \(shown.id) of charge \(charge.id) as \(shown.status.rawValue): that is recorded instead")
    case .canceled: return
    case .requiresAction, .requiresCapture, .requiresConfirmation, .requiresPaymentMethod, .unknown:
      try adopt(shown, attempt: attempt.number, of: charge.id)
    }
  }
}
