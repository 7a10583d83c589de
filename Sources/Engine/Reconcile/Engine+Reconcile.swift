package import Domain
import Logging
import Storage
import Stripe

/// Comparing the ledger with Stripe: by intents and sessions, not by events, so that it also finds what no event said.
extension Engine {
  /// Cardholders have 120 days in most cases. What a bank calls back after more than this is learned by its event alone.
  private static let longestDispute = Duration.days(180)

  /// Reads what Stripe has under this ledger's id, records what the ledger had missed, and says what a person must see.
  ///
  /// - Parameters:
  ///   - since: from here on; `nil`: from two days before the ledger's last commit.
  ///   - refundsDuplicates: gives back what is proven to be one payment too many.
  package func reconcile(since: Timestamp?, refundsDuplicates: Bool) async throws -> ReconcileReport {
    // Another account shows nothing of this ledger, which says nothing.
    if let why = try await whyNotAtHome() { throw LedgerError.cannot(why) }
    let from = try since ?? ledger.mark().lastCommitAt - Self.comparisonOverlap
    var report = ReconcileReport()
    // Sessions first: what they have collected is recorded with its line items and its card.
    try await compareSessions(since: from, &report)
    try await compareIntents(since: from, &report)
    for stranger in report.strangers {
      try ledger.raise(
        .notInLedger, stranger.id,
        advice:
          "Stripe has \(stranger.id) (\(stranger.status)) for \(stranger.charge); \(HumanMatter.notInLedger.advice)",
        at: now)
    }
    try await compareRefunds(since: from)
    try await compareDisputes(since: from)
    try await findDuplicates(refunds: refundsDuplicates, &report)
    try await compareSetups()
    try await putAwayForgottenSetups()
    return report
  }

  private func compareSessions(since: Timestamp, _ report: inout ReconcileReport) async throws {
    try await eachSession(since: since) { session in
      guard session.mode == .payment, names(session.metadata) else { return }
      report.sessions += 1
      try await compare(session, &report)
    }
  }

  /// A forgotten setup that is over needs nobody any more, nor one whose customer has agreed anew.
  private func putAwayForgottenSetups() async throws {
    for subject in try ledger.standing(.notInLedger) where subject.hasPrefix("cs_") {
      let session = try await read(
        CheckoutSession.self, .retrieveCheckout(CheckoutSessionID(subject), expanding: []))
      guard session.mode == .setup else { continue }
      if try session.status == .expired || isMadeUpFor(session) { try ledger.clear(.notInLedger, subject, at: now) }
    }
  }

  private func isMadeUpFor(_ setup: CheckoutSession) throws -> Bool {
    guard let customer = setup.customer?.id else { return false }
    return try ledger.hasAgreement(customer, madeSince: Timestamp(seconds: setup.created))
  }

  private func compare(_ session: CheckoutSession, _ report: inout ReconcileReport) async throws {
    let charge = ChargeID(session.metadata?["dues_charge"] ?? "")
    if try ledger.checkout(session: session.id) == nil {
      // Its creation was never answered: the written request becomes this session.
      guard let waiting = try ledger.liveCheckout(of: charge), waiting.state == .opening, session.isMade(by: waiting)
      else {
        // Expired without having collected anything, it can do no harm.
        guard session.status != .expired else { return }
        report.strangers.append(
          ReconcileReport.Stranger(
            id: session.id.text, charge: charge.text, status: session.status?.rawValue ?? "unknown"))
        return
      }
      _ = try ledger.checkoutOpened(
        waiting, session: session.id, url: session.url, expiresAt: Timestamp(seconds: session.expiresAt), at: now)
      report.adopted += 1
    }
    guard session.status == .complete else { return }
    let wasPaid = try ledger.charge(charge)?.state == .paid
    if case .paid = try await settle(session.id), !wasPaid { report.adopted += 1 }
  }

  private func compareIntents(since: Timestamp, _ report: inout ReconcileReport) async throws {
    try await eachIntent(since: since) { intent in
      if names(intent.metadata) {
        report.intents += 1
        try await compare(intent, &report)
      } else if let owed = try perhaps(intent) {
        report.perhapsPaid.append(ReconcileReport.PerhapsPaid(charge: owed, paymentIntent: intent.id))
        try ledger.raise(
          .perhapsPaid, owed.text,
          advice:
            "its customer has paid just that through \(intent.id), past this ledger; if it was meant for it, `dues charge settle` it",
          at: now)
      }
    }
  }

  /// An intent under this ledger's id: known and recorded, or it is now, or it is a stranger.
  private func compare(_ intent: PaymentIntent, _ report: inout ReconcileReport) async throws {
    let id = ChargeID(intent.metadata?["dues_charge"] ?? "")
    guard let charge = try ledger.charge(id) else {
      guard intent.status != .canceled else { return }
      report.strangers.append(
        ReconcileReport.Stranger(id: intent.id.text, charge: id.text, status: intent.status.rawValue))
      return
    }
    let isKnown = try ledger.charge(ofIntent: intent.id) != nil
    switch intent.status {
    case .succeeded:
      if try ledger.payment(through: intent.id) == nil, let received = intent.received {
        // An attempt of ours says so by its number; anything else came through a checkout.
        let by: PaidBy = intent.metadata?["dues_attempt"] == nil ? .checkout : .offSession
        _ = try ledger.intentSucceeded(intent.id, of: id, received: received, by: by, context(charge))
        report.adopted += 1
      }
      try await readMoneyBackIfAny(of: intent)
    case .canceled: return
    case .processing, .requiresAction, .requiresCapture, .requiresConfirmation, .requiresPaymentMethod, .unknown:
      guard !isKnown, let number = intent.metadata?["dues_attempt"].flatMap({ Int($0) }) else { return }
      if let mention = Mention(intent.metadata, of: ledger.id), try ledger.lacks(mention) {
        report.strangers.append(
          ReconcileReport.Stranger(id: intent.id.text, charge: id.text, status: intent.status.rawValue))
        return
      }
      // One that is being sent this very moment will be known by its answer.
      let isUnderWay = try ledger.attempts(of: id).contains { $0.number == number && $0.state.isLive }
      guard !isUnderWay else { return }
      try adopt(intent, attempt: number, of: id)
      if try ledger.charge(ofIntent: intent.id) != nil { report.adopted += 1 }
    }
  }

