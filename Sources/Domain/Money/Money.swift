/// An amount of one currency, in Stripe's minor units: 1099 usd is $10.99, 500 jpy is ¥500.
package struct Money: Sendable, Hashable, Codable {
  package let amount: Int64
  package let currency: Currency

  package init(amount: Int64, currency: Currency) {
    self.amount = amount
    self.currency = currency
  }
}

extension Money: CustomStringConvertible {
  /// For logs and history: `10.99 USD`. What customers read is written by Templates, in their locale's way.
  package var description: String {
    let digits = currency.fractionDigits
    guard digits > 0 else { return "\(amount) \(currency.code.uppercased())" }
    var text = String(amount.magnitude)
    while text.count <= digits { text = "0" + text }
    let split = text.index(text.endIndex, offsetBy: -digits)
    return "\(amount < 0 ? "-" : "")\(text[..<split]).\(text[split...]) \(currency.code.uppercased())"
  }
}
