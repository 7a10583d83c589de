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
  /// The first due date and the anchor of all others. `nil` while a setup has not been completed.
  package var start: CivilDate?
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
    statementDescriptorSuffix: String?, schedule: Schedule, start: CivilDate?, nextIndex: Int,
    skipped: Set<PeriodKey>, change: TermsChange?, paymentMethod: PaymentMethodID?, key: String?, consent: String,
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
      statementDescriptorSuffix: terms.statementDescriptorSuffix, schedule: terms.schedule, start: start, nextIndex: 0,
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
    guard let start else { return nil }
    var ahead = self
    while true {
      if let changed = change.flatMap({ ahead.taking($0) }) { return changed.nextTurn }
      guard !schedule.isOver(ahead.nextIndex, from: start) else { return nil }
      let period = schedule.period(ahead.nextIndex, from: start)
      guard skipped.contains(period.key) else { return (period, ahead) }
      ahead.nextIndex += 1
    }
  }

  /// Its periods that are not in the ledger yet, oldest first, without end where the schedule has none.
  package var turns: AgreementTurns { AgreementTurns(agreement: self) }

  /// All its periods are in the ledger, and none will follow.
  package var isFinished: Bool { change == nil && isAtEnd }

  /// No period of its present terms is left.
  var isAtEnd: Bool { start.map { schedule.isOver(nextIndex, from: $0) } ?? false }
}

/// The future of an agreement, one period at a time.
package struct AgreementTurns: Sequence, IteratorProtocol, Sendable {
  fileprivate var agreement: Agreement

  package mutating func next() -> (period: Period, agreement: Agreement)? {
    guard let turn = agreement.nextTurn else { return nil }
    agreement = turn.agreement
    agreement.nextIndex += 1
    return turn
  }
}
