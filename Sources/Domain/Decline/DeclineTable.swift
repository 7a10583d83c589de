// Every code that Stripe documents for a failed payment, and what helps against it
// (docs.stripe.com/declines/codes, docs.stripe.com/error-codes).
//
// - `decline_code` and `code` share the table: Stripe repeats some in both, and some failures have a `code` only.
// - Cards, bank debits and local methods share it too: no code means one thing for one and another for the other.
// - What the customer may be told is chosen so that loss, theft and fraud read like any other decline.

/// What helps, by Stripe's code.
package enum DeclineTable {
  /// One verdict, and the codes that it is for.
  package struct Row: Sendable {
    package let verdict: Verdict
    package let codes: [String]

    fileprivate init(_ verdict: Verdict, _ codes: [String]) {
      self.verdict = verdict
      self.codes = codes
    }
  }

  /// The verdict on one code; `nil` if the table does not have it.
  package static func verdict(of code: String) -> Verdict? {
    code.hasPrefix("parameter_") ? ourFault : byCode[code]
  }

  /// The bank says no without saying why.
  static let vague = Verdict(remedy: .wait, safeReason: .declined, attemptCap: 3)

  private static let ourFault = Verdict(remedy: .ourFault, safeReason: .declined)

  /// A code that is listed twice stops the program at the first lookup, and so fails every test of declines.
  private static let byCode = Dictionary(
    uniqueKeysWithValues: rows.flatMap { row in row.codes.map { ($0, row.verdict) } })

  private static func wait(_ reason: SafeReason) -> Verdict { Verdict(remedy: .wait, safeReason: reason) }
  private static func newDetails(_ reason: SafeReason) -> Verdict { Verdict(remedy: .newDetails, safeReason: reason) }
  private static func stop(_ kind: StopKind) -> Verdict { Verdict(remedy: .stop, stop: kind, safeReason: .declined) }
}

extension DeclineTable {
  package static let rows: [Row] = [
    // The bank wants the customer.
    Row(
      Verdict(remedy: .authenticate, safeReason: .confirmationNeeded),
      [
        "authentication_required", "authentication_not_handled", "mobile_device_authentication_required",
        "authentication_failure", "payment_intent_authentication_failure", "payment_intent_action_required",
      ]),

    // Money may be there later.
    Row(
      wait(.declinedByBank),
      [
        "insufficient_funds", "card_velocity_exceeded", "withdrawal_count_limit_exceeded", "payment_limit_exceeded",
      ]),
    // Stripe's own pacing of declined cards; wait at least a day, as every retry does.
    Row(wait(.declined), ["card_decline_rate_limit_exceeded"]),
    // Somebody's machine was down.
    Row(
      wait(.declined),
      [
        "issuer_not_available", "processing_error", "reenter_transaction", "approve_with_id", "try_again_later",
        "payment_method_provider_timeout",
      ]),
    Row(
      vague,
      [
        "card_declined", "generic_decline", "do_not_honor", "call_issuer", "no_action_taken",
        "payment_intent_payment_attempt_failed", "payment_method_provider_decline",
        "partner_generic_decline", "partner_high_risk_customer", "partner_payment_not_found", "bank_account_declined",
      ]),

    // Other details, or another method.
    Row(newDetails(.expired), ["expired_card", "expired_payment_method", "expired_payment_information"]),
    Row(
      newDetails(.detailsWrong),
      [
        "incorrect_number", "invalid_number", "invalid_account", "new_account_information_available",
        "incorrect_cvc", "invalid_cvc", "incorrect_zip", "incorrect_address",
        "invalid_expiry_month", "invalid_expiry_year",
        "invalid_payment_information",
        // Bank debits.
        "bank_account_invalid_details", "no_account", "account_number_invalid", "incorrect_account_holder_name",
        "bank_account_bad_routing_numbers",
      ]),
    Row(
      newDetails(.declined),
      [
        "card_not_supported", "currency_not_supported", "not_permitted", "service_not_allowed",
        "transaction_not_allowed", "security_violation", "invalid_amount",
        "compliance_violation", "partner_action_not_supported", "payment_disputed",
        "payment_method_customer_decline",
      ]),
    // The method is gone, or its owner's permission to use it is.
    Row(
      newDetails(.methodUnavailable),
      [
        "payment_method_restricted", "payment_method_unactivated", "payment_method_unexpected_state",
        "payment_method_not_available", "resource_missing", "card_already_activated",
        "payment_intent_mandate_invalid", "billing_invalid_mandate", "india_recurring_payment_mandate_canceled",
        "invalid_billing_agreement", "invalid_authorization", "invalid_customer_account",
        "recurring_not_supported_by_bank",
        // Bank debits: from the error, the charge, or the account's own `status_details.blocked`.
        "bank_account_closed", "account_closed", "bank_account_restricted", "bank_account_frozen",
        "bank_account_unusable", "bank_account_unverified", "tokenized_account_number_deactivated",
        "payment_method_bank_account_blocked", "sepa_unsupported_account",
      ]),

    // Never again with this method.
    Row(
      stop(.otherMethodOnly),
      ["lost_card", "stolen_card", "lost_or_stolen_card", "pickup_card", "restricted_card", "do_not_try_again"]),
    // Never again at all: fraud, or the customer withdrew consent.
    Row(
      stop(.final),
      [
        "fraudulent", "merchant_blacklist", "revocation_of_authorization", "revocation_of_all_authorizations",
        "stop_payment_order", "debit_not_authorized",
      ]),

    // Our request, our account or our amount is wrong.
    Row(
      ourFault,
      [
        "duplicate_transaction", "testmode_decline", "invalid_business_account",
        "incorrect_pin", "invalid_pin", "pin_try_exceeded", "offline_pin_required", "online_or_offline_pin_required",
        "amount_too_small", "amount_too_large", "payment_method_currency_mismatch",
        "payment_method_types_no_longer_supported",
      ]),
  ]
}
