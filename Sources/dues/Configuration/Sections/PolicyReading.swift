import Domain

/// `[retry]` and `[recovery]`, in the configuration and in job files alike.
enum PolicyReading {
  /// The policies of two tables; what they leave out is as in `base`.
  static func policy(retry: TableReader, recovery: TableReader, over base: ChargePolicy) -> ChargePolicy {
    let policy = ChargePolicy(
      retry: self.retry(retry, over: base.retry), recovery: self.recovery(recovery, over: base.recovery))
    advise(policy, retry: retry, recovery: recovery)
    return policy
  }

  private static func retry(_ table: TableReader, over base: RetryPolicy) -> RetryPolicy {
    var policy = base
    if let delays = table.durations("delays") { policy.delays = delays }
    // The card networks' own limit: 15 attempts in 30 days.
    if let attempts = table.integer("max_attempts", in: 1...15) { policy.maxAttempts = attempts }
    if let attempts = table.integer("max_per_card_30_days", in: 1...15) { policy.maxPerCard30Days = attempts }
    if table.has("hours") { policy.hours = table.hours("hours") }
    table.finish()
    return policy
  }

  private static func recovery(_ table: TableReader, over base: RecoveryPolicy) -> RecoveryPolicy {
    var policy = base
    if let lifetime = table.value("checkout_lifetime", checkoutLifetime) { policy.checkoutLifetime = lifetime }
    if let notice = table.choice("first_notice", RecoveryPolicy.FirstNotice.self) { policy.firstNotice = notice }
    if let reminders = table.durations("reminders") { policy.reminders = reminders }
    if let time = table.duration("final_notice_before") { policy.finalNoticeBefore = time }
    if let time = table.duration("give_up_after") { policy.giveUpAfter = time }
    if let save = table.flag("save_new_card") { policy.saveNewCard = save }
    if let then = table.choice("then", RecoveryPolicy.Then.self) { policy.then = then }
    if let next = table.choice("while_recovering", RecoveryPolicy.WhileRecovering.self) {
      policy.whileRecovering = next
    }
    table.finish()
    return policy
  }

  /// Stripe's range for `expires_at`.
  private static func checkoutLifetime(_ text: String) throws(ValueProblem) -> Duration {
    let lifetime = try DurationText.parse(text)
    guard (.minutes(30) ... .hours(24)).contains(lifetime) else {
      throw ValueProblem("is not a lifetime that Stripe gives a checkout", "write \"30m\" to \"24h\"")
    }
    return lifetime
  }
}

// MARK: - Advice

extension PolicyReading {
  /// Warns of what is allowed and contradicts itself.
  private static func advise(_ policy: ChargePolicy, retry: TableReader, recovery: TableReader) {
    let end = policy.recovery.giveUpAfter
    let written = DurationText.text(end)
    adviseRetry(policy.retry, table: retry)
    let last = lastRetry(policy.retry)
    if last >= end {
      // At the key that is written, if one is.
      let (table, key) = retry.has("delays") ? (retry, "delays") : (recovery, "give_up_after")
      table.warn(
        key, "the last retry would come \(DurationText.text(last)) after the first failure, the end after \(written)",
        "shorten retry.delays, or raise recovery.give_up_after")
    }
    let final = end - policy.recovery.finalNoticeBefore
    if final <= .zero {
      let time = DurationText.text(policy.recovery.finalNoticeBefore)
      recovery.warn(
        "final_notice_before", "\(time) before the end is before the failure: no final notice goes out",
        "write less than give_up_after (\(written))")
    }
    for reminder in policy.recovery.reminders where reminder >= max(final, .zero) {
      recovery.warn(
        "reminders", "the one after \(DurationText.text(reminder)) would come after the final notice and is left out",
        "write less than give_up_after less final_notice_before")
    }
    if policy.recovery.reminders != policy.recovery.reminders.sorted() {
      recovery.warn("reminders", "they are not in order", "write the earliest first")
    }
  }

  private static func adviseRetry(_ policy: RetryPolicy, table: TableReader) {
    let used = used(policy)
    if used.count < policy.delays.count {
      table.warn(
        "delays", "max_attempts is \(policy.maxAttempts), so only the first \(used.count) of them count",
        "write \(used.count) delays, or raise max_attempts")
    }
    if used.contains(where: { $0 < shortestDelay }) {
      table.warn("delays", "one is shorter than 24h, and a card is never retried sooner", "write \"1d\" or more")
    }
  }

  private static let shortestDelay = Duration.hours(24)

  /// The delays that `maxAttempts` leaves.
  private static func used(_ policy: RetryPolicy) -> ArraySlice<Duration> {
    policy.delays.prefix(max(0, policy.maxAttempts - 1))
  }

  /// Counted from the first failure.
  private static func lastRetry(_ policy: RetryPolicy) -> Duration {
    used(policy).reduce(.zero) { $0 + max($1, shortestDelay) }
  }
}
