package import Domain
import Logging
package import Storage
import Stripe

/// What asking for a live checkout came to.
package enum CheckoutDoor: Sendable {
  case open(CheckoutRecord)
  /// An attempt or a payment is on its way: not now.
  case inFlight
  /// Nothing is owed any more.
  case notOwed(ChargeState)
  /// Stripe did not answer, or refused; the next tick, or the next click, goes on.
  case unavailable(String)
}

/// What closing a checkout came to. Only `closed` is a lock.
package enum CheckoutClosing: Sendable, Equatable {
  case closed
  case paid
  case processing
  case unknown(String)
}

/// Opens and closes the checkouts of recoveries; the pass and the customer's click use the same.
extension Engine {
  /// Stripe prefills a saved card only for so long; after that a click gets a fresh checkout.
  package static let freshFor = Duration.minutes(30)
  /// Nobody is sent to a page that is about to expire.
  static let expiryMargin = Duration.minutes(5)

  /// A live checkout for a charge: the one that is open, or a new one. The old one is seen closed first (law 5).
  ///
  /// - Parameter youngerThan: an open checkout that is older is replaced.
  package func openCheckout(for charge: ChargeID, by opener: CheckoutOpener, youngerThan: Duration) async throws
    -> CheckoutDoor
  {
    if let reason = try await whyNothingIsWritten() { return .unavailable(reason) }
    let locale = try locale(of: charge)
    // After a `stop` the failed card is not offered again.
    let otherMethodOnly = try ledger.recovery(of: charge)?.otherMethodOnly ?? false
    // Once around for closing an old one, once for resending an unanswered one, once for opening.
    for _ in 0..<3 {
      guard let owed = try ledger.charge(charge) else { throw LedgerError.unknown("charge \(charge)") }
      if let door = try await lookAtIntentBeforePage(of: owed, by: opener) { return door }
      let expiresAt = expiry(of: owed)
      let opening = try ledger.writeCheckout(for: charge, by: opener, expiresAt: expiresAt, at: now) { charge, number in
        freeze(
          charge, checkout: number, expiresAt: expiresAt, locale: locale, offersSavedMethods: !otherMethodOnly)
      }
      switch opening {
      case .inFlight:
        // A try on our page that has just failed left an intent to be closed first. Any other may be on its way.
        let closing = try ledger.intentsToClose(of: charge)
        guard owed.state == .recovering, !closing.isEmpty else { return .inFlight }
        for intent in closing { try await closeIntent(intent, of: charge) }
        guard try ledger.intentsToClose(of: charge).isEmpty else { return .inFlight }
      case .notOwed(let state): return .notOwed(state)
      case .written(let checkout): return try await sendOpening(checkout, isAgain: false)
      case .live(let checkout):
        if checkout.state == .opening { return try await sendOpening(checkout, isAgain: true) }
        if isUsable(checkout, youngerThan: youngerThan) {
          if opener == .customer { try ledger.checkoutClicked(checkout, at: now) }
          return .open(checkout)
        }
        switch try await close(checkout, reason: "a fresh one is wanted") {
        case .closed, .paid, .processing: continue
        case .unknown(let reason): return .unavailable(reason)
        }
      }
    }
    return .unavailable("the checkout kept changing; try again")
  }

  private func isUsable(_ checkout: CheckoutRecord, youngerThan: Duration) -> Bool {
    checkout.state == .open && (checkout.url != nil || checkoutUI != .hostedPage)
      && now - checkout.writtenAt < youngerThan
      && checkout.expiresAt - stripeNow > Self.expiryMargin
  }

