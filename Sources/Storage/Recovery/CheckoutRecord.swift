package import Domain
import GRDB

/// A payment-mode Checkout Session of a recovery, as the ledger knows it.
package struct CheckoutRecord: Sendable, Hashable {
  package let charge: ChargeID
  package let number: Int
  package let state: CheckoutState
  package let openedBy: CheckoutOpener
  package let request: FrozenRequest
  package let session: CheckoutSessionID?
  package let url: String?
  package let expiresAt: Timestamp
  package let writtenAt: Timestamp
  package let sentAt: Timestamp?
  package let closedAt: Timestamp?

  init(row: Row) throws {
    charge = ChargeID(row["charge"])
    number = row["number"]
    state = try row.named("state")
    openedBy = try row.named("opened_by")
    request = FrozenRequest(path: row["path"], body: row["body"], idempotencyKey: row["idempotency_key"])
    session = (row["session"] as String?).map { CheckoutSessionID($0) }
    url = row["url"]
    expiresAt = row.time("expires_at")
    writtenAt = row.time("written_at")
    sentAt = row.timeIfAny("sent_at")
    closedAt = row.timeIfAny("closed_at")
  }
}

/// Whether a checkout may be opened for a charge now.
package enum CheckoutOpening: Sendable {
  /// Written; to be sent now.
  case written(CheckoutRecord)
  /// One is live already: use it, or close it first.
  case live(CheckoutRecord)
  /// An attempt or a payment is on its way.
  case inFlight
  /// Nothing is owed any more, or not yet.
  case notOwed(ChargeState)
}
