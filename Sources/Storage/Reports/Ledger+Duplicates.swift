package import Domain
import GRDB

/// What `reconcile` asks the ledger.
extension Ledger {
  /// Payments that are one too many and not given back whole, oldest first.
  package func extraPayments(limit: Int) throws -> [PaymentRecord] {
    try read { db in
      try db.rows(
        "SELECT * FROM payments WHERE is_extra = 1 AND amount_refunded < amount ORDER BY seen_at LIMIT ?", [limit]
      ).map { try PaymentRecord(row: $0) }
    }
  }

  /// What a customer owes of just this amount, oldest first; not what is in flight, of which more will be known.
  package func owed(by customer: CustomerID, amount: Money) throws -> [ChargeID] {
    try read { db in
      try db.rows(
        """
        SELECT id FROM charges WHERE customer = ? AND amount = ? AND currency = ?
            AND state IN ('scheduled', 'held', 'recovering') ORDER BY due_at LIMIT 100
        """, [customer.text, amount.amount, amount.currency.code]
      ).map { ChargeID($0["id"]) }
    }
  }
}
