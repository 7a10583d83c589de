/// One amount owed once: the charge of an agreement's period, or a one-off that an admin enqueued.
package struct Charge: Sendable, Hashable {
  package let id: ChargeID
  package var state: ChargeState
  package let customer: CustomerID
  package let money: Money
  /// What the customer reads, here and at Stripe.
  package let description: String
  package let statementDescriptorSuffix: String?
  package let origin: ChargeOrigin
  package let dueAt: Timestamp
  /// Fixed when the charge is made; replaced only by a card that the customer saves for it. `nil`: none was there.
  package var paymentMethod: PaymentMethodID?
  /// The one off-session intent (law 4), once Stripe has told us its id.
  package var paymentIntent: PaymentIntentID?
  package var paidAt: Timestamp?
  package var paidBy: PaidBy?
  package var amountRefunded: Int64
  package var disputedAt: Timestamp?
  package var heldReason: HeldReason?
  /// A person withdrew it while something was in flight.
  package var cancelRequested: Bool
  /// A person said that it may be sent although a limit held it.
  package var isApproved: Bool
  /// The admin's own pairs, as given.
  package let metadata: [String: String]

  package init(
    id: ChargeID, state: ChargeState, customer: CustomerID, money: Money, description: String,
    statementDescriptorSuffix: String?, origin: ChargeOrigin, dueAt: Timestamp, paymentMethod: PaymentMethodID?,
    paymentIntent: PaymentIntentID?, paidAt: Timestamp?, paidBy: PaidBy?, amountRefunded: Int64, disputedAt: Timestamp?,
    heldReason: HeldReason?, cancelRequested: Bool, isApproved: Bool, metadata: [String: String]
  ) {
    self.id = id
    self.state = state
    self.customer = customer
    self.money = money
    self.description = description
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.origin = origin
    self.dueAt = dueAt
    self.paymentMethod = paymentMethod
    self.paymentIntent = paymentIntent
    self.paidAt = paidAt
    self.paidBy = paidBy
    self.amountRefunded = amountRefunded
    self.disputedAt = disputedAt
    self.heldReason = heldReason
    self.cancelRequested = cancelRequested
    self.isApproved = isApproved
    self.metadata = metadata
  }

  /// Nothing more is wanted of the customer: it is over, or a person withdrew it. What could still collect is closed.
  package var isOverOrWithdrawn: Bool { state.isFinal || cancelRequested }

  /// A charge as it is first inserted: fixed from here on, and not yet tried.
  package static func new(
    id: ChargeID, customer: CustomerID, money: Money, description: String, statementDescriptorSuffix: String?,
    origin: ChargeOrigin, dueAt: Timestamp, paymentMethod: PaymentMethodID?, heldReason: HeldReason?,
    metadata: [String: String]
  ) -> Charge {
    Charge(
      id: id, state: heldReason == nil ? .scheduled : .held, customer: customer, money: money,
      description: description, statementDescriptorSuffix: statementDescriptorSuffix, origin: origin, dueAt: dueAt,
      paymentMethod: paymentMethod, paymentIntent: nil, paidAt: nil, paidBy: nil, amountRefunded: 0, disputedAt: nil,
      heldReason: heldReason, cancelRequested: false, isApproved: false, metadata: metadata)
  }
}

/// What a charge is for. Each of the two is unique in the ledger (law 1).
package enum ChargeOrigin: Sendable, Hashable {
  case period(AgreementID, PeriodKey, job: String)
  case key(String)

  package var agreement: AgreementID? {
    switch self {
    case .period(let agreement, _, _): agreement
    case .key: nil
    }
  }
  package var period: PeriodKey? {
    switch self {
    case .period(_, let period, _): period
    case .key: nil
    }
  }
  package var job: String? {
    switch self {
    case .period(_, _, let job): job
    case .key: nil
    }
  }
  package var key: String? {
    switch self {
    case .period: nil
    case .key(let key): key
    }
  }
}
