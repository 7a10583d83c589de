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

  /// Detached is for good (docs/STRIPE.md §9): it is never charged again.
  package func detach(_ method: PaymentMethodID, at now: Timestamp) throws {
    try write(at: now) { db in try db.run("UPDATE payment_methods SET is_detached = 1 WHERE id = ?", [method.text]) }
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
          mandate = coalesce(excluded.mandate, mandate), budget_key = excluded.budget_key, read_at = excluded.read_at
      """,
      [
        method.id.text, method.customer?.text, method.type, method.brand, method.last4, method.expiryMonth,
        method.expiryYear, method.fingerprint, method.mandate, method.budgetKey, now.milliseconds,
      ])
  }
}
