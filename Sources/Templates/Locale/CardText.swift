import Domain

/// A payment method as the customer knows it.
extension PaymentMethod {
  /// `Visa`, `American Express`; a bank's own name as it is; `nil` where Stripe named neither.
  var brandName: String? {
    guard let brand, !brand.isEmpty else { return Self.typeNames[type] }
    return Self.brandNames[brand] ?? brand
  }

  /// As it is printed on the card in every country: `03/27`.
  var expiryText: String? {
    guard let expiryMonth, let expiryYear else { return nil }
    let year = expiryYear % 100
    return "\(expiryMonth < 10 ? "0" : "")\(expiryMonth)/\(year < 10 ? "0" : "")\(year)"
  }

  /// What a template sees as `card`; `nil` if there is nothing that the customer would recognize.
  var templateValues: [String: Any]? {
    guard let brandName, let last4 else { return nil }
    var values = ["brand": brandName.singleLine, "last4": last4.singleLine]
    values["expiry"] = expiryText
    return values
  }

  private static var brandNames: [String: String] {
    [
      "amex": "American Express", "cartes_bancaires": "Cartes Bancaires", "diners": "Diners Club",
      "discover": "Discover", "eftpos_au": "eftpos", "jcb": "JCB", "link": "Link", "mastercard": "Mastercard",
      "unionpay": "UnionPay", "visa": "Visa", "unknown": "Card",
    ]
  }

  private static var typeNames: [String: String] {
    ["sepa_debit": "SEPA", "us_bank_account": "Bank account", "bacs_debit": "Bacs"]
  }
}
