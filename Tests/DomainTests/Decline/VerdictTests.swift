import Domain
import Testing

struct VerdictTests {
  /// One line of the table: what helps, what the customer hears, and how often it may be tried.
  struct Line: Sendable, CustomTestStringConvertible {
    let code: String
    let verdict: Verdict
    var testDescription: String { "\(code): \(verdict.remedy.rawValue)" }
  }

  static func lines(
    _ remedy: Remedy, _ reason: SafeReason, stop: StopKind? = nil, cap: Int? = nil, _ codes: String
  ) -> [Line] {
    codes.split(whereSeparator: \.isWhitespace).map {
      Line(code: String($0), verdict: Verdict(remedy: remedy, stop: stop, safeReason: reason, attemptCap: cap))
    }
  }

  static let table: [Line] = [
    lines(
      .authenticate, .confirmationNeeded,
      """
      authentication_required authentication_not_handled mobile_device_authentication_required authentication_failure
      payment_intent_authentication_failure payment_intent_action_required
      """),
    lines(
      .wait, .declinedByBank,
      "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded payment_limit_exceeded"),
    lines(
      .wait, .declined,
      """
      issuer_not_available processing_error reenter_transaction approve_with_id try_again_later
      card_decline_rate_limit_exceeded payment_method_provider_timeout
      """),
    lines(
      .wait, .declined, cap: 3,
      """
      card_declined generic_decline do_not_honor call_issuer no_action_taken payment_intent_payment_attempt_failed
      payment_method_provider_decline partner_generic_decline partner_high_risk_customer partner_payment_not_found
      bank_account_declined
      """),
    lines(.newDetails, .expired, "expired_card expired_payment_method expired_payment_information"),
    lines(
      .newDetails, .detailsWrong,
      """
      incorrect_number invalid_number invalid_account new_account_information_available incorrect_cvc invalid_cvc
      incorrect_zip incorrect_address invalid_expiry_month invalid_expiry_year invalid_payment_information
      bank_account_invalid_details no_account account_number_invalid incorrect_account_holder_name
      bank_account_bad_routing_numbers
      """),
    lines(
      .newDetails, .declined,
      """
      card_not_supported currency_not_supported not_permitted service_not_allowed transaction_not_allowed
      security_violation invalid_amount compliance_violation partner_action_not_supported payment_disputed
      payment_method_customer_decline
      """),
    lines(
      .newDetails, .methodUnavailable,
      """
      payment_method_restricted payment_method_unactivated payment_method_unexpected_state payment_method_not_available
      resource_missing card_already_activated payment_intent_mandate_invalid billing_invalid_mandate
      india_recurring_payment_mandate_canceled invalid_billing_agreement invalid_authorization invalid_customer_account
      recurring_not_supported_by_bank bank_account_closed account_closed bank_account_restricted bank_account_frozen
      bank_account_unusable bank_account_unverified tokenized_account_number_deactivated
      payment_method_bank_account_blocked sepa_unsupported_account
      """),
    lines(
      .stop, .declined, stop: .otherMethodOnly,
      "lost_card stolen_card lost_or_stolen_card pickup_card restricted_card do_not_try_again"),
    lines(
      .stop, .declined, stop: .final,
      """
      fraudulent merchant_blacklist revocation_of_authorization revocation_of_all_authorizations stop_payment_order
      debit_not_authorized
      """),
    lines(
      .ourFault, .declined,
      """
      duplicate_transaction testmode_decline invalid_business_account incorrect_pin invalid_pin pin_try_exceeded
      offline_pin_required online_or_offline_pin_required amount_too_small amount_too_large
      payment_method_currency_mismatch payment_method_types_no_longer_supported parameter_missing
      parameter_invalid_empty parameter_invalid_integer parameter_unknown
      """),
  ].flatMap(\.self)

  @Test(arguments: table)
  func `a decline code has its verdict`(line: Line) {
    #expect(Decline(code: "card_declined", declineCode: line.code, adviceCode: nil).verdict == line.verdict)
  }

  @Test(arguments: table)
  func `a code alone says the same`(line: Line) {
    #expect(Decline(code: line.code, declineCode: nil, adviceCode: nil).verdict == line.verdict)
  }

  @Test func `the table has no other codes`() {
    let codes = Set(DeclineTable.rows.flatMap(\.codes))
    #expect(codes.symmetricDifference(Self.table.map(\.code).filter { !$0.hasPrefix("parameter_") }).isEmpty)
  }

  @Test(arguments: table)
  func `a stop, and nothing else, has a kind`(line: Line) {
    #expect((line.verdict.remedy == .stop) == (line.verdict.stop != nil))
  }

  // MARK: Advice

  @Test(arguments: table)
  func `advice never to try again stops what is not authentication`(line: Line) {
    let verdict = Decline(code: "card_declined", declineCode: line.code, adviceCode: "do_not_try_again").verdict
    switch line.verdict.remedy {
    case .authenticate, .stop:
      #expect(verdict == line.verdict)
    case .wait, .newDetails, .ourFault:
      #expect(verdict == Verdict(remedy: .stop, stop: .otherMethodOnly, safeReason: .declined))
    }
  }

