package import Domain

/// Stripe's PaymentMethod. Inside an error it may be no more than an id.
package struct StripePaymentMethod: StripeIdentified {
  package typealias IDName = StripeObject.PaymentMethod

  package struct Card: Decodable, Sendable, Hashable {
    package let brand: String?
    package let last4: String?
    package let expMonth: Int?
    package let expYear: Int?
    package let fingerprint: String?
    package let country: String?

    private enum CodingKeys: String, CodingKey {
      case brand, last4
      case expMonth = "exp_month"
      case expYear = "exp_year"
      case fingerprint, country
    }
  }

  package struct BankAccount: Decodable, Sendable, Hashable {
    package struct StatusDetails: Decodable, Sendable, Hashable {
      package struct Blocked: Decodable, Sendable, Hashable {
        package let reason: String?
      }
      package let blocked: Blocked?
    }
    package let last4: String?
    package let fingerprint: String?
    package let bankName: String?
    /// Says that the account cannot be debited again.
    package let statusDetails: StatusDetails?

    private enum CodingKeys: String, CodingKey {
      case last4, fingerprint
      case bankName = "bank_name"
      case statusDetails = "status_details"
    }
  }

  package let id: PaymentMethodID
  package let type: String?
  package let created: Int64?
  package let customer: Expandable<StripeCustomer>?
  package let card: Card?
  package let usBankAccount: BankAccount?
  package let sepaDebit: BankAccount?

  private enum CodingKeys: String, CodingKey {
    case id, type, created, customer, card
    case usBankAccount = "us_bank_account"
    case sepaDebit = "sepa_debit"
  }

  package var isBankDebit: Bool { type.map { PaymentMethod.bankDebitTypes.contains($0) } ?? false }

  /// What the ledger keeps. The mandate is not on the method but on the SetupIntent that saved it.
  package func kept(mandate: String?) -> PaymentMethod {
    let bank = usBankAccount ?? sepaDebit
    return PaymentMethod(
      id: id, customer: customer?.id, type: type ?? "unknown", brand: card?.brand ?? bank?.bankName,
      last4: card?.last4 ?? bank?.last4, expiryMonth: card?.expMonth, expiryYear: card?.expYear,
      fingerprint: card?.fingerprint ?? bank?.fingerprint, mandate: mandate)
  }
}
