package import Domain
import Foundation

/// Amounts as the reader's country writes them: `£10.99`, `10,99 £`.
package enum AmountFormat {
  /// Formats in exact decimals. A currency that has no decimals in life (isk, ugx) shows none, although Stripe sends two.
  package static func text(_ money: Money, locale: String) -> String {
    let currency = money.currency
    let value = Decimal(
      sign: money.amount < 0 ? .minus : .plus, exponent: -currency.fractionDigits,
      significand: Decimal(money.amount.magnitude))
    let isWhole = currency.smallestStep == 100 && money.amount.isMultiple(of: 100)
    let style = Decimal.FormatStyle.Currency(code: currency.code.uppercased(), locale: Locale(identifier: locale))
      .precision(.fractionLength(isWhole ? 0 : currency.fractionDigits))
    return value.formatted(style)
  }
}
