/// Stripe's Customer as far as Dues needs it.
package struct Customer: Sendable, Hashable {
  package let id: CustomerID
  package var email: String?
  package var name: String?
  /// Stripe's `preferred_locales`, the best first.
  package var locales: [String]
  package var isDeleted: Bool

  package init(id: CustomerID, email: String?, name: String?, locales: [String], isDeleted: Bool) {
    self.id = id
    self.email = email
    self.name = name
    self.locales = locales
    self.isDeleted = isDeleted
  }
}
