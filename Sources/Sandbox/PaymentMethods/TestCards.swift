/// Every card of Stripe's testing page that the sandbox plays (docs/STRIPE.md §12).
///
/// Left out are what needs a terminal, a captcha or Radar's own settings, and cards that are disputed more than once.
enum TestCards {
  static let all = brands + declines + asking + disputes + refunds + checks + TestCountries.cards

  private static let brands: [TestCard] = [
    TestCard(number: "4242424242424242", names: ["visa", "us"]),
    TestCard(number: "4000056655665556", names: ["visa_debit"], funding: .debit),
    TestCard(number: "5555555555554444", names: ["mastercard"]),
    TestCard(number: "2223003122003222", names: []),
    TestCard(number: "5200828282828210", names: ["mastercard_debit"], funding: .debit),
    TestCard(number: "5105105105105100", names: ["mastercard_prepaid"], funding: .prepaid),
    TestCard(number: "378282246310005", names: ["amex", "amex_threeDSecureNotSupported"], knowsThreeDSecure: false),
    TestCard(number: "371449635398431", names: []),
    TestCard(number: "6011111111111117", names: ["discover"]),
    TestCard(number: "6011000990139424", names: []),
    TestCard(number: "6011981111111113", names: [], funding: .debit),
    TestCard(number: "3056930009020004", names: ["diners"]),
    TestCard(number: "36227206271667", names: []),
    TestCard(number: "6555900000604105", names: []),
    TestCard(number: "3566002020360505", names: ["jcb"], country: "JP"),
    TestCard(number: "3530111333300000", names: [], country: "JP"),
    TestCard(number: "6200000000000005", names: ["unionpay"], country: "CN"),
    TestCard(number: "6200000000000047", names: [], country: "CN", funding: .debit),
    TestCard(number: "6205500000000000004", names: [], country: "CN"),
    TestCard(
      number: "4000002500001001", names: ["visa_cartesBancaires"], country: "FR", coBrand: "cartes_bancaires"),
    TestCard(
      number: "5555552500001001", names: ["mastercard_cartesBancaires"], country: "FR", coBrand: "cartes_bancaires"),
    TestCard(
      number: "4000050360000001", names: ["visa_debit_eftposAuCoBranded"], country: "AU", funding: .debit,
      coBrand: "eftpos_au"),
    TestCard(
      number: "5555050360000080", names: ["mastercard_debit_eftposAuCoBranded"], country: "AU", funding: .debit,
      coBrand: "eftpos_au"),
    TestCard(
      number: "4000051230000072", names: ["debit_visaFsaProductCode", "debit_visaHsaProductCode"], funding: .debit),
    TestCard(number: "5200828282828897", names: ["mastercard_debit_mastercardFsaProductCode"], funding: .debit),
    TestCard(number: "4000000000000077", names: ["bypassPending"], trait: .bypassesPending),
    TestCard(
      number: "4000003720000278", names: ["bypassPendingInternational"], trait: .bypassesPending, country: "IE"),
    TestCard(number: "4000000000000093", names: ["domesticPricing"]),
  ]

