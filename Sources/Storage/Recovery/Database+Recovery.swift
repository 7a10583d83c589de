import Domain
import GRDB

extension Database {
  /// A charge has failed: opens its recovery, or plans what comes next in the one that is open.
  func recover(_ charge: Charge, _ verdict: Verdict, _ context: StepContext) throws {
    let isFirst = try !exists("SELECT 1 FROM recoveries WHERE charge = ?", [charge.id.text])
    if isFirst { try openRecovery(charge, verdict, context) }
    let deadline = try deadline(of: charge)
    let decision = try retryDecision(charge, verdict, deadline: deadline, context)
    try planRetry(charge, decision, verdict, context)
    try planFirstNotice(charge, verdict, decision, isFirst: isFirst, context)
  }

  private func openRecovery(_ charge: Charge, _ verdict: Verdict, _ context: StepContext) throws {
    let policy = context.policy.recovery
    let deadline = policy.deadline(firstFailure: context.now)
    try run(
      """
      INSERT INTO recoveries (charge, agreement, blocks_agreement, opened_at, deadline_at, wants_link, safe_reason, then_do)
        VALUES (?, ?, ?, ?, ?, 1, ?, ?)
      """,
      [
        charge.id.text, charge.origin.agreement?.text, policy.whileRecovering == .wait, context.now.milliseconds,
        deadline.milliseconds, verdict.safeReason.rawValue, policy.then.rawValue,
      ])
    try note(
      .recoveryOpened, charge: charge.id, at: context.now,
      ["deadline": "\(deadline)", "reason": verdict.remedy.rawValue])
    for notice in policy.laterNotices(firstFailure: context.now) {
      try planNotice(notice.kind, charge, dueAt: notice.dueAt, state: "planned", at: context.now)
    }
  }

  private func deadline(of charge: Charge) throws -> Timestamp {
    guard let row = try row("SELECT deadline_at FROM recoveries WHERE charge = ?", [charge.id.text]) else {
      throw LedgerError.unknown("the recovery of charge \(charge.id)")
    }
    return row.time("deadline_at")
  }

  private func retryDecision(
    _ charge: Charge, _ verdict: Verdict, deadline: Timestamp, _ context: StepContext
  ) throws -> RetryDecision {
    guard
      let last = try row(
        """
        SELECT coalesce(a.sent_at, a.written_at) AS sent_at, coalesce(a.decline_code, a.code) AS code, a.budget_key, m.type
          FROM attempts a LEFT JOIN payment_methods m ON m.id = a.payment_method
          WHERE a.charge = ? AND a.kind = 'off_session' ORDER BY a.number DESC LIMIT 1
        """, [charge.id.text])
    else { return .none(.needsNewDetails) }
    let attempts = try count(
      "SELECT count(*) FROM attempts WHERE charge = ? AND kind = 'off_session' AND state <> 'refused'", [charge.id.text]
    )
    let cardAttempts = try failuresOnCard(last["budget_key"], since: context.now - .days(30))
    let decision = context.policy.retry.decision(
      after: verdict,
      RetryContext(
        code: last["code"], attempts: attempts, lastAttemptAt: last.time("sent_at"), failedAt: context.now,
        cardAttempts: cardAttempts, deadline: deadline,
        isBankDebit: PaymentMethod.bankDebitTypes.contains(last["type"] ?? ""), zone: context.zone))
    // What would be retried waits for the agreement to be resumed.
    if case .at = decision, let agreement = charge.origin.agreement,
      let row = try row("SELECT state FROM agreements WHERE id = ?", [agreement.text]), row["state"] != "active"
    {
      return .none(.agreementPaused)
    }
    return decision
  }

  /// Attempts that the networks count against a card: all that failed, or may have, whatever they were for. A debit on its way
  /// counts once it has come back.
  func triesOnCard(_ budgetKey: String?, since: Timestamp) throws -> Int {
    try count(
      "SELECT count(*) FROM attempts WHERE budget_key = ? AND written_at > ? AND state NOT IN ('succeeded', 'refused', 'processing')",
      [budgetKey, since.milliseconds])
  }

  /// The same without those that are being sent: they may succeed within the minute.
  func failuresOnCard(_ budgetKey: String?, since: Timestamp) throws -> Int {
    try count(
      """
      SELECT count(*) FROM attempts WHERE budget_key = ? AND written_at > ? AND state NOT IN ('succeeded', 'refused', 'processing', 'sending')
      """, [budgetKey, since.milliseconds])
  }

  private func planRetry(
    _ charge: Charge, _ decision: RetryDecision, _ verdict: Verdict, _ context: StepContext
  ) throws {
    let other = verdict.stop == .otherMethodOnly
    switch decision {
    case .at(let time):
      try run(
        """
        UPDATE recoveries SET next_retry_at = ?, no_retry_because = NULL, safe_reason = ?, other_method_only = max(other_method_only, ?)
          WHERE charge = ? AND ended_at IS NULL
        """, [time.milliseconds, verdict.safeReason.rawValue, other, charge.id.text])
      try note(.retryPlanned, charge: charge.id, at: context.now, ["at": "\(time)", "reason": verdict.remedy.rawValue])
    case .none(let why):
      try run(
        """
        UPDATE recoveries SET next_retry_at = NULL, no_retry_because = ?, safe_reason = ?, other_method_only = max(other_method_only, ?)
          WHERE charge = ? AND ended_at IS NULL
        """, [why.rawValue, verdict.safeReason.rawValue, other, charge.id.text])
      try note(.noRetry, charge: charge.id, at: context.now, ["reason": why.rawValue])
    }
  }

