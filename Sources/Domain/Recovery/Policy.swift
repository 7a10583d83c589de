/// When a failed charge is tried again off session.
package struct RetryPolicy: Sendable, Hashable {
  /// The waits before the second, third … attempt, each from the attempt before. None shorter than 24 hours counts.
  package var delays: [Duration]
  /// What takes the place of `delays` after a decline with this code of Stripe's (``RetryContext/code``). Where the
  /// verdict allows no retry, it does nothing.
  package var delaysFor: [String: [Duration]]
  /// Off-session attempts of one charge, the first included.
  package var maxAttempts: Int
  /// Attempts on one card (by fingerprint) over all charges in 30 days.
  package var maxPerCard30Days: Int
  /// When a retry may be, by the clock of the job's zone; one that would fall outside waits for the next of them. `nil`: at
  /// any hour.
  package var hours: DayHours?

  package init(
    delays: [Duration], maxAttempts: Int, maxPerCard30Days: Int, hours: DayHours? = nil,
    delaysFor: [String: [Duration]] = [:]
  ) {
    self.delays = delays
    self.delaysFor = delaysFor
    self.maxAttempts = maxAttempts
    self.maxPerCard30Days = maxPerCard30Days
    self.hours = hours
  }

  package static let standard = RetryPolicy(
    delays: [.days(1), .days(3), .days(4), .days(5)], maxAttempts: 5, maxPerCard30Days: 15)

  /// The waits that hold while the latest decline has this code.
  package func delays(after code: String?) -> [Duration] { code.flatMap { delaysFor[$0] } ?? delays }
}

/// How a customer whose payment failed is brought back.
package struct RecoveryPolicy: Sendable, Hashable {
  package enum FirstNotice: String, Sendable, CaseIterable {
    case atOnce = "at_once"
    case afterFirstRetry = "after_first_retry"
  }
  /// What happens to the agreement when its charge has become uncollectible.
  package enum Then: String, Sendable, CaseIterable { case pause, cancel, `continue` }
  /// Whether the next period is charged while a charge of the agreement is recovering.
  package enum WhileRecovering: String, Sendable, CaseIterable { case wait, charge }

  package var checkoutLifetime: Duration
  package var firstNotice: FirstNotice
  /// Counted from the first failure, as is `giveUpAfter`.
  package var reminders: [Duration]
  package var finalNoticeBefore: Duration
  package var giveUpAfter: Duration
  package var saveNewCard: Bool
  package var then: Then
  package var whileRecovering: WhileRecovering

  package init(
    checkoutLifetime: Duration, firstNotice: FirstNotice, reminders: [Duration], finalNoticeBefore: Duration,
    giveUpAfter: Duration, saveNewCard: Bool, then: Then, whileRecovering: WhileRecovering
  ) {
    self.checkoutLifetime = checkoutLifetime
    self.firstNotice = firstNotice
    self.reminders = reminders
    self.finalNoticeBefore = finalNoticeBefore
    self.giveUpAfter = giveUpAfter
    self.saveNewCard = saveNewCard
    self.then = then
    self.whileRecovering = whileRecovering
  }

  package static let standard = RecoveryPolicy(
    checkoutLifetime: .hours(24), firstNotice: .atOnce, reminders: [.days(3), .days(7)], finalNoticeBefore: .days(2),
    giveUpAfter: .days(14), saveNewCard: true, then: .pause, whileRecovering: .wait)

  package func deadline(firstFailure: Timestamp) -> Timestamp { firstFailure + giveUpAfter }

  /// The notices that go out by themselves after the first, in order; none at or after the deadline.
  package func laterNotices(firstFailure: Timestamp) -> [PlannedNotice] {
    let end = deadline(firstFailure: firstFailure)
    // A final notice before the failure or at the deadline itself says nothing.
    let final = [PlannedNotice(kind: .finalNotice, dueAt: end - finalNoticeBefore)]
      .filter { $0.dueAt > firstFailure && $0.dueAt < end }
    // A reminder at or after the final notice would contradict it.
    let last = final.first?.dueAt ?? end
    return reminders.map { PlannedNotice(kind: .reminder, dueAt: firstFailure + $0) }.filter { $0.dueAt < last } + final
  }
}

/// Both policies of a charge: its job's, or the configuration's.
package struct ChargePolicy: Sendable, Hashable {
  package var retry: RetryPolicy
  package var recovery: RecoveryPolicy

  package init(retry: RetryPolicy, recovery: RecoveryPolicy) {
    self.retry = retry
    self.recovery = recovery
  }

  package static let standard = ChargePolicy(retry: .standard, recovery: .standard)
}

package struct PlannedNotice: Sendable, Hashable {
  package var kind: NoticeKind
  package var dueAt: Timestamp

  package init(kind: NoticeKind, dueAt: Timestamp) {
    self.kind = kind
    self.dueAt = dueAt
  }
}
