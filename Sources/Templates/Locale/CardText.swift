import Domain

/// A payment method as the customer knows it.
extension PaymentMethod {
  /// The keys of `methods.txt`.
  static let phraseKeys = ["card", "bank_account", "sepa_account"]

  /// `Visa`, `American Express`; a bank's own name as it is; where Stripe named neither, what it is in the page's
  /// language; `nil` where that is not known either.
  func brandName(_ methods: Phrasebook) -> String? {
    if let brand, !brand.isEmpty, brand != "unknown" { return Self.brandNames[brand] ?? brand }
    switch type {
    case "card": return methods["card"]
    case "sepa_debit": return methods["sepa_account"]
    default: return isBankDebit ? methods["bank_account"] : nil
    }
  }

  /// As it is printed on the card in every country: `03/27`.
  var expiryText: String? {
    guard let expiryMonth, let expiryYear else { return nil }
    let year = expiryYear % 100
    return "\(expiryMonth < 10 ? "0" : "")\(expiryMonth)/\(year < 10 ? "0" : "")\(year)"
  }

  /// What a template sees as `card`; `nil` if there is nothing that the customer would recognize.
  func templateValues(_ methods: Phrasebook) -> [String: Any]? {
    guard let brandName = brandName(methods), let last4 else { return nil }
    var values = ["brand": brandName.singleLine, "last4": last4.singleLine]
    values["expiry"] = expiryText
    return values
  }

  private static var brandNames: [String: String] {
    [
      "amex": "American Express", "cartes_bancaires": "Cartes Bancaires", "diners": "Diners Club",
      "discover": "Discover", "eftpos_au": "eftpos", "jcb": "JCB", "link": "Link", "mastercard": "Mastercard",
      "unionpay": "UnionPay", "visa": "Visa",
    ]
  }
}
