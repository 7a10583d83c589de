package import Domain

/// What comparing the ledger with Stripe found; the keys of `dues reconcile --json`.
package struct ReconcileReport: Sendable, Encodable, Equatable {
  /// Money that Stripe has received for one charge more than once, and still holds.
  package struct Duplicate: Sendable, Encodable, Equatable {
    package let charge: ChargeID
    /// The payment that is one too many.
    package let paymentIntent: PaymentIntentID
    package let amount: Int64
    package let currency: String
    /// Proven: the charge is paid by another payment, whole and not given back.
    package let isProven: Bool
    /// What `--refund-duplicates` did about it.
    package var refund: String?

    enum CodingKeys: String, CodingKey {
      case charge
      case paymentIntent = "payment_intent"
      case amount, currency
      case isProven = "proven"
      case refund
    }
  }

  /// Something at Stripe under this ledger's id that the ledger does not have.
  package struct Stranger: Sendable, Encodable, Equatable {
    package let id: String
    package let charge: String
    package let status: String
  }

  /// A payment of a customer who owes just that, made past this ledger: perhaps it was meant for the charge.
  package struct PerhapsPaid: Sendable, Encodable, Equatable {
    package let charge: ChargeID
    package let paymentIntent: PaymentIntentID

    enum CodingKeys: String, CodingKey {
      case charge
      case paymentIntent = "payment_intent"
    }
  }

  package var intents = 0
  package var sessions = 0
  /// Payments and attempts that the ledger had missed and knows now.
  package var adopted = 0
  package var duplicates: [Duplicate] = []
  package var strangers: [Stranger] = []
  package var perhapsPaid: [PerhapsPaid] = []

  package init() {}

  enum CodingKeys: String, CodingKey {
    case intents, sessions, adopted, duplicates, strangers
    case perhapsPaid = "perhaps_paid"
  }

  package var needsHuman: Bool {
    !strangers.isEmpty || !perhapsPaid.isEmpty || duplicates.contains { $0.refund == nil }
  }
}
