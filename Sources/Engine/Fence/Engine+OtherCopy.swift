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

  /// Before retries are claimed: raises the fence if another copy has led one of their customers to a page.
  ///
  /// - Throws: ``StripeTrouble`` if Stripe does not answer, or not to this key: without that look nothing is retried.
  func lookForPagesBeforeRetries() async throws {
    let usableJobs = settings.usableJobs
    var looked: Set<CustomerID> = []
    for retry in try ledger.retriesDue(at: now) {
      if let job = retry.job, !usableJobs.contains(job) { continue }
      guard looked.insert(retry.customer).inserted else { continue }
      try await goingOn(with: "the pages of customer \(retry.customer)") { try await lookForPages(of: retry.customer) }
      // One is enough to stop all.
      guard try ledger.fence() == nil else { return }
    }
  }

  /// Raises the fence if Stripe shows a page of this ledger's that it does not know.
  func lookForPages(of customer: CustomerID) async throws {
    let since = stripeNow - Self.longestPage
    var after: CheckoutSessionID?
    while true {
      let page = try await read(
        StripeList<CheckoutSession>.self, .listCheckouts(customer: customer, createdSince: since, startingAfter: after))
      if let foreign = try page.data.first(where: isUnknown) {
        return try ledger.raiseFence(because: Lacking.session(foreign).what, at: now)
      }
      guard page.hasMore, let last = page.data.last else { return }
      after = last.id
    }
  }

  /// Before a page is opened: what the charge's own intent has come to, if nobody has heard of it lately.
  ///
  /// - Returns: why no page is opened; `nil`: it may be.
  func lookAtIntentBeforePage(of charge: Charge, by opener: CheckoutOpener) async throws -> CheckoutDoor? {
    guard charge.state == .recovering, let id = charge.paymentIntent, try ledger.liveCheckout(of: charge.id) == nil
    else {
      return nil
    }
    let heard = try ledger.attempts(of: charge.id).last?.askedAt
    if opener == .engine, let heard, now - heard < Self.attemptVouches { return nil }
    let shown: PaymentIntent
    do {
      shown = try await read(PaymentIntent.self, .retrieveIntent(id))
    } catch {
      return .unavailable("\(error)")
    }
    switch shown.status {
    case .processing: return .inFlight
    case .succeeded:
      guard let received = shown.received else { return .inFlight }
      let after = try ledger.intentSucceeded(id, of: charge.id, received: received, by: .offSession, context(charge))
      return after.state == .recovering ? nil : .notOwed(after.state)
    case .requiresAction, .requiresCapture, .requiresConfirmation, .requiresPaymentMethod, .canceled, .unknown:
      return nil
    }
  }
}
