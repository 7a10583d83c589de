package import Domain
import Foundation
import Logging
import Storage
import Stripe

/// What is true about a Checkout Session of a charge, after asking Stripe.
package enum Settlement: Sendable, Equatable {
  case paid(ChargeID)
  /// The bank is still working on it.
  case processing(ChargeID)
  case open(ChargeID)
  case expired(ChargeID)
  /// Stripe received something else than what is owed; a person has been told.
  case wrongAmount(ChargeID)
  /// Not a session of this ledger; Stripe was not asked.
  case notOurs
  case unreadable(String)
}

/// The fulfill routine of Stripe's guide (checkout/fulfillment): may run any number of times, at once and in any order,
/// from the webhook, the landing page, `sync` or by hand, and records once (law 7).
extension Engine {
  package func settle(_ session: CheckoutSessionID) async throws -> Settlement {
    guard let checkout = try ledger.checkout(session: session) else { return .notOurs }
    do {
      let read = try await read(
        CheckoutSession.self, .retrieveCheckout(session, expanding: [.latestCharge, .paymentMethod]))
      return try await apply(read, to: checkout)
    } catch let trouble as StripeTrouble {
      return .unreadable(trouble.description)
    }
  }

  private func apply(_ session: CheckoutSession, to checkout: CheckoutRecord) async throws -> Settlement {
    let charge = checkout.charge
    switch session.status {
    case .open: return .open(charge)
    case .expired:
      try ledger.checkoutExpired(session.id, at: now)
      return .expired(charge)
    case .complete: break
    case .unknown, nil: return .unreadable("Stripe shows the session in a state that Dues does not know")
    }
    switch session.paymentStatus {
    case .paid: return try await paid(session, charge)
    case .unpaid: return try unpaid(session, charge)
    case .noPaymentRequired, .unknown: return .unreadable("Stripe shows the session complete without a payment")
    }
  }

  private func paid(_ session: CheckoutSession, _ charge: ChargeID) async throws -> Settlement {
    guard let intent = session.paymentIntent?.object, let received = intent.received else {
      return .unreadable("Stripe shows the session paid without a PaymentIntent")
    }
    let items = try await lineItems(of: session.id)
    let saves = try ledger.charge(charge).map { settings.policy(of: $0.origin.job).recovery.saveNewCard } ?? false
    var method = saves ? intent.paymentMethod?.object?.kept(mandate: nil) : nil
    // A card that Stripe did not attach to the customer was used once and cannot be charged again.
    if method?.customer == nil { method = nil }
    let after = try ledger.settle(
      SettledCheckout(
        session: session.id, intent: intent.id, received: received, lineItems: items, savedMethod: method),
      context(charge))
    try await readMoneyBackIfAny(of: intent)
    return after.state == .paid ? .paid(charge) : .wrongAmount(charge)
  }

  /// Complete and not paid: a delayed method, on its way or come back.
  private func unpaid(_ session: CheckoutSession, _ charge: ChargeID) throws -> Settlement {
    let intent = session.paymentIntent
    if let status = intent?.object?.status, status == .requiresPaymentMethod || status == .canceled {
      let after = try ledger.settleFailed(session.id, intent: intent?.id, context(charge))
      return after.state == .processing ? .processing(charge) : .expired(charge)
    }
    _ = try ledger.settleProcessing(session.id, intent: intent?.id, context(charge))
    return .processing(charge)
  }

  /// All pages of a session's line items, as a JSON array for the merchant's system.
  private func lineItems(of session: CheckoutSessionID) async throws(StripeTrouble) -> String {
    var items: [LineItem] = []
    var after: String?
    while true {
      let page = try await read(StripeList<StripeLineItem>.self, .listLineItems(session, startingAfter: after))
      items += page.data.map(LineItem.init)
      guard page.hasMore, let last = page.data.last else { break }
      after = last.id
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return String(decoding: try encoder.encode(items), as: UTF8.self)
    } catch {
      throw .unreadable("line items of \(session): \(error)")
    }
  }
}
