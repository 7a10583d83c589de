import Domain
import Testing

struct MoneyTests {
  @Test(
    arguments: [
      (1099, "usd", "10.99 USD"), (5, "usd", "0.05 USD"), (500, "jpy", "500 JPY"), (1230, "kwd", "1.230 KWD"),
      (50000, "isk", "500.00 ISK"), (-250, "eur", "-2.50 EUR"), (0, "eur", "0.00 EUR"),
      (Int64.min, "jpy", "\(Int64.min) JPY"),
    ] as [(Int64, String, String)])
  func `money is written with its decimals`(amount: Int64, code: String, text: String) throws {
    #expect(Money(amount: amount, currency: try Currency(code: code)).description == text)
  }

  @Test(
    arguments: [
      (50, "usd"), (1099, "usd"), (30, "gbp"), (50, "jpy"), (51, "jpy"), (1230, "kwd"), (10, "kwd"), (50000, "isk"),
      (100, "ugx"), (1, "xof"), (17500, "huf"), (17501, "huf"), (999_999_999_999, "usd"),
    ] as [(Int64, String)])
  func `an amount that Stripe takes is money`(amount: Int64, code: String) throws {
    let currency = try Currency(code: code)
    #expect(try Money(validating: amount, currency: currency) == Money(amount: amount, currency: currency))
  }

  /// The whole text: it is what a person reads beside the line of their file.
  @Test(
    arguments: [
      (0, "usd", "amount 0 usd charges nothing; write a positive amount in minor units, such as 1000 for 10.00 USD"),
      (0, "jpy", "amount 0 jpy charges nothing; write a positive amount in minor units, such as 1000 for 1000 JPY"),
      (-1, "usd", "amount -1 usd is negative; write a positive one"),
      (Int64.min, "usd", "amount \(Int64.min) usd is negative; write a positive one"),
      (49, "usd", "amount 49 usd (0.49 USD) is below Stripe's minimum; write at least 50"),
      (29, "gbp", "amount 29 gbp (0.29 GBP) is below Stripe's minimum; write at least 30"),
      (49, "jpy", "amount 49 jpy (49 JPY) is below Stripe's minimum; write at least 50"),
      (17499, "huf", "amount 17499 huf (174.99 HUF) is below Stripe's minimum; write at least 17500"),
      (
        1_000_000_000_000, "usd",
        "amount 1000000000000 usd has more than 12 digits; write at most 999999999999"
      ),
      (Int64.max, "jpy", "amount \(Int64.max) jpy has more than 12 digits; write at most 999999999999"),
      (
        50001, "isk",
        "amount 50001 isk is not a multiple of 100; write 50000 or 50100 (isk is sent with two decimals that must be 00)"
      ),
      (99, "ugx", "amount 99 ugx is not a multiple of 100; write 100 (ugx is sent with two decimals that must be 00)"),
      (
        1234, "kwd",
        """
        amount 1234 kwd is not a multiple of 10; \
        write 1230 or 1240 (kwd is sent with three decimals, the last of which must be 0)
        """
      ),
    ] as [(Int64, String, String)])
  func `an amount that Stripe refuses says why and what to write`(amount: Int64, code: String, text: String) throws {
    let currency = try Currency(code: code)
    let error = #expect(throws: MoneyError.self) { try Money(validating: amount, currency: currency) }
    #expect(error?.description == text)
  }
}
