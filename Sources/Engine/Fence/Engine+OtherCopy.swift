import Domain
import Logging
import Storage
import Stripe

/// What another copy of this ledger has done, of which no event tells: a page that it opened, a retry that it sent. A page and
/// a retry have keys of their own, so that Stripe would let both collect; each is looked for before the other goes out
/// (docs/decisions/0020).
extension Engine {
  /// A session lives for a day at most.
  private static let longestPage = Duration.hours(25)
  /// What a tick has heard of an attempt so long ago vouches for its intent.
  private static let attemptVouches = Duration.hours(1)

  /// Before a retry leaves, or a payment on our page: raises the fence if another copy has led the customer to a page.
  ///
  /// - Returns: why it does not leave; `nil`: it may. Without Stripe's answer it waits; what is answered strangely, as
  ///   perhaps of a customer that is gone, does not stand before it.
  func whyPagesForbid(_ customer: CustomerID) async -> String? {
    do {
      try await goingOn(with: "the pages of customer \(customer)") { try await lookForPages(of: customer) }
      return try ledger.fence()?.advice
    } catch {
      return "it cannot be known whether another copy has opened a page: \(error)"
    }
  }

  /// Raises the fence if Stripe shows a page of this ledger's that it does not know.
  private func lookForPages(of customer: CustomerID) async throws {
    let foreign = try await session(of: customer, since: stripeNow - Self.longestPage, where: isUnknown)
    if let foreign { try ledger.raiseFence(because: Lacking.session(foreign).what, at: now) }
  }

  /// Before a page is opened: what the charge's own intent has come to, if nobody has heard of it lately.
  ///
  /// - Returns: why no page is opened; `nil`: it may be.
  func lookAtIntentBeforePage(of charge: Charge, by opener: CheckoutOpener) async throws -> CheckoutDoor? {
    guard charge.state == .recovering, let id = charge.paymentIntent, try ledger.liveCheckout(of: charge.id) == nil
    else {
      return nil
    }
    let heard = try ledger.attempts(of: charge.id).last { $0.kind == .offSession }?.askedAt
    if opener == .engine, let heard, now - heard < Self.attemptVouches { return nil }
    let shown: PaymentIntent
    do {
      shown = try await read(PaymentIntent.self, .retrieveIntent(id))
    } catch {
      return .unavailable("\(error)")
    }
    switch shown.status {
    case .processing:
      logger.notice("no page is opened: \(id) is processing", metadata: ["charge": "\(charge.id)"])
      return .inFlight
    case .succeeded:
      guard let received = shown.received else { return .inFlight }
      let after = try ledger.intentSucceeded(id, of: charge.id, received: received, by: .offSession, context(charge))
      return after.state == .recovering ? nil : .notOwed(after.state)
    case .requiresAction, .requiresCapture, .requiresConfirmation, .requiresPaymentMethod, .canceled, .unknown:
      return nil
    }
  }
}
