/// Why a cardholder goes to their bank, and how the bank comes to the merchant.
package struct SandboxDisputeGround: Sendable, Equatable, Codable {
  package enum CaseType: String, Sendable, Codable {
    /// The money is taken at once.
    case chargeback
    /// The bank asks first; no money moves unless it escalates.
    case inquiry
    case compliance
    /// A debit that the payer's bank has called back: there is nothing to contest.
    case bankReturn = "bank_return"
  }

  /// Stripe's word: `fraudulent`, `product_not_received`, `duplicate`, `subscription_canceled`, `general` …
  package var reason: String
  package var caseType: CaseType

  package init(reason: String, caseType: CaseType) {
    self.reason = reason
    self.caseType = caseType
  }

  static let bankReturn = SandboxDisputeGround(reason: "debit_not_authorized", caseType: .bankReturn)

  /// The reasons of docs.stripe.com/disputes/categories.
  static let reasons: Set<String> = [
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized",
    "duplicate", "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "noncompliant",
    "product_not_received", "product_unacceptable", "subscription_canceled", "unrecognized",
  ]

  /// The network's own code, as far as the sandbox knows it; an inquiry's is the category alone.
  func networkReasonCode(brand: String) -> String? {
    let visa = [
      "fraudulent": "10.4", "unrecognized": "10.4", "product_not_received": "13.1", "subscription_canceled": "13.2",
      "product_unacceptable": "13.3", "credit_not_processed": "13.6", "duplicate": "12.6",
    ]
    let mastercard = [
      "fraudulent": "4837", "unrecognized": "4837", "product_not_received": "4855", "subscription_canceled": "4841",
      "product_unacceptable": "4853", "credit_not_processed": "4860", "duplicate": "4834",
    ]
    switch brand {
    case "visa": return caseType == .inquiry ? visa[reason].map { String($0.prefix(2)) } : visa[reason]
    case "mastercard": return mastercard[reason]
    default: return nil
    }
  }
}

/// How a dispute ends.
package enum SandboxDisputeOutcome: String, Sendable, CaseIterable {
  case won, lost
  /// Of an inquiry: it becomes a chargeback, and takes the money.
  case escalated
}
