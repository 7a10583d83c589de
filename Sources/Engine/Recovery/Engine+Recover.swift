import Domain
import Logging
import Storage
import Stripe
import Templates

/// The recover pass: finishes what was begun, ends what is over, and gives every failed charge its link and notices.
extension Engine {
  /// A bound on each step of one pass; the next tick goes on.
  private static let mostAtOnce = 1000

  func recover(_ report: inout TickReport) async throws {
    try await settleCheckouts(&report)
    try await closeIntents(&report)
    try await passDeadlines(&report)
    // A recovery that has ended may have withdrawn what else its agreement owes.
    try await finishCancels(&report)
    try await openLinks(&report)
    try await readyNotices(&report)
    try await foretell(&report)
  }

  /// Checkouts that were being opened or closed when an earlier run ended, or that must have expired by now.
  private func settleCheckouts(_ report: inout TickReport) async throws {
    await each(try ledger.checkoutsToSettle(limit: Self.mostAtOnce), &report) { checkout in
      switch checkout.state {
      case .opening:
        // A click's process may be sending it this second: it is left to it, and a deadline waits for it (law 7).
        guard now - (checkout.sentAt ?? checkout.writtenAt) >= Self.resendPause else { return }
        let door = try await sendOpening(checkout, isAgain: true)
        try sayUnopened(checkout, door)
      case .closing:
        if case .unknown(let reason) = try await close(checkout, reason: "") { try sayStuck(checkout, reason) }
      case .open, .expired, .complete, .failed: break
      }
    }
    await each(try ledger.checkoutsOverdue(at: stripeNow, limit: Self.mostAtOnce), &report) { checkout in
      if let session = checkout.session { _ = try await settle(session) }
    }
  }

  /// For over an hour neither opened nor known to be never made: the tick says so, and the customer is told to try later.
  private func sayUnopened(_ checkout: CheckoutRecord, _ door: CheckoutDoor) throws {
    guard case .unavailable(let reason) = door, now - checkout.writtenAt > Self.unresolvedTooLong,
      try ledger.liveCheckout(of: checkout.charge)?.state == .opening
    else { return }
    throw LedgerError.cannot("checkout \(checkout.number) of charge \(checkout.charge) is not open yet: \(reason)")
  }

  /// Not closed two days after it was made: a person is told that something could still collect.
  private func sayStuck(_ checkout: CheckoutRecord, _ reason: String) throws {
    guard now - checkout.writtenAt > .days(2) else { return }
    try ledger.raise(
      .cannotClose, checkout.charge.text, advice: "\(HumanMatter.cannotClose.advice) (\(reason))", at: now)
  }

  /// Cancels the intents that nobody is to confirm any more, and sees them canceled.
  func closeIntents(_ report: inout TickReport) async throws {
    await each(try ledger.intentsToClose(limit: Self.mostAtOnce), &report) { intent, charge in
      try await closeIntent(intent, of: charge)
    }
  }

  /// Canceling twice changes nothing, and a stored answer must not stand for a day: a new key for each asking.
  func askToCancel(_ intent: PaymentIntentID) async -> StripeAnswer {
    await send(
      .cancelIntent(intent, reason: .abandoned, idempotencyKey: "\(intent):cancel:\(now.milliseconds)"))
  }

  /// Asks for the end of one intent. Only a 200 that says canceled is a lock.
  func closeIntent(_ intent: PaymentIntentID, of charge: ChargeID) async throws {
    switch await askToCancel(intent).holding(PaymentIntent.self) {
    case .object(let shown):
      if shown.status == .canceled { try ledger.intentCanceled(intent, byUs: true, at: now) }
    case .failure(_, let error):
      try apply(error.paymentIntent, intent, of: charge, reason: error.sentence)
    case .indeterminate(let reason, _), .notSent(let reason):
      logger.warning("an intent could not be canceled yet", metadata: ["intent": "\(intent)", "reason": "\(reason)"])
    }
  }

