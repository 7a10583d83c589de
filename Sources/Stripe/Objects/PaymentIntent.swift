package import Domain

/// Stripe's PaymentIntent, as much as we use.
package struct PaymentIntent: StripeIdentified {
  package typealias IDName = StripeObject.PaymentIntent

  package enum Status: String, OpenEnum, CaseIterable {
    case requiresPaymentMethod = "requires_payment_method"
    case requiresConfirmation = "requires_confirmation"
    case requiresAction = "requires_action"
    case requiresCapture = "requires_capture"
    case processing, succeeded, canceled
    case unknown
  }

  package struct NextAction: Decodable, Sendable, Hashable {
    /// `use_stripe_sdk`, `redirect_to_url`, `verify_with_microdeposits` …
    package let type: String
  }

  package let id: PaymentIntentID
  package let status: Status
  /// Absent only inside an error that was cut short.
  package let amount: Int64?
  package let amountReceived: Int64?
  package let currency: String?
  package let created: Int64?
  package let customer: Expandable<StripeCustomer>?
  package let paymentMethod: Expandable<StripePaymentMethod>?
  package let paymentMethodTypes: [String]?
  package let latestCharge: Expandable<StripeCharge>?
  package let lastPaymentError: PaymentError?
  package let nextAction: NextAction?
  package let metadata: [String: String]?
  package let cancellationReason: String?
  /// What the customer reads.
  package let description: String?
  /// A browser that has it can pay the intent: see the rule about open intents in `docs/LIFECYCLE.md`.
  package let clientSecret: String?

  private enum CodingKeys: String, CodingKey {
    case id, status, amount
    case amountReceived = "amount_received"
    case currency, created, customer
    case paymentMethod = "payment_method"
    case paymentMethodTypes = "payment_method_types"
    case latestCharge = "latest_charge"
    case lastPaymentError = "last_payment_error"
    case nextAction = "next_action"
    case metadata
    case cancellationReason = "cancellation_reason"
    case description
    case clientSecret = "client_secret"
  }

  package var total: Money? { Money(stripe: amount, currency) }
  /// What Stripe says it received, in the intent's currency.
  package var received: Money? { Money(stripe: amountReceived, currency) }
}

/// Why a payment failed: an error's body, or an intent's `last_payment_error`.
package struct PaymentError: Decodable, Sendable, Hashable {
  package let type: String?
  package let code: String?
  package let declineCode: String?
  package let adviceCode: String?
  /// Raw, and different per card brand: for the log only.
  package let networkDeclineCode: String?
  package let networkAdviceCode: String?
  package let message: String?
  package let param: String?
  package let charge: String?
  package let paymentMethod: StripePaymentMethod?

  private enum CodingKeys: String, CodingKey {
    case type, code
    case declineCode = "decline_code"
    case adviceCode = "advice_code"
    case networkDeclineCode = "network_decline_code"
    case networkAdviceCode = "network_advice_code"
    case message, param, charge
    case paymentMethod = "payment_method"
  }
}

extension Money {
  /// `nil` if either is missing or the currency is none that we know.
  init?(stripe amount: Int64?, _ currency: String?) {
    guard let amount, let code = currency, let known = Currency.all.first(where: { $0.code == code }) else {
      return nil
    }
    self.init(amount: amount, currency: known)
  }
}
