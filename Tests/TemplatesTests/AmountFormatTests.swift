import Domain
import Foundation
import Testing

@testable import Templates

struct AmountFormatTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let amount: Int64
    let code: String
    let locale: String
    let text: String
    var testDescription: String { "\(amount) \(code) in \(locale)" }
  }

  /// `~` is a no-break space (U+00A0), `_` a narrow one (U+202F).
  private static let table: [(code: String, amount: Int64, texts: [(locale: String, text: String)])] = [
    ("usd", 1099, [("en", "$10.99"), ("en-GB", "US$10.99"), ("de", "10,99~$"), ("fr", "10,99~$US"), ("ja", "$10.99")]),
    ("eur", 123_456_750, [("en", "€1,234,567.50"), ("en-GB", "€1,234,567.50"), ("de", "1.234.567,50~€")]),
    ("eur", 123_456_750, [("fr", "1_234_567,50~€"), ("ja", "€1,234,567.50")]),
    ("gbp", 5, [("en", "£0.05"), ("en-GB", "£0.05"), ("de", "0,05~£"), ("fr", "0,05~£GB"), ("ja", "£0.05")]),
    ("jpy", 500, [("en", "¥500"), ("en-GB", "JP¥500"), ("de", "500~¥"), ("fr", "500~JPY"), ("ja", "¥500")]),
    ("kwd", 1230, [("en", "KWD~1.230"), ("en-GB", "KWD~1.230"), ("de", "1,230~KWD"), ("fr", "1,230~KWD")]),
    ("kwd", 1230, [("ja", "KWD~1.230")]),
    ("huf", 123_450, [("en", "HUF~1,234.50"), ("en-GB", "HUF~1,234.50"), ("de", "1.234,50~HUF")]),
    ("huf", 123_450, [("fr", "1_234,50~HUF"), ("ja", "HUF~1,234.50")]),
    ("isk", 50000, [("en", "ISK~500"), ("de", "500~ISK")]),
    ("ugx", 50000, [("en", "UGX~500"), ("de", "500~UGX")]),
    ("eur", 123_456, [("es", "1234,56~€"), ("es-MX", "EUR~1,234.56"), ("fr", "1_234,56~€")]),
    ("usd", 1099, [("es", "10,99~US$"), ("es-US", "$10.99"), ("fr-CA", "10,99~$~US")]),
    ("gbp", 1099, [("es", "10,99~GBP")]),
    ("jpy", 123_456, [("es", "123.456~JPY"), ("ja", "¥123,456")]),
    // Beyond what a Double holds exactly.
    ("usd", 9_007_199_254_740_993, [("en", "$90,071,992,547,409.93")]),
    ("usd", -250, [("en", "-$2.50")]),
  ]

  static let cases: [Case] = table.flatMap { code, amount, texts in
    texts.map { Case(amount: amount, code: code, locale: $0.locale, text: $0.text) }
  }

  @Test(arguments: cases)
  func `an amount is written as the locale writes it`(example: Case) throws {
    let money = Money(amount: example.amount, currency: try Currency(code: example.code))
    let expected = example.text.replacing("~", with: "\u{A0}").replacing("_", with: "\u{202F}")
    #expect(AmountFormat.text(money, locale: example.locale) == expected)
  }
}