  /// "Unexpected state": what the intent inside says is true.
  private func apply(_ read: PaymentIntent?, _ intent: PaymentIntentID, of charge: ChargeID, reason: String) throws {
    switch read?.status {
    case .canceled: try ledger.intentCanceled(intent, byUs: false, at: now)
    case .succeeded:
      guard let received = read?.received else { return }
      _ = try ledger.intentSucceeded(intent, of: charge, received: received, by: .offSession, context(charge))
    case .processing, .requiresAction, .requiresCapture, .requiresConfirmation, .requiresPaymentMethod, .unknown, nil:
      try ledger.raise(
        .cannotClose, charge.text, advice: "\(HumanMatter.cannotClose.advice) (\(intent): \(reason))", at: now)
    }
  }

  private func finishCancels(_ report: inout TickReport) async throws {
    await each(try ledger.chargesToCancel(limit: Self.mostAtOnce), &report) { charge in
      try ledger.finishCancel(charge.id, context(charge))
    }
  }

  /// Over: everything is closed first, and seen closed; then the charge is uncollectible (law 7).
  private func passDeadlines(_ report: inout TickReport) async throws {
    try checkClocks()
    let past = try ledger.recoveriesPastDeadline(at: now, limit: Self.mostAtOnce)
    guard !past.isEmpty else { return }
    await each(past, &report) { charge in try ledger.wantInstrumentsClosed(of: charge.id, at: now) }
    try await settleCheckouts(&report)
    try await closeIntents(&report)
    await each(past, &report) { charge in _ = try ledger.endByDeadline(charge.id, context(charge)) }
  }

  /// The first checkout is made in the tick that saw the failure; the customer is read afresh for it.
  private func openLinks(_ report: inout TickReport) async throws {
    var opened = 0
    var failed = 0
    await each(try ledger.recoveriesWantingLink(limit: Self.mostAtOnce), &report) { charge in
      if let known = try ledger.charge(charge) { await refresh(known.customer) }
      switch try await openCheckout(for: charge, by: .engine, youngerThan: Self.freshFor) {
      case .open: opened += 1
      case .inFlight, .notOwed: break
      case .unavailable(let reason):
        failed += 1
        logger.error("a link could not be made yet", metadata: ["charge": "\(charge)", "reason": "\(reason)"])
      }
    }
    report.linksCreated += opened
    report.errors += failed
  }

  /// Notices whose time has come get their link and go to the outbox. Without pages of ours the link is a fresh Checkout
  /// URL each time, because it is dead within a day.
  private func readyNotices(_ report: inout TickReport) async throws {
    await each(try ledger.noticesPlanned(by: now, limit: Self.mostAtOnce), &report) { notice in try await ready(notice)
    }
  }

  private func ready(_ notice: NoticeRecord) async throws {
    guard let charge = notice.charge, notice.kind.asksForPayment else {
      try ledger.queueNotice(notice.id, url: nil, urlExpiresAt: nil, at: now)
      return
    }
    guard let state = try ledger.charge(charge)?.state else { return }
    if state.isFinal || state == .held {
      try ledger.noticeDropped(notice, reason: state.rawValue, at: now)
    } else if try ledger.isOvertaken(notice, at: now) {
      try ledger.noticeDropped(notice, reason: "another mail says it", at: now)
    } else if let url = links.recovery(charge) {
      // An attempt is on its way: what the mail would say may be untrue in a minute.
      guard state == .recovering else { return }
      try ledger.queueNotice(notice.id, url: url, urlExpiresAt: nil, at: now)
    } else {
      let wantsFresh = notice.kind == .reminder || notice.kind == .finalNotice
      let door = try await openCheckout(for: charge, by: .engine, youngerThan: wantsFresh ? .zero : Self.freshFor)
      guard case .open(let checkout) = door else { return }
      try ledger.queueNotice(notice.id, url: checkout.url, urlExpiresAt: checkout.expiresAt, at: now)
    }
  }
}
