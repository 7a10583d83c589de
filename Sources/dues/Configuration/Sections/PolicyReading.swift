import Domain

/// `[retry]` and `[recovery]`, in the configuration and in job files alike.
enum PolicyReading {
  /// The policies of two tables; what they leave out is as in `base`.
  static func policy(retry: TableReader, recovery: TableReader, over base: ChargePolicy) -> ChargePolicy {
    let delaysFor = retry.table("delays_for")
    let policy = ChargePolicy(
      retry: self.retry(retry, delaysFor, over: base.retry), recovery: self.recovery(recovery, over: base.recovery))
    // A job that leaves all as it is repeats no advice.
    if policy != base { advise(policy, retry: retry, delaysFor: delaysFor, recovery: recovery) }
    return policy
  }

  private static func retry(_ table: TableReader, _ delaysFor: TableReader, over base: RetryPolicy) -> RetryPolicy {
    var policy = base
    if let delays = table.durations("delays") { policy.delays = delays }
    policy.delaysFor.merge(lists(delaysFor)) { _, own in own }
    // The card networks' own limit: 15 attempts in 30 days.
    if let attempts = table.integer("max_attempts", in: 1...15) { policy.maxAttempts = attempts }
    if let attempts = table.integer("max_per_card_30_days", in: 1...15) { policy.maxPerCard30Days = attempts }
    if table.has("hours") { policy.hours = table.hours("hours") }
    table.finish()
    return policy
  }

  /// `[retry.delays_for]`: codes of declines that are retried, and the delays of each.
  private static func lists(_ table: TableReader) -> [String: [Duration]] {
    var lists: [String: [Duration]] = [:]
    for code in table.values.keys.sorted() {
      switch DeclineTable.verdict(of: code)?.remedy {
      case .wait: lists[code] = table.durations(code)
      case .newDetails, .authenticate, .stop, .ourFault:
        table.report(code, "such a decline is never retried with the same method", "remove it")
      case nil:
        let near = Spelling.nearest(to: code, among: retried)
        table.report(
          code, "Dues knows no decline with this code",
          near.map { "did you mean \"\($0)\"?" } ?? "write one of \(retried.joined(separator: ", "))")
      }
    }
    return lists
  }

  /// The codes of declines after which a charge is tried again by itself.
  private static let retried = DeclineTable.rows.filter { $0.verdict.remedy == .wait }.flatMap(\.codes)

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
  private static func advise(
    _ policy: ChargePolicy, retry: TableReader, delaysFor: TableReader, recovery: TableReader
  ) {
    let end = policy.recovery.giveUpAfter
    let written = DurationText.text(end)
    for list in DelayList.all(policy.retry, retry, delaysFor) {
      advise(list, maxAttempts: policy.retry.maxAttempts)
      guard list.last >= end else { continue }
      // At the key that is written, if one is.
      let (table, key) = list.isWritten ? (list.table, list.key) : (recovery, "give_up_after")
      table.warn(
        key,
        "the last retry would come \(DurationText.text(list.last)) after the first failure, the end after \(written)",
        "shorten \(list.name), or raise recovery.give_up_after")
    }
    let final = end - policy.recovery.finalNoticeBefore
    if final <= .zero {
      let time = DurationText.text(policy.recovery.finalNoticeBefore)
      recovery.warn(
        "final_notice_before", "\(time) before the end is before the failure: no final notice goes out",
        "write less than give_up_after (\(written))")
    }
    for reminder in policy.recovery.reminders where reminder >= (final > .zero ? final : end) {
      let what = final > .zero ? "the final notice" : "the end"
      recovery.warn(
        "reminders", "the one after \(DurationText.text(reminder)) would come after \(what) and is left out",
        final > .zero ? "write less than give_up_after less final_notice_before" : "write less than give_up_after")
    }
    if policy.recovery.reminders != policy.recovery.reminders.sorted() {
      recovery.warn("reminders", "they are not in order", "write the earliest first")
    }
  }

  private static func advise(_ list: DelayList, maxAttempts: Int) {
    let count = list.used.count
    if count < list.delays.count {
      if let cap = list.attemptCap, cap <= maxAttempts {
        list.table.warn(
          list.key, "such a decline allows \(cap) attempts, so only the first \(count) of them count",
          "write \(count) delays")
      } else {
        list.table.warn(
          list.key, "max_attempts is \(maxAttempts), so only the first \(count) of them count",
          "write \(count) delays, or raise max_attempts")
      }
    }
    if list.used.contains(where: { $0 < DelayList.shortest }) {
      list.table.warn(
        list.key, "one is shorter than 24h, and a card is never retried sooner", "write \"1d\" or more")
    }
  }
}

/// Delays that some retries follow, and the key where they stand, or would.
private struct DelayList {
  let table: TableReader
  let key: String
  let delays: [Duration]
  /// Attempts in all that the code's verdict allows, where it has a limit of its own.
  let attemptCap: Int?
  /// What the most attempts leave of the delays.
  let used: ArraySlice<Duration>

  static let shortest = Duration.hours(24)

  private init(_ table: TableReader, _ key: String, _ delays: [Duration], maxAttempts: Int, attemptCap: Int? = nil) {
    self.table = table
    self.key = key
    self.delays = delays
    self.attemptCap = attemptCap
    used = delays.prefix(max(0, min(maxAttempts, attemptCap ?? maxAttempts) - 1))
  }

  /// `delays`, and the lists that codes have of their own.
  static func all(_ policy: RetryPolicy, _ retry: TableReader, _ delaysFor: TableReader) -> [DelayList] {
    var lists = [DelayList(retry, "delays", policy.delays, maxAttempts: policy.maxAttempts)]
    for (code, delays) in policy.delaysFor.sorted(by: { $0.key < $1.key }) {
      lists.append(
        DelayList(
          delaysFor, code, delays, maxAttempts: policy.maxAttempts,
          attemptCap: DeclineTable.verdict(of: code)?.attemptCap))
    }
    return lists
  }

  var name: String { (table.path + [key]).joined(separator: ".") }
  var isWritten: Bool { table.has(key) }

  /// When the last retry would be, counted from the first failure.
  var last: Duration { used.reduce(.zero) { $0 + max($1, Self.shortest) } }
}
