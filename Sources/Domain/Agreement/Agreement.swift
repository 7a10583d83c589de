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
  package let money: Money
  package let description: String
  package let statementDescriptorSuffix: String?
  package let schedule: Schedule
  /// The first due date and the anchor of all others. `nil` while a setup has not been completed.
  package var start: CivilDate?
  /// The index of the first period that is not in the ledger yet.
  package var nextIndex: Int
  package var paymentMethod: PaymentMethodID?
  package let key: String?
  /// Where the consent was given: a Checkout Session's id, or `admin`.
  package let consent: String
  package let createdAt: Timestamp

  package init(
    id: AgreementID, state: State, customer: CustomerID, job: String, money: Money, description: String,
    statementDescriptorSuffix: String?, schedule: Schedule, start: CivilDate?, nextIndex: Int,
    paymentMethod: PaymentMethodID?, key: String?, consent: String, createdAt: Timestamp
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
    self.paymentMethod = paymentMethod
    self.key = key
    self.consent = consent
    self.createdAt = createdAt
  }

  /// When its next period falls due; `nil` unless it is active and started.
  package var nextDueAt: Timestamp? {
    guard state == .active, let start else { return nil }
    return schedule.period(nextIndex, from: start).dueAt
  }
}