  @Test(arguments: table)
  func `advice to confirm the details asks for new ones, but softens no stop`(line: Line) {
    let verdict = Decline(code: "card_declined", declineCode: line.code, adviceCode: "confirm_card_data").verdict
    switch line.verdict.remedy {
    case .authenticate, .stop, .newDetails:
      #expect(verdict == line.verdict)
    case .wait, .ourFault:
      #expect(verdict == Verdict(remedy: .newDetails, safeReason: .detailsWrong))
    }
  }

  @Test(arguments: table, ["try_again_later", "something_new"])
  func `other advice changes nothing`(line: Line, advice: String) {
    #expect(Decline(code: "card_declined", declineCode: line.code, adviceCode: advice).verdict == line.verdict)
  }

  // MARK: Radar

  @Test(arguments: table)
  func `what Radar blocked is over, unless the bank wants the customer`(line: Line) {
    let decline = Decline(
      code: "card_declined", declineCode: line.code, adviceCode: "do_not_try_again", isBlocked: true)
    if line.verdict.remedy == .authenticate {
      #expect(decline.verdict == line.verdict)
    } else {
      #expect(decline.verdict == Verdict(remedy: .stop, stop: .final, safeReason: .declined))
    }
  }

  // MARK: Two codes

  @Test(
    arguments: [
      // The specific code, wherever it stands.
      ("expired_card", "generic_decline", .newDetails, .expired, nil),
      ("incorrect_cvc", "do_not_honor", .newDetails, .detailsWrong, nil),
      ("processing_error", "insufficient_funds", .wait, .declinedByBank, nil),
      // Authentication and stop wherever they stand, before anything else.
      ("authentication_required", "insufficient_funds", .authenticate, .confirmationNeeded, nil),
      ("authentication_required", "stolen_card", .authenticate, .confirmationNeeded, nil),
      ("debit_not_authorized", "insufficient_funds", .stop, .declined, .final),
      ("stolen_card", "fraudulent", .stop, .declined, .final),
      ("fraudulent", "stolen_card", .stop, .declined, .final),
      ("expired_card", "lost_card", .stop, .declined, .otherMethodOnly),
    ] as [(String, String, Remedy, SafeReason, StopKind?)])
  func `of two codes the one that says more decides`(
    code: String, declineCode: String, remedy: Remedy, reason: SafeReason, stop: StopKind?
  ) {
    let verdict = Decline(code: code, declineCode: declineCode, adviceCode: nil).verdict
    #expect(verdict == Verdict(remedy: remedy, stop: stop, safeReason: reason))
  }

  // MARK: Unknown

  @Test(
    arguments: [
      ("card_declined", "a_code_of_next_year"), ("a_code_of_next_year", nil), (nil, "a_code_of_next_year"), (nil, nil),
      ("", ""), ("CARD_DECLINED", nil),
    ] as [(String?, String?)])
  func `what nobody knows waits, is tried once more, and is counted`(code: String?, declineCode: String?) {
    let verdict = Decline(code: code, declineCode: declineCode, adviceCode: nil).verdict
    #expect(verdict == Verdict(remedy: .wait, safeReason: .declined, attemptCap: 2, isUnknown: true))
  }

  @Test func `an unknown decline code leaves the word to a code that says something, and is counted`() {
    let verdict = Decline(code: "expired_card", declineCode: "a_code_of_next_year", adviceCode: nil).verdict
    #expect(verdict == Verdict(remedy: .newDetails, safeReason: .expired, isUnknown: true))
  }

  @Test(arguments: [
    ("do_not_try_again", Verdict(remedy: .stop, stop: .otherMethodOnly, safeReason: .declined, isUnknown: true)),
    ("confirm_card_data", Verdict(remedy: .newDetails, safeReason: .detailsWrong, isUnknown: true)),
  ])
  func `advice judges an unknown code too`(advice: String, expected: Verdict) {
    #expect(Decline(code: "card_declined", declineCode: "new", adviceCode: advice).verdict == expected)
  }

  // MARK: Bank debits

  @Test(arguments: [
    ("insufficient_funds", 3), ("processing_error", 3), ("generic_decline", 3), ("a_code_of_next_year", 2),
  ])
  func `a bank debit is tried three times at most`(code: String, cap: Int) {
    let verdict = Decline(code: code, declineCode: nil, adviceCode: nil, isBankDebit: true).verdict
    #expect(verdict.remedy == .wait)
    #expect(verdict.attemptCap == cap)
  }

  @Test(arguments: table.filter { $0.verdict.remedy != .wait })
  func `what does not wait is judged alike for a bank debit`(line: Line) {
    #expect(Decline(code: line.code, declineCode: nil, adviceCode: nil, isBankDebit: true).verdict == line.verdict)
  }

  // MARK: What the customer reads

  @Test(arguments: table.filter { $0.verdict.remedy == .stop })
  func `loss, theft and fraud read like any decline`(line: Line) {
    let theft = Decline(code: "card_declined", declineCode: line.code, adviceCode: nil).verdict.safeReason
    let common = Decline(code: "card_declined", declineCode: "generic_decline", adviceCode: nil).verdict.safeReason
    #expect(theft == common)
  }
}
