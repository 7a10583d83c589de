package import Domain
import GRDB

/// A setup-mode Checkout Session of ours.
package struct SetupRecord: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    /// Asked for; its session's id is not known yet.
    case opening
    case open
    /// The customer is done, the bank is not.
    case verifying
    case complete
    /// Completed with a method that cannot be charged while the customer is away.
    case refused
    case expired
    /// Stripe did not make the session, or the bank did not verify the method.
    case failed
  }

  package let number: Int
  package let state: State
  package let request: FrozenRequest
  package let session: CheckoutSessionID?
  /// While it is open.
  package let url: String?
  /// The one it was made for; else the one it turned out to be.
  package let customer: CustomerID?
  package let job: String?
  /// What the customer was asked to agree to; `nil` without a job.
  package let terms: Terms?
  package let agreement: AgreementID?
  package let setupIntent: SetupIntentID?
  package let paymentMethod: PaymentMethodID?
  /// Stripe's page for what arrived at the bank.
  package let verificationURL: String?
  package let writtenAt: Timestamp
  package let completedAt: Timestamp?
  package let concludedAt: Timestamp?
  package let reason: String?

  init(row: Row) throws {
    number = row["number"]
    state = try row.named("state")
    request = FrozenRequest(path: row["path"], body: row["body"], idempotencyKey: row["idempotency_key"])
    session = (row["session"] as String?).map { CheckoutSessionID($0) }
    url = row["url"]
    customer = (row["customer"] as String?).map { CustomerID($0) }
    job = row["job"]
    terms = try Terms(row: row)
    agreement = (row["agreement"] as String?).map { AgreementID($0) }
    setupIntent = (row["setup_intent"] as String?).map { SetupIntentID($0) }
    paymentMethod = (row["payment_method"] as String?).map { PaymentMethodID($0) }
    verificationURL = row["verification_url"]
    writtenAt = row.time("written_at")
    completedAt = row.timeIfAny("completed_at")
    concludedAt = row.timeIfAny("concluded_at")
    reason = row["reason"]
  }

  /// Why its method was not taken, where ``state`` is ``State/refused``.
  package var refusal: SetupRefusal? { reason.flatMap { SetupRefusal(rawValue: $0) } }
}

extension Terms {
  fileprivate init?(row: Row) throws {
    guard (row["amount"] as Int64?) != nil else { return nil }
    self.init(
      money: try row.money(), description: row["description"],
      statementDescriptorSuffix: row["statement_descriptor_suffix"],
      schedule: try row.schedule())
  }
}

/// What a setup session is asked for.
package struct SetupWish: Sendable, Hashable {
  /// `nil`: Checkout makes one, or one is made afterwards.
  package let customer: CustomerID?
  package let job: String?
  package let terms: Terms?

  package init(customer: CustomerID?, job: Job?) {
    self.customer = customer
    self.job = job?.name
    terms = job?.terms
  }
}

/// What asking for a setup came to in the ledger.
package enum SetupOpening: Sendable {
  case written(SetupRecord)
  /// A young one for the same is there already; a second click is the same click.
  case existing(SetupRecord)

  package var setup: SetupRecord {
    switch self {
    case .written(let setup), .existing(let setup): setup
    }
  }
}
