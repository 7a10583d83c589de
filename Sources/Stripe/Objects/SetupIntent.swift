package import Domain

/// Stripe's SetupIntent, as much as we use.
package struct SetupIntent: StripeIdentified {
  package typealias IDName = StripeObject.SetupIntent

  package enum Status: String, OpenEnum, CaseIterable {
    case requiresPaymentMethod = "requires_payment_method"
    case requiresConfirmation = "requires_confirmation"
    case requiresAction = "requires_action"
    case processing, succeeded, canceled
    case unknown
  }

  package enum Usage: String, OpenEnum, CaseIterable {
    case onSession = "on_session"
    case offSession = "off_session"
    case unknown
  }

  /// What the customer, or the bank, has still to do.
  package struct NextAction: Decodable, Sendable, Hashable {
    package struct Microdeposits: Decodable, Sendable, Hashable {
      /// Seconds: when the two small deposits should be there.
      package let arrivalDate: Int64?
      /// Stripe's page on which the customer enters what has arrived.
      package let hostedVerificationUrl: String?
      package let microdepositType: String?

      private enum CodingKeys: String, CodingKey {
        case arrivalDate = "arrival_date"
        case hostedVerificationUrl = "hosted_verification_url"
        case microdepositType = "microdeposit_type"
      }
    }

    package let type: String?
    package let verifyWithMicrodeposits: Microdeposits?

    private enum CodingKeys: String, CodingKey {
      case type
      case verifyWithMicrodeposits = "verify_with_microdeposits"
    }
  }

  package let id: SetupIntentID
  package let status: Status
  package let usage: Usage?
  package let customer: Expandable<StripeCustomer>?
  package let paymentMethod: Expandable<StripePaymentMethod>?
  /// For later charges; bank debits need it.
  package let mandate: Expandable<StripeMandate>?
  /// For one charge only.
  package let singleUseMandate: Expandable<StripeMandate>?
  package let nextAction: NextAction?
  package let lastSetupError: PaymentError?
  package let metadata: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case id, status, usage, customer
    case paymentMethod = "payment_method"
    case mandate
    case singleUseMandate = "single_use_mandate"
    case nextAction = "next_action"
    case lastSetupError = "last_setup_error"
    case metadata
  }
}

/// Stripe's Mandate: the customer's leave to debit an account.
package struct StripeMandate: StripeIdentified {
  package typealias IDName = StripeMandate

  package enum Status: String, OpenEnum, CaseIterable { case active, inactive, pending, unknown }
  package enum Kind: String, OpenEnum, CaseIterable {
    case multiUse = "multi_use"
    case singleUse = "single_use"
    case unknown
  }

  package let id: Identifier<StripeMandate>
  package let status: Status?
  package let type: Kind?
}
