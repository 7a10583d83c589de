/// Why the bank says no: what the 402, the charge and `last_payment_error` will bear.
package struct SandboxDecline: Sendable, Equatable, Codable {
  /// `card_declined`, or the reason itself where Stripe uses it as the code.
  package var code: String
  package var declineCode: String?
  package var adviceCode: String?
  package var networkDeclineCode: String?
  package var message: String
  /// The charge's `failure_code`, where it says more than ``code``.
  package var chargeCode: String?
  /// `outcome.type` of the charge is blocked, and nothing went to the network.
  package var isBlocked = false

  /// The decline that Stripe makes of a decline code; one the sandbox does not know is an ordinary `card_declined`.
  package init(_ declineCode: String) {
    self.code = Self.ownCodes.contains(declineCode) ? declineCode : "card_declined"
    self.declineCode = declineCode
    self.adviceCode = Self.advice[declineCode]
    self.networkDeclineCode = Self.network[declineCode]
    self.message = Self.messages[declineCode] ?? "Your card was declined."
  }

  /// A bank account's refusal, which has no decline code.
  package init(bankCode: String, network: String?, message: String, chargeCode: String? = nil) {
    self.code = bankCode
    self.chargeCode = chargeCode
    self.networkDeclineCode = network
    self.message = message
  }

  static var radarBlock: SandboxDecline {
    var decline = SandboxDecline("fraudulent")
    decline.adviceCode = "do_not_try_again"
    decline.isBlocked = true
    return decline
  }

  /// Off session, the bank wants the customer.
  static let authenticationRequired = SandboxDecline("authentication_required")

  /// Codes that stand in `code` as well as in `decline_code`.
  private static let ownCodes: Set<String> = [
    "expired_card", "incorrect_cvc", "processing_error", "authentication_required", "incorrect_number", "invalid_cvc",
    "invalid_expiry_month", "invalid_expiry_year", "invalid_number", "incorrect_zip", "incorrect_address",
  ]

  /// As observed in test mode; fraudulent carries none.
  private static let advice: [String: String] = [
    "generic_decline": "try_again_later", "insufficient_funds": "try_again_later", "do_not_honor": "try_again_later",
    "issuer_not_available": "try_again_later", "processing_error": "try_again_later",
    "card_velocity_exceeded": "try_again_later", "lost_card": "do_not_try_again", "stolen_card": "do_not_try_again",
    "pickup_card": "do_not_try_again", "expired_card": "confirm_card_data", "incorrect_cvc": "confirm_card_data",
    "incorrect_number": "confirm_card_data", "revocation_of_authorization": "do_not_try_again",
  ]

  private static let network: [String: String] = [
    "generic_decline": "01", "insufficient_funds": "51", "do_not_honor": "05", "lost_card": "41", "stolen_card": "43",
    "pickup_card": "04", "expired_card": "54", "card_velocity_exceeded": "61", "issuer_not_available": "91",
    "authentication_required": "65", "revocation_of_authorization": "R0",
  ]

  private static let messages: [String: String] = [
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "card_velocity_exceeded":
      "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "card_not_supported": "Your card is not supported.",
    "authentication_required":
      "Your card was declined. This transaction requires authentication.",
  ]
}