  /// What was paid before the window may have been disputed while nobody could read Stripe's events, which it keeps for 30
  /// days: each payment that can still be disputed is read.
  private func compareDisputes(since: Timestamp) async throws {
    guard now - since > .days(28) else { return }
    var last: PaymentIntentID?
    while true {
      let page = try ledger.payments(
        seenSince: now - Self.longestDispute, before: since + Self.comparisonOverlap, after: last, limit: 500)
      for payment in page {
        try await goingOn(with: "payment \(payment.intent)") { _ = try await readMoneyBack(payment.intent) }
      }
      guard let end = page.last else { return }
      last = end.intent
    }
  }

  /// What went back of payments that are older than the window.
  private func compareRefunds(since: Timestamp) async throws {
    var seen: Set<PaymentIntentID> = []
    var after: String?
    while true {
      let page = try await read(
        StripeList<StripeRefund>.self, .listRefunds(createdSince: since, startingAfter: after))
      for refund in page.data {
        guard let intent = refund.paymentIntent?.id, seen.insert(intent).inserted,
          try ledger.payment(through: intent) != nil
        else { continue }
        _ = try await readMoneyBack(intent)
      }
      guard page.hasMore, let last = page.data.last else { return }
      after = last.id
    }
  }

  /// A charge that its customer owes, and that somebody may have collected by hand.
  private func perhaps(_ intent: PaymentIntent) throws -> ChargeID? {
    guard intent.status == .succeeded, let customer = intent.customer?.id, let received = intent.received,
      intent.latestCharge?.object?.amountRefunded ?? 0 == 0
    else { return nil }
    return try ledger.owed(by: customer, amount: received).first
  }

  private func names(_ metadata: [String: String]?) -> Bool { metadata?["dues_ledger"] == ledger.id.text }

  /// One of many that Stripe answers strangely about does not stand before the others; where it does not answer, or not to
  /// this key, the comparison is made once more.
  func goingOn(with what: String, _ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let trouble as StripeTrouble {
      switch trouble {
      case .unreachable, .refused(_, isAuthenticationProblem: true): throw trouble
      case .missing, .unreadable, .refused:
        logger.error("it could not be compared", metadata: ["what": "\(what)", "reason": "\(trouble)"])
      }
    }
  }
}

/// The duplicate detector.
extension Engine {
  private func findDuplicates(refunds: Bool, _ report: inout ReconcileReport) async throws {
    for extra in try ledger.extraPayments(limit: 1000) {
      // What Stripe shows now counts: somebody may have given it back meanwhile.
      _ = try await readMoneyBack(extra.intent)
      guard let payment = try ledger.payment(through: extra.intent), payment.refunded < payment.received.amount else {
        continue
      }
      var duplicate = ReconcileReport.Duplicate(
        charge: payment.charge, paymentIntent: payment.intent,
        amount: payment.received.amount - payment.refunded, currency: payment.received.currency.code,
        isProven: try await isProven(payment), refund: nil)
      if refunds, duplicate.isProven, try ledger.fence() == nil {
        duplicate.refund = try await refundDuplicate(payment)
      }
      report.duplicates.append(duplicate)
    }
  }

  /// The charge is paid, by another payment of its whole amount, of which nothing has gone back.
  private func isProven(_ extra: PaymentRecord) async throws -> Bool {
    guard let counted = try ledger.payments(of: extra.charge).first(where: { !$0.isExtra }) else { return false }
    // One of ours that was never answered may still be made, and no list shows it.
    let isGoingBack = try ledger.refundsToSettle(limit: .max).contains { $0.intent == counted.intent }
    guard !isGoingBack else { return false }
    // As Stripe shows it now, and the charge after that: a dispute is seen by the same reading.
    guard try await readMoneyBack(counted.intent), let first = try ledger.payment(through: counted.intent),
      let charge = try ledger.charge(extra.charge)
    else { return false }
    // A refund on its way is in no sum yet.
    let onItsWay = try await refund(of: counted.intent) { $0.status == .pending || $0.status == .requiresAction }
    guard onItsWay == nil else { return false }
    let isWhole = first.received == charge.money && extra.received == charge.money
    return charge.state == .paid && charge.disputedAt == nil && isWhole && first.refunded == 0 && extra.refunded == 0
  }

  /// - Returns: what became of it; `nil` if it still needs a person.
  private func refundDuplicate(_ extra: PaymentRecord) async throws -> String? {
    switch try await refund(extra.charge, through: extra.intent, amount: nil, reason: .duplicate) {
    case .made(let refund): return "refund \(refund.number) made"
    case .unanswered(let refund, _): return "refund \(refund.number) asked for; every tick takes it up"
    case .refused(_, let reason):
      logger.error("a duplicate was not refunded", metadata: ["intent": "\(extra.intent)", "reason": "\(reason)"])
      return nil
    }
  }
}