  /// Sends the request of a written checkout; the same bytes under the same key, however often.
  ///
  /// - Parameter isAgain: it has left before, and may still arrive.
  func sendOpening(_ checkout: CheckoutRecord, isAgain: Bool) async throws -> CheckoutDoor {
    // Too old to be sent again, or for a page that would be over.
    let hasLapsed = stripeNow > checkout.expiresAt + .hours(1)
    if hasLapsed || !isAlive(since: checkout.writtenAt) { return try await findOpening(checkout) }
    switch await send(StripeRequest(checkout.request), writtenAt: checkout.writtenAt).holding(CheckoutSession.self) {
    case .object(let session): return try opened(checkout, session)
    case .failure(let reply, let error):
      // Stripe validates before it executes: a lapsed `expires_at` means that no session was made by this key.
      if error.error.param == "expires_at" {
        try ledger.checkoutLapsed(checkout, reason: error.sentence, at: now)
        return .unavailable("the request lapsed before it arrived")
      }
      let isGone = error.error.code == "resource_missing" && error.error.param == "customer"
      if error.isAuthenticationProblem { return .unavailable(error.sentence) }
      // Kept under no key, it says nothing of an earlier sending: its page may be made yet, and is found, or lapses.
      if !reply.isReplayed, isAgain || reply.followsSilence, !error.bindsEarlierSendings {
        try ledger.noteCheckoutSend(checkout, at: now)
        return .unavailable(error.sentence)
      }
      try ledger.checkoutRefused(
        checkout, isGone ? .customerGone : .refusedByStripe, reason: "\(reply.status): \(error.sentence)",
        context(checkout.charge))
      return .unavailable(error.sentence)
    case .indeterminate(let reason, let isReplayed):
      try ledger.noteCheckoutSend(checkout, at: now)
      // A stored answer will not change: only asking can tell whether the session was made.
      return isReplayed ? try await findOpening(checkout) : .unavailable(reason)
    case .notSent(let reason):
      try ledger.noteCheckoutSend(checkout, at: now)
      return .unavailable(reason)
    }
  }

  private func opened(_ checkout: CheckoutRecord, _ session: CheckoutSession) throws -> CheckoutDoor {
    let record = try ledger.checkoutOpened(
      checkout, session: session.id, url: session.url, expiresAt: Timestamp(seconds: session.expiresAt), at: now)
    return record.state == .open ? .open(record) : .unavailable("the charge changed meanwhile")
  }

  /// Too old to be resent: looks for the session among the customer's. None there: it was never made, or it is beyond its
  /// own end; either way nobody can pay it.
  private func findOpening(_ checkout: CheckoutRecord) async throws -> CheckoutDoor {
    guard let charge = try ledger.charge(checkout.charge) else {
      throw LedgerError.unknown("charge \(checkout.charge)")
    }
    let since = inStripesTime(checkout.writtenAt) - .minutes(10)
    do {
      let made = try await session(of: charge.customer, since: since) { $0.isMade(by: checkout) }
      if let made { return try opened(checkout, made) }
    } catch let trouble as StripeTrouble {
      return .unavailable("\(trouble)")
    }
    guard stripeNow > checkout.expiresAt + .hours(1) else {
      return .unavailable("waiting until its request has lapsed")
    }
    try ledger.checkoutLapsed(checkout, reason: "never made, or expired unseen", at: now)
    return .unavailable("the request lapsed without an answer")
  }

  /// Expires a checkout and sees it expired: a 200, or reading it again. A customer's click may win the race.
  package func close(_ checkout: CheckoutRecord, reason: String) async throws -> CheckoutClosing {
    let closing = try ledger.wantClosed(checkout, reason: reason, at: now)
    guard let session = closing.session else { return .unknown("its creation has not been answered") }
    guard closing.state == .closing else { return try await settle(session).closing }
    try ledger.noteCheckoutSend(closing, at: now)
    // Expiring twice changes nothing, and a stored refusal must not answer for a day: a new key for each asking.
    let key = "\(closing.request.idempotencyKey):expire:\(now.milliseconds)"
    let answer = await send(.expireCheckout(session, idempotencyKey: key))
    if case .object(let shown) = answer.holding(CheckoutSession.self), shown.status == .expired {
      try ledger.checkoutExpired(session, at: now)
      return .closed
    }
    return try await settle(session).closing
  }

  private func locale(of id: ChargeID) throws -> String {
    guard let charge = try ledger.charge(id), let customer = try ledger.customer(charge.customer) else {
      return settings.locale
    }
    return customer.locales.first ?? settings.locale
  }
}

extension CheckoutSession {
  /// Whether this is the session that a written request has made.
  func isMade(by checkout: CheckoutRecord) -> Bool {
    clientReferenceId == checkout.charge.text && metadata?["dues_checkout"] == String(checkout.number)
  }
}

extension Settlement {
  fileprivate var closing: CheckoutClosing {
    switch self {
    case .expired: .closed
    case .paid: .paid
    case .processing: .processing
    case .open: .unknown("Stripe still shows it open")
    case .notOurs: .unknown("Stripe does not know it")
    case .unreadable(let reason): .unknown(reason)
    case .wrongAmount: .paid
    }
  }
}