  /// Names without `visa_` are the older ones, still in wide use.
  private static let declines: [TestCard] = [
    .declining("4000000000000002", "generic_decline", "visa_chargeDeclined", "chargeDeclined"),
    .declining(
      "4000000000009995", "insufficient_funds", "visa_chargeDeclinedInsufficientFunds",
      "chargeDeclinedInsufficientFunds"),
    .declining("4000000000009987", "lost_card", "visa_chargeDeclinedLostCard", "chargeDeclinedLostCard"),
    .declining("4000000000009979", "stolen_card", "visa_chargeDeclinedStolenCard", "chargeDeclinedStolenCard"),
    .declining(
      "4000000000006975", "card_velocity_exceeded", "visa_chargeDeclinedVelocityLimitExceeded",
      "chargeDeclinedVelocityLimitExceeded"),
    .declining("4000000000000069", "expired_card", "chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"),
    .declining("4000000000000127", "incorrect_cvc", "chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"),
    .declining(
      "4000000000000119", "processing_error", "chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"),
    .decliningCharges("4000000000000341", "generic_decline", "chargeCustomerFail", "visa_chargeCustomerFail"),
    .decliningCharges("4000000000000341", "lost_card", "visa_chargeCustomerFailLostCard"),
    .decliningCharges("4000000000000341", "stolen_card", "visa_chargeCustomerFailStolenCard"),
    TestCard(number: "4100000000000019", names: ["radarBlock"], behavior: .declines(.radarBlock)),
    // The number is Radar's "highest risk", which Radar blocks unless it is told otherwise.
    TestCard(number: "4000000000004954", names: ["riskLevelHighest"], behavior: .declines(.radarBlock)),
    .declining("4000000000004954", "fraudulent", "chargeDeclinedFraudulent", "visa_chargeDeclinedFraudulent"),
    TestCard(number: "4000000000009235", names: ["riskLevelElevated"], trait: .hasElevatedRisk),
  ]

  private static let asking: [TestCard] = [
    .asking("4000002760003184", .always, "DE", "authenticationRequired"),
    .asking("4000002500003155", .onSetup, "FR", "authenticationRequiredOnSetup"),
    .asking("4000003800000446", .alreadySetUp, "IT", "authenticationRequiredSetupForOffSession"),
    .asking(
      "4000008260003178", .thenInsufficientFunds, "GB", "authenticationRequiredChargeDeclinedInsufficientFunds"),
    .asking("4000000000003220", .always, "IE", "threeDSecure2Required"),
    .asking("4000008400000027", .always, "US"),
    .asking("4000008400001629", .thenDeclined, "US", "threeDSecureRequiredChargeDeclined"),
    // The lookup fails before anybody could be asked.
    .decliningCharges("4000008400001280", "generic_decline", "threeDSecureRequiredProcessingError"),
    TestCard(number: "4000000000003055", names: ["threeDSecureOptional"]),
    TestCard(number: "4000000000003097", names: ["threeDSecureOptionalProcessingError"]),
    TestCard(number: "4000000032200000", names: []),
  ]

  private static let disputes: [TestCard] = [
    .disputed("4000000000000259", "fraudulent", .chargeback, "createDispute"),
    .disputed("4000000000002685", "product_not_received", .chargeback, "createDisputeProductNotReceived"),
    .disputed("4000000000001976", "fraudulent", .inquiry, "createDisputeInquiry"),
    .disputed("4000000404000038", "fraudulent", .chargeback, "createCe3EligibleDispute"),
    .disputed("4000008400000779", "noncompliant", .compliance, "createComplianceDispute"),
    .disputed("5105008400000002", "noncompliant", .compliance, "createMastercardComplianceDispute"),
    .disputed("4000000001000043", "fraudulent", .chargeback, "createAutoRepresentmentEligibleDispute"),
    // An early fraud warning is no dispute: the charge stays paid.
    TestCard(number: "4000000000005423", names: ["createIssuerFraudRecord"]),
  ]

  private static let refunds: [TestCard] = [
    TestCard(number: "4000000000007726", names: ["pendingRefund"], trait: .refundPends),
    TestCard(number: "4000000000005126", names: ["refundFail"], trait: .refundFails),
  ]

  private static let checks: [TestCard] = [
    TestCard(number: "4000000000000101", names: ["cvcCheckFail"], checks: .init(cvc: "fail")),
    TestCard(number: "4000000000000036", names: ["avsZipFail"], checks: .init(postalCode: "fail")),
    TestCard(number: "4000000000000028", names: ["avsLine1Fail"], checks: .init(line1: "fail")),
    TestCard(number: "4000000000000010", names: ["avsFail"], checks: .init(postalCode: "fail", line1: "fail")),
    TestCard(
      number: "4000000000000044", names: ["avsUnchecked"],
      checks: .init(postalCode: "unavailable", line1: "unavailable")),
  ]
}
