/// A customer's consent to a job, with the amount and schedule as they were when it was made.
package struct Agreement: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable, Codable {
    /// Without a chargeable method; a completed setup makes it active.
    case pending
    case active
    /// No new periods and no off-session retries; what is owed stays payable by link.
    case paused
    case canceled
  }

  package let id: AgreementID
  package var state: State
  package let customer: CustomerID
  package let job: String
  package var money: Money
  package var description: String
  package var statementDescriptorSuffix: String?
  package var schedule: Schedule
  /// The first due date, and the anchor of all others until another interval counts anew. `nil` while a setup has not been
  /// completed.
  package var start: CivilDate?
  /// From which another interval counts; `nil`: from the start.
  package var newAnchor: CivilDate?
  /// Periods of intervals before the present one: an end by count counts them as well.
  package var earlierPeriods: Int
  /// The index of the first period that is not in the ledger yet.
  package var nextIndex: Int
  /// Periods that a person has taken out before they were due.
  package var skipped: Set<PeriodKey>
  /// What `job apply` has planned and is not in force yet.
  package var change: TermsChange?
  package var paymentMethod: PaymentMethodID?
  package let key: String?
  /// Where the consent was given: a Checkout Session's id, or `admin`.
  package let consent: String
  package let createdAt: Timestamp

  package init(
    id: AgreementID, state: State, customer: CustomerID, job: String, money: Money, description: String,
    statementDescriptorSuffix: String?, schedule: Schedule, start: CivilDate?, newAnchor: CivilDate?,
    earlierPeriods: Int, nextIndex: Int, skipped: Set<PeriodKey>, change: TermsChange?, paymentMethod: PaymentMethodID?,
    key: String?, consent: String,
    createdAt: Timestamp
  ) {
    self.id = id
    self.state = state
    self.customer = customer
    self.job = job
    self.money = money
    self.description = description
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.schedule = schedule
    self.start = start
    self.newAnchor = newAnchor
    self.earlierPeriods = earlierPeriods
    self.nextIndex = nextIndex
    self.skipped = skipped
    self.change = change
    self.paymentMethod = paymentMethod
    self.key = key
    self.consent = consent
    self.createdAt = createdAt
  }

  /// An agreement as it is first made: nothing charged, skipped or changed yet.
  package static func new(
    id: AgreementID, state: State, customer: CustomerID, job: String, terms: Terms, start: CivilDate?,
    paymentMethod: PaymentMethodID?, key: String?, consent: String, createdAt: Timestamp
  ) -> Agreement {
    Agreement(
      id: id, state: state, customer: customer, job: job, money: terms.money, description: terms.description,
      statementDescriptorSuffix: terms.statementDescriptorSuffix, schedule: terms.schedule, start: start,
      newAnchor: nil,
      earlierPeriods: 0, nextIndex: 0,
      skipped: [], change: nil, paymentMethod: paymentMethod, key: key, consent: consent, createdAt: createdAt)
  }

  /// When its next period falls due; `nil` unless it is active, started and not at its schedule's end.
  package var nextDueAt: Timestamp? {
    guard state == .active else { return nil }
    return nextPeriod?.dueAt
  }

  /// The first period that is not in the ledger and not skipped; `nil` if its schedule has come to its end, or it has not
  /// started.
  package var nextPeriod: Period? { nextTurn?.period }

  /// The same, with the agreement as it stands then: by the terms that the period is charged by.
  package var nextTurn: (period: Period, agreement: Agreement)? {
    guard let anchor else { return nil }
    var ahead = self
    while true {
      if let changed = change.flatMap({ ahead.taking($0) }) { return changed.nextTurn }
      guard !ahead.isAtEnd else { return nil }
      let period = schedule.period(ahead.nextIndex, from: anchor)
      guard skipped.contains(period.key) else { return (period, ahead) }
      ahead.nextIndex += 1
    }
  }

  /// From which its due dates are counted.
  package var anchor: CivilDate? { newAnchor ?? start }

  /// The agreement once its next period is in the ledger, or behind it.
  package func after(_ turn: (period: Period, agreement: Agreement)) -> Agreement {
    var after = turn.agreement
    after.nextIndex = turn.period.index + 1
    after.skipped = after.skipped.filter { $0.text > turn.period.key.text }
    return after
  }

  /// The agreement with the first period that is due after a moment as its next: what lies before is never charged.
  package func passing(_ moment: Timestamp) -> Agreement {
    var passed = self
    while let turn = passed.nextTurn, turn.period.dueAt <= moment { passed = passed.after(turn) }
    return passed
  }

  /// Its periods that are not in the ledger yet, oldest first, without end where the schedule has none.
  package var turns: AgreementTurns { AgreementTurns(agreement: self) }

  /// All its periods are in the ledger, and none will follow.
  package var isFinished: Bool { change == nil && isAtEnd }

  /// No period of its present terms is left.
  var isAtEnd: Bool {
    guard let anchor else { return false }
    return schedule.isOver(nextIndex, from: anchor, earlier: earlierPeriods)
  }
}

/// The future of an agreement, one period at a time.
package struct AgreementTurns: Sequence, IteratorProtocol, Sendable {
  fileprivate var agreement: Agreement

  package mutating func next() -> (period: Period, agreement: Agreement)? {
    guard let turn = agreement.nextTurn else { return nil }
    agreement = agreement.after(turn)
    return turn
  }
}
