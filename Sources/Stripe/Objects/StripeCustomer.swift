package import Domain

/// Stripe's Customer; of a deleted one there is only the id.
package struct StripeCustomer: StripeIdentified {
  package typealias IDName = StripeObject.Customer

  package struct InvoiceSettings: Decodable, Sendable, Hashable {
    package let defaultPaymentMethod: Expandable<PaymentMethodName>?

    private enum CodingKeys: String, CodingKey {
      case defaultPaymentMethod = "default_payment_method"
    }
  }

  package let id: CustomerID
  package let deleted: Bool?
  package let email: String?
  package let name: String?
  package let preferredLocales: [String]?
  package let invoiceSettings: InvoiceSettings?
  package let metadata: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case id, deleted, email, name
    case preferredLocales = "preferred_locales"
    case invoiceSettings = "invoice_settings"
    case metadata
  }

  package var defaultPaymentMethod: PaymentMethodID? { invoiceSettings?.defaultPaymentMethod?.id }

  /// What the ledger keeps.
  package var kept: Customer {
    Customer(id: id, email: email, name: name, locales: preferredLocales ?? [], isDeleted: deleted ?? false)
  }
}

/// A PaymentMethod of which only the id matters.
package struct PaymentMethodName: StripeIdentified {
  package typealias IDName = StripeObject.PaymentMethod
  package let id: PaymentMethodID
}
