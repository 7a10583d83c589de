/// Whether and when a failed charge is tried again off session.
package enum RetryDecision: Sendable, Hashable {
  case at(Timestamp)
  /// Not by itself any more; a new payment method may bring it back.
  case none(NoRetry)
}

/// Why there is no further retry; the text goes into the charge's history.
package enum NoRetry: String, Sendable, CaseIterable {
  case needsNewDetails = "needs_new_details"
  case needsCustomer = "needs_customer"
  case stopped
  case attemptsUsedUp = "attempts_used_up"
  case cardBudgetUsedUp = "card_budget_used_up"
  case pastDeadline = "past_deadline"
  case agreementPaused = "agreement_paused"
}

/// What a retry depends on.
package struct RetryContext: Sendable {
  /// Stripe's code of the latest decline: `decline_code` if there is one, else `code`.
  package var code: String?
  /// Off-session attempts of this charge so far, the failed one included.
  package var attempts: Int
  /// When the failed attempt was sent for the last time: one that could not leave for days is as young as that.
  package var lastAttemptAt: Timestamp
  /// When the failure was seen: of a bank debit days after the attempt.
  package var failedAt: Timestamp
  /// Attempts on the same card in the last 30 days over all charges, the failed one included.
  package var cardAttempts: Int
  package var deadline: Timestamp
  package var isBankDebit: Bool
  /// The job's, or the business's: in which the policy's hours are told.
  package var zone: ScheduleZone

  package init(
    code: String?, attempts: Int, lastAttemptAt: Timestamp, failedAt: Timestamp, cardAttempts: Int,
    deadline: Timestamp, isBankDebit: Bool, zone: ScheduleZone
  ) {
    self.code = code
    self.attempts = attempts
    self.lastAttemptAt = lastAttemptAt
    self.failedAt = failedAt
    self.cardAttempts = cardAttempts
    self.deadline = deadline
    self.isBankDebit = isBankDebit
    self.zone = zone
  }
}

extension RetryPolicy {
  /// Nacha allows two more tries of a returned debit (docs/STRIPE.md §4).
  private static let bankDebitAttempts = 3
  /// Never twice in 24 hours, whatever the delays say.
  private static let shortestWait = Duration.hours(24)

  /// Attempts of one charge with one method, the first included, whoever asks for them.
  package func mostAttempts(isBankDebit: Bool) -> Int {
    isBankDebit ? min(maxAttempts, Self.bankDebitAttempts) : maxAttempts
  }

  package func decision(after verdict: Verdict, _ context: RetryContext) -> RetryDecision {
    switch verdict.remedy {
    case .wait: break
    case .newDetails: return .none(.needsNewDetails)
    case .authenticate: return .none(.needsCustomer)
    case .stop, .ourFault: return .none(.stopped)
    }
    let waits = delays(after: context.code)
    var cap = min(mostAttempts(isBankDebit: context.isBankDebit), waits.count + 1)
    if let verdictCap = verdict.attemptCap { cap = min(cap, verdictCap) }
    guard context.attempts < cap else { return .none(.attemptsUsedUp) }
    guard context.cardAttempts < maxPerCard30Days else { return .none(.cardBudgetUsedUp) }
    // A debit that came back after days is not tried again the moment that is known.
    let since = context.isBankDebit ? max(context.failedAt, context.lastAttemptAt) : context.lastAttemptAt
    let time = since + max(waits[context.attempts - 1], Self.shortestWait)
    guard time < context.deadline else { return .none(.pastDeadline) }
    // At a better hour, if there is one before the end.
    let better = hours?.next(from: time, in: context.zone) ?? time
    return .at(better < context.deadline ? better : time)
  }
}
