package import Domain
import GRDB

/// A refund that we ask Stripe for.
package struct RefundRecord: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    /// Written, and not answered for certain yet.
    case sending
    case done
    case refused
  }

  package let number: Int
  package let charge: ChargeID
  package let intent: PaymentIntentID
  /// In minor units of the payment's currency.
  package let amount: Int64
  package let state: State
  package let request: FrozenRequest
  /// Stripe's `re_…`.
  package let refund: String?
  package let writtenAt: Timestamp
  package let sentAt: Timestamp?
  package let reason: String?

  /// What it is called at Stripe: in the idempotency key and in the metadata.
  package var name: String { request.idempotencyKey.split(separator: ":").last.map(String.init) ?? String(number) }

  /// With the moment in which it was written: an older copy of the ledger gives a number again, and means another refund.
  package static func name(_ number: Int, at now: Timestamp) -> String { "\(number)-\(now.milliseconds)" }

  init(row: Row) throws {
    number = row["number"]
    charge = ChargeID(row["charge"])
    intent = PaymentIntentID(row["payment_intent"])
    amount = row["amount"]
    state = try row.named("state")
    request = FrozenRequest(path: row["path"], body: row["body"], idempotencyKey: row["idempotency_key"])
    refund = row["refund"]
    writtenAt = row.time("written_at")
    sentAt = row.timeIfAny("sent_at")
    reason = row["reason"]
  }
}

/// What asking for a refund came to in the ledger.
package enum RefundOpening: Sendable {
  case written(RefundRecord)
  /// One of the same payment has no answer yet; it is taken up before another is written.
  case live(RefundRecord)
}

/// Money that was received for a charge, and what of it has gone back.
package struct PaymentRecord: Sendable, Hashable {
  package let intent: PaymentIntentID
  package let charge: ChargeID
  package let received: Money
  package let refunded: Int64
  /// Not the payment that made the charge `paid`: a second one, or of another amount.
  package let isExtra: Bool

  init(row: Row) throws {
    intent = PaymentIntentID(row["payment_intent"])
    charge = ChargeID(row["charge"])
    received = Money(amount: row["amount"], currency: try Currency(code: row["currency"]))
    refunded = row["amount_refunded"]
    isExtra = row["is_extra"]
  }
}
