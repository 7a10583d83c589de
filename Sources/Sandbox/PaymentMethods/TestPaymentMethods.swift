/// Stripe's test cards and bank accounts (docs.stripe.com/testing), and `pm_card_sandboxDecline_CODE` of our own, which
/// attaches and then declines every charge with that decline code.
enum TestPaymentMethods {
  private struct Card {
    var number: String
    var names: [String]
    var behavior: SandboxBehavior
    var brand = "visa"
  }

  private static let cards: [Card] = [
    Card(number: "4242424242424242", names: ["visa"], behavior: .succeeds),
    Card(number: "4000056655665556", names: ["visa_debit"], behavior: .succeeds),
    Card(number: "5555555555554444", names: ["mastercard"], behavior: .succeeds, brand: "mastercard"),
    Card(number: "378282246310005", names: ["amex"], behavior: .succeeds, brand: "amex"),
    Card(number: "4000008260000000", names: ["gb"], behavior: .succeeds),
    Card(number: "4000002760000016", names: ["de"], behavior: .succeeds),
    Card(
      number: "4000000000000341", names: ["chargeCustomerFail"],
      behavior: .declinesCharges(SandboxDecline("generic_decline"))),
    Card(number: "4000002760003184", names: ["authenticationRequired"], behavior: .authenticates(.always)),
    Card(number: "4000000000003220", names: ["threeDSecure2Required"], behavior: .authenticates(.always)),
    Card(number: "4000002500003155", names: ["authenticationRequiredOnSetup"], behavior: .authenticates(.onSetup)),
    Card(
      number: "4000003800000446", names: ["authenticationRequiredSetupForOffSession"],
      behavior: .authenticates(.alreadySetUp)),
    Card(
      number: "4000008260003178", names: ["authenticationRequiredChargeDeclinedInsufficientFunds"],
      behavior: .authenticates(.thenInsufficientFunds)),
    declining("4000000000000002", "generic_decline", "visa_chargeDeclined", "chargeDeclined"),
    declining(
      "4000000000009995", "insufficient_funds", "visa_chargeDeclinedInsufficientFunds",
      "chargeDeclinedInsufficientFunds"),
    declining("4000000000009987", "lost_card", "visa_chargeDeclinedLostCard", "chargeDeclinedLostCard"),
    declining("4000000000009979", "stolen_card", "visa_chargeDeclinedStolenCard", "chargeDeclinedStolenCard"),
    declining(
      "4000000000006975", "card_velocity_exceeded", "visa_chargeDeclinedVelocityLimitExceeded",
      "chargeDeclinedVelocityLimitExceeded"),
    declining("4000000000000069", "expired_card", "chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"),
    declining("4000000000000127", "incorrect_cvc", "chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"),
    declining(
      "4000000000000119", "processing_error", "chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"),
    declining("4000000000004954", "fraudulent", "chargeDeclinedFraudulent", "visa_chargeDeclinedFraudulent"),
    Card(number: "4100000000000019", names: ["radarBlock"], behavior: .declines(.radarBlock)),
  ]

  private static func declining(_ number: String, _ code: String, _ names: String...) -> Card {
    Card(number: number, names: names, behavior: .declines(SandboxDecline(code)))
  }

  private static let byNumber = Dictionary(uniqueKeysWithValues: cards.map { ($0.number, $0) })
  private static let byName = Dictionary(
    uniqueKeysWithValues: cards.flatMap { card in card.names.map { ("pm_card_\($0)", card) } })

  /// The card of a number, with or without spaces; nil if it is no test card.
  static func card(number: String) -> TestPaymentMethod? {
    byNumber[number.filter(\.isNumber)].map {
      TestPaymentMethod(kind: .card(number: $0.number, brand: $0.brand), behavior: $0.behavior)
    }
  }

  /// The payment method of a test id such as `pm_card_visa`.
  static func named(_ name: String) -> TestPaymentMethod? {
    if let card = byName[name] { return self.card(number: card.number) }
    if name.hasPrefix("pm_card_sandboxDecline_") {
      let decline = SandboxDecline(String(name.dropFirst("pm_card_sandboxDecline_".count)))
      return TestPaymentMethod(
        kind: .card(number: "4000000000000341", brand: "visa"), behavior: .declinesCharges(decline))
    }
    return switch name {
    case "pm_usBankAccount_success", "pm_usBankAccount": usBankAccount("000123456789")
    case "pm_usBankAccount_insufficientFunds": usBankAccount("000222222227")
    case "pm_usBankAccount_accountClosed": usBankAccount("000111111113")
    case "pm_usBankAccount_noAccount": usBankAccount("000111111116")
    case "pm_sepaDebit_success": sepaDebit("DE89370400440532013000")
    case "pm_sepaDebit_fails": sepaDebit("DE62370400440532013001")
    default: nil
    }
  }

  /// `tok_visa` and its like are named after the cards.
  static func token(_ token: String) -> TestPaymentMethod? {
    token.hasPrefix("tok_") ? named("pm_card_" + token.dropFirst(4)) : nil
  }

  static func usBankAccount(_ account: String) -> TestPaymentMethod {
    let failure: SandboxDecline? =
      switch account {
      case "000222222227":
        SandboxDecline(
          bankCode: "insufficient_funds", network: "R01",
          message: "The customer's account has insufficient funds to cover this payment.")
      case "000111111113":
        SandboxDecline(
          bankCode: "account_closed", network: "R02", message: "The customer's bank account has been closed.")
      case "000111111116":
        SandboxDecline(
          bankCode: "no_account", network: "R03", message: "The customer's bank account could not be located.")
      default: nil
      }
    return TestPaymentMethod(kind: .usBankAccount(account: account), behavior: .debits(days: 4, failure: failure))
  }

  static func sepaDebit(_ iban: String) -> TestPaymentMethod {
    let failure =
      iban == "DE62370400440532013001"
      ? SandboxDecline(
        bankCode: "payment_intent_payment_attempt_failed", network: nil,
        message: "The payment failed because the account holder name is incorrect.") : nil
    return TestPaymentMethod(kind: .sepaDebit(iban: iban), behavior: .debits(days: 5, failure: failure))
  }

  /// What a person trying things out may type: number and what it does.
  static let shown: [(number: String, does: String)] = [
    ("4242 4242 4242 4242", "pays"),
    ("5555 5555 5555 4444", "pays (Mastercard)"),
    ("4000 0000 0000 0341", "is saved, but every charge is declined"),
    ("4000 0027 6000 3184", "the bank asks at every charge"),
    ("4000 0025 0000 3155", "the bank asks once, when it is saved"),
    ("4000 0000 0000 9995", "declined: insufficient funds"),
    ("4000 0000 0000 0002", "declined"),
    ("4000 0000 0000 0069", "declined: expired"),
  ]
}