  /// The first notice goes out with the first link. Without pages of ours every failed retry mails a fresh link, because
  /// the old one was closed for it.
  private func planFirstNotice(
    _ charge: Charge, _ verdict: Verdict, _ decision: RetryDecision, isFirst: Bool, _ context: StepContext
  ) throws {
    let kind: NoticeKind = verdict.remedy == .authenticate ? .authenticationNeeded : .paymentFailed
    let waits: Bool
    switch decision {
    case .at: waits = context.policy.recovery.firstNotice == .afterFirstRetry && verdict.remedy == .wait && isFirst
    case .none: waits = false
    }
    let isPlanned = try hasFirstNotice(charge)
    if !isFirst && !context.hasPublicURL {
      try run("UPDATE recoveries SET wants_link = 1 WHERE charge = ? AND ended_at IS NULL", [charge.id.text])
    }
    if !waits && (!isPlanned || !context.hasPublicURL) {
      try planNotice(kind, charge, dueAt: context.now, state: "planned", at: context.now)
    }
  }

  /// A held charge goes on recovering: with a link, a mail if none was sent, and days to use them.
  func reviveRecovery(_ charge: Charge, _ context: StepContext) throws {
    let deadline = context.now + context.policy.recovery.giveUpAfter
    try run(
      "UPDATE recoveries SET wants_link = 1, deadline_at = max(deadline_at, ?) WHERE charge = ? AND ended_at IS NULL",
      [deadline.milliseconds, charge.id.text])
    // What Stripe refused was never tried at a bank: it may go again at once. A decline keeps its own hour.
    try run(
      """
      UPDATE recoveries SET next_retry_at = ? WHERE charge = ? AND ended_at IS NULL AND 'refused' =
        (SELECT state FROM attempts WHERE charge = recoveries.charge ORDER BY number DESC LIMIT 1)
      """, [context.now.milliseconds, charge.id.text])
    try planFirstNoticeIfNone(charge, at: context.now)
  }

  /// A first notice that waited for a retry waits no more.
  func planFirstNoticeIfNone(_ charge: Charge, at now: Timestamp) throws {
    if try !hasFirstNotice(charge) { try planNotice(.paymentFailed, charge, dueAt: now, state: "planned", at: now) }
  }

  private func hasFirstNotice(_ charge: Charge) throws -> Bool {
    try row(
      "SELECT 1 FROM notices WHERE charge = ? AND kind IN ('payment_failed', 'authentication_needed') AND state <> 'dropped'",
      [charge.id.text]) != nil
  }

  /// A planned retry will not be: the customer is next, with a link and a mail.
  func endRetry(_ charge: Charge, _ why: NoRetry, hasPublicURL: Bool, at now: Timestamp) throws {
    try run(
      "UPDATE recoveries SET next_retry_at = NULL, no_retry_because = ? WHERE charge = ? AND ended_at IS NULL",
      [why.rawValue, charge.id.text])
    try note(.noRetry, charge: charge.id, at: now, ["reason": why.rawValue])
    try planFirstNoticeIfNone(charge, at: now)
    guard !hasPublicURL else { return }
    // The mailed link was closed for the retry: a fresh one is mailed.
    try run("UPDATE recoveries SET wants_link = 1 WHERE charge = ? AND ended_at IS NULL", [charge.id.text])
    let waiting = try count(
      "SELECT count(*) FROM notices WHERE charge = ? AND kind = 'payment_failed' AND state IN ('planned', 'queued') AND due_at <= ?",
      [charge.id.text, now.milliseconds])
    if waiting == 0 { try planNotice(.paymentFailed, charge, dueAt: now, state: "planned", at: now) }
  }

  /// The retries of an agreement that is paused or canceled end; who has heard nothing yet hears now.
  func endRetries(of agreement: AgreementID, at now: Timestamp) throws {
    let waiting = try rows(
      """
      SELECT charges.* FROM recoveries JOIN charges ON charges.id = recoveries.charge
        WHERE recoveries.agreement = ? AND recoveries.next_retry_at IS NOT NULL AND charges.cancel_requested = 0
          -- Also while the customer tries on our page, which may come to nothing: paid, the notice is dropped.
          AND charges.state IN ('recovering', 'attempting', 'unresolved', 'processing')
      """, [agreement.text])
    try run(
      "UPDATE recoveries SET next_retry_at = NULL, no_retry_because = ? WHERE agreement = ? AND next_retry_at IS NOT NULL",
      [NoRetry.agreementPaused.rawValue, agreement.text])
    for row in waiting { try planFirstNoticeIfNone(Charge(row: row), at: now) }
  }

  func endRecovery(_ charge: Charge, at now: Timestamp) throws {
    try run(
      "UPDATE recoveries SET ended_at = ?, next_retry_at = NULL, wants_link = 0 WHERE charge = ? AND ended_at IS NULL",
      [now.milliseconds, charge.id.text])
    try clear([.mailRefused, .mailNotSendable], charge.id.text, at: now)
    for row in try rows(
      "SELECT id, kind FROM notices WHERE charge = ? AND state IN ('planned', 'queued')", [charge.id.text])
    {
      let kind: NoticeKind = try row.named("kind")
      guard kind.asksForPayment else { continue }
      try run(
        "UPDATE notices SET state = 'dropped', reason = ? WHERE id = ?", [charge.state.rawValue, row["id"] as String])
      try note(.noticeDropped, charge: charge.id, at: now, ["kind": kind.rawValue, "reason": charge.state.rawValue])
    }
  }

  func count(_ sql: String, _ arguments: StatementArguments) throws -> Int {
    try Int.fetchOne(try cachedStatement(sql: sql), arguments: arguments) ?? 0
  }
}
