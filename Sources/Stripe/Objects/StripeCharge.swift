package import Domain

package typealias StripeChargeID = Identifier<StripeCharge>

/// Stripe's Charge, as much as we use. What we call a charge is Domain's `Charge`.
package struct StripeCharge: StripeIdentified {
  package typealias IDName = StripeCharge

  package struct ChargeOutcome: Decodable, Sendable, Hashable {
    /// `authorized`, `manual_review`, `issuer_declined`, `blocked`, `invalid`.
    package let type: String?
    package let reason: String?
    package let networkStatus: String?
    package let adviceCode: String?

    private enum CodingKeys: String, CodingKey {
      case type, reason
      case networkStatus = "network_status"
      case adviceCode = "advice_code"
    }
  }

  package struct MethodDetails: Decodable, Sendable, Hashable {
    package struct Account: Decodable, Sendable, Hashable {
      package let brand: String?
      package let last4: String?
      package let fingerprint: String?
    }
    package let type: String?
    package let card: Account?
    package let usBankAccount: Account?
    package let sepaDebit: Account?

    private enum CodingKeys: String, CodingKey {
      case type, card
      case usBankAccount = "us_bank_account"
      case sepaDebit = "sepa_debit"
    }
  }

  package let id: StripeChargeID
  package let amount: Int64?
  package let amountRefunded: Int64?
  package let currency: String?
  package let status: String?
  package let disputed: Bool?
  package let outcome: ChargeOutcome?
  package let paymentIntent: Expandable<PaymentIntentName>?
  package let paymentMethod: String?
  package let paymentMethodDetails: MethodDetails?
  package let failureCode: String?

  private enum CodingKeys: String, CodingKey {
    case id, amount
    case amountRefunded = "amount_refunded"
    case currency, status, disputed, outcome
    case paymentIntent = "payment_intent"
    case paymentMethod = "payment_method"
    case paymentMethodDetails = "payment_method_details"
    case failureCode = "failure_code"
  }

  /// Blocked by Radar as a fraud. Stripe also blocks what is merely unlikely to be authorized or was declined too often
  /// (docs/STRIPE.md §4); that is not the customer's end, and its advice decides.
  package var isBlocked: Bool {
    outcome?.type == "blocked"
      && !["low_probability_of_authorization", "previously_declined_do_not_retry"].contains(outcome?.reason)
  }

  package var fingerprint: String? {
    let details = paymentMethodDetails
    return details?.card?.fingerprint ?? details?.usBankAccount?.fingerprint ?? details?.sepaDebit?.fingerprint
  }
}

/// A PaymentIntent of which only the id matters: an intent holds a charge, so a charge cannot hold an intent.
package struct PaymentIntentName: StripeIdentified {
  package typealias IDName = StripeObject.PaymentIntent
  package let id: PaymentIntentID
}
