import Domain

/// `[retry]` and `[recovery]`, in the configuration and in job files alike.
enum PolicyReading {
  /// The policies of two tables; what they leave out is as in `base`.
  static func policy(retry: TableReader, recovery: TableReader, over base: ChargePolicy) -> ChargePolicy {
    let delaysFor = retry.table("delays_for")
    let policy = ChargePolicy(
      retry: self.retry(retry, delaysFor, over: base.retry), recovery: self.recovery(recovery, over: base.recovery))
    advise(policy, retry: retry, delaysFor: delaysFor, recovery: recovery)
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

  /// `[retry.delays_for]`: remedies that are retried by themselves, and the delays of each.
  private static func lists(_ table: TableReader) -> [Remedy: [Duration]] {
    let retried = TableReader.alternatives(Remedy.retried.map(\.rawValue))
    var lists: [Remedy: [Duration]] = [:]
    for key in table.values.keys.sorted() {
      guard let remedy = Remedy(rawValue: key) else {
        table.report(key, "no remedy has this name", "write \(retried)")
        continue
      }
      if let why = whyNotRetried(remedy) {
        table.report(key, why, "remove it: delays are for \(retried) only")
      } else if let delays = table.durations(key) {
        lists[remedy] = delays
      }
    }
    return lists
  }

  /// Why there can be no delays for a remedy; `nil` if there can.
  private static func whyNotRetried(_ remedy: Remedy) -> String? {
    switch remedy {
    case .wait: nil
    case .newDetails: "such a charge is retried when another method is saved, not after a delay"
    case .authenticate: "such a charge needs the customer, and is not retried without them"
    case .stop: "such a charge is never tried again with the same method"
    case .ourFault: "such a charge is held for a person, and not retried after a delay"
    }
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
  private static func advise(
    _ policy: ChargePolicy, retry: TableReader, delaysFor: TableReader, recovery: TableReader
  ) {
    let end = policy.recovery.giveUpAfter
    let written = DurationText.text(end)
    adviseUnused(policy.retry, retry, delaysFor)
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
    for reminder in policy.recovery.reminders where reminder >= max(final, .zero) {
      recovery.warn(
        "reminders", "the one after \(DurationText.text(reminder)) would come after the final notice and is left out",
        "write less than give_up_after less final_notice_before")
    }
    if policy.recovery.reminders != policy.recovery.reminders.sorted() {
      recovery.warn("reminders", "they are not in order", "write the earliest first")
    }
  }

  /// `delays` that are written here, while everything that is retried has a list of its own.
  private static func adviseUnused(_ policy: RetryPolicy, _ retry: TableReader, _ delaysFor: TableReader) {
    let own = Remedy.retried.filter { policy.delaysFor[$0] != nil }.map(\.rawValue)
    guard retry.has("delays"), own.count == Remedy.retried.count else { return }
    let isHere = own.allSatisfy { delaysFor.has($0) }
    let names = own.map { (delaysFor.path + [$0]).joined(separator: ".") }.joined(separator: " and ")
    retry.warn(
      "delays", "their place is taken by \(names)\(isHere ? "" : ", which the configuration has")",
      isHere ? "leave one of them out" : "write \(names) here instead")
  }

  private static func advise(_ list: DelayList, maxAttempts: Int) {
    if list.used.count < list.delays.count {
      list.table.warn(
        list.key, "max_attempts is \(maxAttempts), so only the first \(list.used.count) of them count",
        "write \(list.used.count) delays, or raise max_attempts")
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
  /// What `max_attempts` leaves of them.
  let used: ArraySlice<Duration>

  static let shortest = Duration.hours(24)

  private init(_ table: TableReader, _ key: String, _ delays: [Duration], maxAttempts: Int) {
    self.table = table
    self.key = key
    self.delays = delays
    used = delays.prefix(max(0, maxAttempts - 1))
  }

  /// `delays`, if any remedy uses them, and the lists that remedies have of their own.
  static func all(_ policy: RetryPolicy, _ retry: TableReader, _ delaysFor: TableReader) -> [DelayList] {
    var lists: [DelayList] = []
    if Remedy.retried.contains(where: { policy.delaysFor[$0] == nil }) {
      lists.append(DelayList(retry, "delays", policy.delays, maxAttempts: policy.maxAttempts))
    }
    for remedy in Remedy.retried {
      guard let delays = policy.delaysFor[remedy] else { continue }
      lists.append(DelayList(delaysFor, remedy.rawValue, delays, maxAttempts: policy.maxAttempts))
    }
    return lists
  }

  var name: String { (table.path + [key]).joined(separator: ".") }
  var isWritten: Bool { table.has(key) }

  /// When the last retry would be, counted from the first failure.
  var last: Duration { used.reduce(.zero) { $0 + max($1, Self.shortest) } }
}
