/// What amounts Stripe takes (docs.stripe.com/currencies); in minor units.
enum Amounts {
  static let zeroDecimal: Set<String> = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
  ]
  static let threeDecimal: Set<String> = ["bhd", "jod", "kwd", "omr", "tnd"]

  private static let minimums: [String: Int] = [
    "usd": 50, "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17_500, "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50, "thb": 1000,
    "zar": 50,
  ]

  /// The lower-case currency, or a refusal.
  static func currency(_ given: String) throws(StripeError) -> String {
    let currency = given.lowercased()
    guard currency.utf8.count == 3, currency.utf8.allSatisfy({ (97...122).contains($0) }) else {
      throw .invalid("Invalid currency: \(currency).", param: "currency")
    }
    return currency
  }

  static func check(_ amount: Int, _ currency: String, param: String = "amount") throws(StripeError) {
    guard amount >= 1 else {
      throw .invalid(
        "The amount must be greater than or equal to the minimum charge amount allowed for your account and the currency"
          + " set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you want to save a Payment"
          + " Method for future use without an immediate payment, use a Setup Intent instead:"
          + " https://docs.stripe.com/payments/setup-intents", code: "parameter_invalid_integer", param: param)
    }
    if let least = minimums[currency], amount < least {
      throw .invalid(
        "Amount must be at least \(decimal(least, currency)) \(currency)", code: "amount_too_small", param: param)
    }
    guard amount <= 999_999_999_999 else {
      throw .invalid("Amount must be no more than 999,999,999,999", code: "amount_too_large", param: param)
    }
    if ["isk", "ugx"].contains(currency), amount % 100 != 0 {
      throw .invalid("Amounts in \(currency) have two decimals that must be 00.", param: param)
    }
    if threeDecimal.contains(currency), amount % 10 != 0 {
      throw .invalid("Amounts in \(currency) must end in 0.", param: param)
    }
  }

  /// 1099 usd → `10.99`.
  static func decimal(_ amount: Int, _ currency: String) -> String {
    let digits = digits(of: currency)
    guard digits > 0 else { return String(amount) }
    let text = String(amount)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  private static func digits(of currency: String) -> Int {
    zeroDecimal.contains(currency) ? 0 : threeDecimal.contains(currency) ? 3 : 2
  }

  /// How many of the minor unit make one of the currency.
  static func divisor(_ currency: String) -> Int { [1, 10, 100, 1000][digits(of: currency)] }

  /// What a button says: `£10.99`, or `10.99 CHF`.
  static func display(_ amount: Int, _ currency: String) -> String {
    let signs = ["usd": "$", "gbp": "£", "eur": "€", "jpy": "¥"]
    let number = decimal(amount, currency)
    return signs[currency].map { $0 + number } ?? "\(number) \(currency.uppercased())"
  }
}
