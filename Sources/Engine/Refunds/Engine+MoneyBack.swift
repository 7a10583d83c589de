import Domain
import Storage
import Stripe

/// Refunds and disputes, whoever made them: the event is a hint (law 6), the payment is read from Stripe.
extension Engine {
  /// - Returns: whether the payment is one of ours.
  func applyMoneyBack(_ event: EventRecord) async throws -> Bool {
    guard let intent = event.intent else { return false }
    guard try await readMoneyBack(intent) else { return false }
    switch event.type {
    case "charge.dispute.created": try ledger.disputeOpened(event.object, of: intent, at: now)
    case "charge.dispute.closed": try ledger.disputeClosed(event.object, of: intent, at: now)
    // One that was pending was never counted as gone back, so nothing else would say it.
    case "refund.failed": try ledger.refundFailed(event.object, at: now)
    default: break
    }
    return true
  }

  /// An intent that was read for another reason shows that something of it has gone back, or that it is disputed, and the
  /// ledger does not know: its event may be lost, or have come before its payment was recorded.
  func readMoneyBackIfAny(of intent: PaymentIntent) async throws {
    guard let payment = try ledger.payment(through: intent.id), let shown = intent.latestCharge?.object else { return }
    let isDisputed = try ledger.charge(payment.charge)?.disputedAt != nil
    guard shown.amountRefunded ?? 0 != payment.refunded || (shown.disputed ?? false) && !isDisputed else { return }
    _ = try await readMoneyBack(intent.id)
  }

  /// What of a payment has gone back, and whether it is disputed, as Stripe shows it now.
  ///
  /// - Throws: ``StripeTrouble/unreadable(_:)`` for a payment of ours that the ledger has not recorded yet: its own event
  ///   comes, and then this one is tried again.
  func readMoneyBack(_ intent: PaymentIntentID) async throws -> Bool {
    while true {
      let before = try ledger.payment(through: intent)?.refunded
      let read = try await read(PaymentIntent.self, .retrieveIntent(intent))
      guard let charge = read.latestCharge?.object else { return false }
      let seen = MoneyBack(
        intent: intent, refunded: charge.amountRefunded ?? 0, isDisputed: charge.disputed ?? false, before: before)
      switch try ledger.moneyBack(seen, at: now) {
      case .applied: return true
      // Stripe is asked again: of two readings the later one counts, whoever writes first.
      case .outdated: continue
      case .unknown: break
      }
      guard read.metadata?["dues_ledger"] == ledger.id.text, read.status == .succeeded else { return false }
      throw StripeTrouble.unreadable("payment \(intent) is not recorded yet, and something of it has gone back")
    }
  }
}
