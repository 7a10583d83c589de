/// Test bank accounts: what becomes of a debit is written in the account's number (docs.stripe.com/testing).
extension TestPaymentMethods {
  private static let usBankNames = [
    "success": "000123456789", "accountClosed": "000111111113", "noAccount": "000111111116",
    "insufficientFunds": "000222222227", "debitNotAuthorized": "000333333335", "invalidCurrency": "000444444440",
    "dispute": "000555555559", "failMicrodeposits": "000666666661", "weeklyLimitExceeded": "000777777771",
    "processing": "000000000009", "riskLevelHighest": "000000004954",
  ]

  /// `success`, `failed`, `disputed`, `insufficientFunds`, one account a country.
  private static let ibans: [String: [String: String]] = [
    "de": [
      "success": "DE89370400440532013000", "failed": "DE62370400440532013001", "disputed": "DE35370400440532013002",
      "insufficientFunds": "DE65370400440002222227",
    ],
    "at": [
      "success": "AT611904300234573201", "failed": "AT861904300235473202", "disputed": "AT591904300235473203",
      "insufficientFunds": "AT981904300002222227",
    ],
    "be": [
      "success": "BE62510007547061", "failed": "BE68539007547034", "disputed": "BE08510007547063",
      "insufficientFunds": "BE90510002222227",
    ],
    "fi": [
      "success": "FI2112345600000785", "failed": "FI9112345600000786", "disputed": "FI6412345600000787",
      "insufficientFunds": "FI6712345602222227",
    ],
    "fr": [
      "success": "FR1420041010050500013M02606", "failed": "FR8420041010050500013M02607",
      "disputed": "FR5720041010050500013M02608", "insufficientFunds": "FR9720041010050000002222227",
    ],
    "ie": [
      "success": "IE29AIBK93115212345678", "failed": "IE02AIBK93115212345679", "disputed": "IE51AIBK93115212345670",
      "insufficientFunds": "IE10AIBK93115202222227",
    ],
  ]

  private static let ibanOutcomes: [String: String] = Dictionary(
    uniqueKeysWithValues: ibans.values.flatMap { $0.map { ($1, $0) } })

  /// The account of `pm_usBankAccount_…` or `pm_sepaDebit_…`.
  ///
  /// `pm_sepaDebit_success` and `pm_sepaDebit_fails` are older names of the sandbox's own, for the German ones.
  static func bank(named name: String) -> TestPaymentMethod? {
    let parts = name.split(separator: "_").map(String.init)
    switch (parts.dropFirst().first, parts.count) {
    case ("usBankAccount", 2): return usBankAccount("000123456789")
    // Of the sandbox's own: what Stripe makes of an account whose number is typed in.
    case ("usBankAccount", 3) where parts[2] == "microdeposits": return typedUSBankAccount("000123456789")
    case ("usBankAccount", 3): return usBankNames[parts[2]].map(usBankAccount)
    case ("sepaDebit", 3):
      return ibans["de"]?[parts[2] == "fails" ? "failed" : parts[2]].map(sepaDebit)
    case ("sepaDebit", 4): return ibans[parts[3]]?[parts[2]].map(sepaDebit)
    default: return nil
    }
  }

  /// An account by its number, which small deposits have to verify first; Stripe's names for accounts skip that.
  static func typedUSBankAccount(_ account: String) -> TestPaymentMethod {
    var method = usBankAccount(account)
    method.awaitsMicrodeposits = true
    return method
  }

  static func usBankAccount(_ account: String) -> TestPaymentMethod {
    let kind = TestPaymentMethod.Kind.usBankAccount(account: account)
    switch account {
    case "000000004954": return TestPaymentMethod(kind: kind, behavior: .declinesCharges(.radarBlock))
    // It stays in processing for as long as anybody looks.
    case "000000000009": return TestPaymentMethod(kind: kind, behavior: .debits(days: 36_500, failure: nil))
    case "000555555559":
      return TestPaymentMethod(
        kind: kind, behavior: .debits(days: 4, failure: nil), trait: .isDisputed(.bankReturn))
    default:
      return TestPaymentMethod(kind: kind, behavior: .debits(days: 4, failure: usBankFailures[account]))
    }
  }

  private static let usBankFailures: [String: SandboxDecline] = [
    "000222222227": SandboxDecline(
      bankCode: "insufficient_funds", network: "R01",
      message: "The customer's account has insufficient funds to cover this payment."),
    "000111111113": SandboxDecline(
      bankCode: "account_closed", network: "R02", message: "The customer's bank account has been closed."),
    "000111111116": SandboxDecline(
      bankCode: "no_account", network: "R03", message: "The customer's bank account could not be located."),
    "000333333335": SandboxDecline(
      bankCode: "debit_not_authorized", network: "R29",
      message: "The customer has notified their bank that this payment was unauthorized."),
    "000444444440": SandboxDecline(
      bankCode: "invalid_currency", network: nil,
      message: "The bank was unable to process this payment because of its currency."),
    "000777777771": SandboxDecline(
      bankCode: "charge_exceeds_weekly_limit", network: nil,
      message: "The payment exceeds the account's weekly payment volume limit."),
  ]

  static func sepaDebit(_ iban: String) -> TestPaymentMethod {
    var failure: SandboxDecline?
    switch ibanOutcomes[iban] {
    case "failed":
      failure = SandboxDecline(
        bankCode: "payment_intent_payment_attempt_failed", network: nil,
        message: "The payment failed because the account holder name is incorrect.",
        chargeCode: "incorrect_account_holder_name")
    case "insufficientFunds":
      failure = SandboxDecline(
        bankCode: "insufficient_funds", network: nil,
        message: "The customer's account has insufficient funds to cover this payment.")
    default: break
    }
    return TestPaymentMethod(
      kind: .sepaDebit(iban: iban), behavior: .debits(days: 5, failure: failure),
      trait: ibanOutcomes[iban] == "disputed" ? .isDisputed(.bankReturn) : nil)
  }
}
