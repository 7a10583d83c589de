package import Domain
import Foundation
import GRDB

/// Stripe's customers and payment methods, mirrored as far as Dues needs them.
extension Ledger {
  package func save(_ customer: Customer, at now: Timestamp) throws {
    try write(at: now) { db in try db.save(customer, at: now) }
  }

  package func save(_ method: PaymentMethod, at now: Timestamp) throws {
    try write(at: now) { db in try db.save(method, at: now) }
  }

  /// A saved card as Stripe shows it now. Where its number or its expiry has changed, what failed with it is tried again.
  package func methodSeen(_ method: PaymentMethod, at now: Timestamp) throws {
    try write(at: now) { db in
      let before = try db.row("SELECT * FROM payment_methods WHERE id = ?", [method.id.text]).map {
        PaymentMethod(row: $0)
      }
      try db.save(method, at: now)
      guard let before else { return }
      let isRenewed =
        before.budgetKey != method.budgetKey || before.expiryMonth != method.expiryMonth
        || before.expiryYear != method.expiryYear
      if isRenewed { try db.renewed(method, at: now) }
    }
  }

  /// Detached is for good (docs/STRIPE.md §9): it is never charged again.
  package func detach(_ method: PaymentMethodID, at now: Timestamp) throws {
    try write(at: now) { db in try db.run("UPDATE payment_methods SET is_detached = 1 WHERE id = ?", [method.text]) }
  }

  /// The method that a mandate of ours belongs to.
  package func paymentMethod(mandate: String) throws -> PaymentMethod? {
    try read { db in
      try db.row("SELECT * FROM payment_methods WHERE mandate = ?", [mandate]).map { PaymentMethod(row: $0) }
    }
  }

  /// Whether the same card or account was stopped before (decision 10).
  package func isStopped(budgetKey: String) throws -> Bool {
    try read { db in
      try db.exists("SELECT 1 FROM payment_methods WHERE budget_key = ? AND stopped IS NOT NULL", [budgetKey])
    }
  }

  /// Whether a method's mandate was seen to have ended.
  package func mandateHasEnded(of method: PaymentMethodID) throws -> Bool {
    try read { db in
      try db.exists("SELECT 1 FROM payment_methods WHERE id = ? AND mandate_ended = 1", [method.text])
    }
  }

  /// What Stripe shows of a method's mandate. While it is inactive the method is not charged: its charges go to their link
  /// (docs/STRIPE.md §4). Said in the history of every agreement that uses it, once.
  package func mandateSeen(of method: PaymentMethod, isInactive: Bool, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE payment_methods SET mandate_ended = ?1 WHERE id = ?2 AND mandate_ended <> ?1",
        [isInactive, method.id.text])
      guard db.changesCount == 1 else { return }
      let used = try db.rows(
        "SELECT id FROM agreements WHERE payment_method = ? AND state <> 'canceled'", [method.id.text])
      for row in used {
        try db.note(
          isInactive ? .mandateEnded : .mandateRestored, agreement: AgreementID(row["id"]), at: now,
          ["mandate": method.mandate, "method": method.label])
      }
    }
  }

  package func customer(_ id: CustomerID) throws -> Customer? {
    try read { db in try db.customer(id) }
  }

  package func paymentMethod(_ id: PaymentMethodID) throws -> PaymentMethod? {
    try read { db in try db.row("SELECT * FROM payment_methods WHERE id = ?", [id.text]).map { PaymentMethod(row: $0) }
    }
  }
}

extension Database {
  func customer(_ id: CustomerID) throws -> Customer? {
    try row("SELECT * FROM customers WHERE id = ?", [id.text]).map { try Customer(row: $0) }
  }

  func save(_ customer: Customer, at now: Timestamp) throws {
    let locales = String(decoding: try JSONEncoder().encode(customer.locales), as: UTF8.self)
    try run(
      """
      INSERT INTO customers (id, email, name, locales, is_deleted, read_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, locales = excluded.locales,
          is_deleted = excluded.is_deleted, read_at = excluded.read_at
      """,
      [customer.id.text, customer.email, customer.name, locales, customer.isDeleted, now.milliseconds])
  }

  /// Keeps a mandate that is already known: Stripe shows it on the SetupIntent only.
  func save(_ method: PaymentMethod, at now: Timestamp) throws {
    if let customer = method.customer {
      try run(
        "INSERT OR IGNORE INTO customers (id, locales, is_deleted, read_at) VALUES (?, '[]', 0, ?)",
        [customer.text, now.milliseconds])
    }
    try run(
      """
      INSERT INTO payment_methods (id, customer, type, brand, last4, expiry_month, expiry_year, fingerprint, mandate,
          budget_key, read_at, stopped)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
          -- The same card saved anew is as stopped as it was; 'final' < 'other_method_only'.
          (SELECT min(stopped) FROM payment_methods WHERE budget_key = ?10))
        ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, brand = excluded.brand, last4 = excluded.last4,
          expiry_month = excluded.expiry_month, expiry_year = excluded.expiry_year, fingerprint = excluded.fingerprint,
          mandate = coalesce(excluded.mandate, mandate),
          mandate_ended = CASE WHEN coalesce(excluded.mandate, mandate) IS mandate THEN mandate_ended ELSE 0 END,
          budget_key = excluded.budget_key, read_at = excluded.read_at
      """,
      [
        method.id.text, method.customer?.text, method.type, method.brand, method.last4, method.expiryMonth,
        method.expiryYear, method.fingerprint, method.mandate, method.budgetKey, now.milliseconds,
      ])
  }
}
