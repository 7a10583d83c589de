import Domain
import Foundation
import Testing

struct CurrencyTests {
  @Test(arguments: [
    ("usd", 2, 1), ("eur", 2, 1), ("huf", 2, 1), ("twd", 2, 1),
    ("bif", 0, 1), ("clp", 0, 1), ("djf", 0, 1), ("gnf", 0, 1), ("jpy", 0, 1), ("kmf", 0, 1), ("krw", 0, 1),
    ("mga", 0, 1), ("pyg", 0, 1), ("rwf", 0, 1), ("vnd", 0, 1), ("vuv", 0, 1), ("xaf", 0, 1), ("xof", 0, 1),
    ("xpf", 0, 1),
    ("bhd", 3, 10), ("jod", 3, 10), ("kwd", 3, 10), ("omr", 3, 10), ("tnd", 3, 10),
    ("isk", 2, 100), ("ugx", 2, 100),
  ])
  func `a currency knows its decimals and its step`(code: String, digits: Int, step: Int64) throws {
    let currency = try Currency(code: code)
    #expect(currency.fractionDigits == digits)
    #expect(currency.smallestStep == step)
  }

  @Test func `only these currencies have no decimals or three`() {
    let unusual = Currency.all.filter { $0.fractionDigits != 2 || $0.smallestStep != 1 }
    #expect(unusual.count == 15 + 5 + 2)
  }

  @Test(
    arguments: [
      ("usd", 50), ("gbp", 30), ("jpy", 50), ("krw", 50), ("huf", 17500), ("czk", 1500), ("mxn", 1000), ("thb", 1000),
      ("hkd", 400), ("dkk", 250), ("isk", nil), ("kwd", nil),
    ] as [(String, Int64?)])
  func `a currency knows what Stripe charges at least`(code: String, minimum: Int64?) throws {
    #expect(try Currency(code: code).minimumAmount == minimum)
  }

  @Test func `a minimum is an amount that the currency has`() {
    let minimums = Currency.all.filter { $0.minimumAmount != nil }
    #expect(minimums.count == 31)
    for currency in minimums {
      #expect(currency.minimumAmount?.isMultiple(of: currency.smallestStep) == true, "\(currency)")
    }
  }

  @Test(arguments: ["", "us", "usdd", "xxx", "abc", "usdc", " usd", "us1", "düs"])
  func `what is not a currency is refused`(code: String) {
    let error = #expect(throws: CurrencyError.self) { try Currency(code: code) }
    #expect(error == .unknown(code))
    #expect(error?.description.contains("write a lower-case ISO 4217 code") == true)
  }

  @Test func `an upper-case code is refused with its lower case`() {
    let error = #expect(throws: CurrencyError.self) { try Currency(code: "USD") }
    #expect(error?.description == "currency \"USD\" is not lower case; write \"usd\"")
  }

  @Test func `the constants are in the table`() throws {
    for currency in [Currency.eur, .gbp, .jpy, .usd] {
      #expect(try Currency(code: currency.code) == currency)
    }
  }

  @Test func `a currency is stored as its code`() throws {
    let text = try JSONEncoder().encode([Currency.usd])
    #expect(String(decoding: text, as: UTF8.self) == "[\"usd\"]")
    #expect(try JSONDecoder().decode([Currency].self, from: text) == [.usd])
    #expect(throws: (any Error).self) { try JSONDecoder().decode([Currency].self, from: Data("[\"zzz\"]".utf8)) }
  }
}
