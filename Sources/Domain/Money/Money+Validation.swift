extension Money {
  /// The largest amount that Stripe takes for most cards, in minor units: twelve digits. Some methods take less, and
  /// then Stripe says so (`amount_too_large`).
  package static let largestAmount: Int64 = 999_999_999_999

  /// An amount that may be charged: positive, within Stripe's limits, and in steps that the currency has.
  package init(validating amount: Int64, currency: Currency) throws(MoneyError) {
    self.init(amount: amount, currency: currency)
    guard amount != 0 else { throw .zero(currency) }
    guard amount > 0 else { throw .negative(self) }
    guard amount <= Self.largestAmount else { throw .tooLarge(self) }
    guard amount.isMultiple(of: currency.smallestStep) else { throw .notAMultiple(self) }
    if let minimum = currency.minimumAmount, amount < minimum {
      throw .tooSmall(self, minimum: Money(amount: minimum, currency: currency))
    }
  }
}

/// Why an amount cannot be charged.
package enum MoneyError: Error, Hashable, CustomStringConvertible {
  case zero(Currency)
  case negative(Money)
  /// Below what Stripe charges in this currency.
  case tooSmall(Money, minimum: Money)
  /// Above ``Money/largestAmount``.
  case tooLarge(Money)
  /// Not in the steps that the currency has (``Currency/smallestStep``).
  case notAMultiple(Money)

  package var description: String {
    switch self {
    case .zero(let currency):
      "amount 0 \(currency) charges nothing; write a positive amount in minor units\(Self.example(currency))"
    case .negative(let money):
      "amount \(money.amount) \(money.currency) is negative; write a positive one"
    case .tooSmall(let money, let minimum):
      "amount \(money.amount) \(money.currency) (\(money)) is below Stripe's minimum; write at least \(minimum.amount)"
    case .tooLarge(let money):
      "amount \(money.amount) \(money.currency) has more than 12 digits; write at most \(Money.largestAmount)"
    case .notAMultiple(let money):
      """
      amount \(money.amount) \(money.currency) is not a multiple of \(money.currency.smallestStep); \
      write \(Self.neighbors(of: money)) (\(Self.rule(for: money.currency)))
      """
    }
  }

  private static func example(_ currency: Currency) -> String {
    let money = Money(amount: 1000, currency: currency)
    return ", such as 1000 for \(money)"
  }

  /// The amounts on either side that the currency has.
  private static func neighbors(of money: Money) -> String {
    let step = money.currency.smallestStep
    let below = money.amount / step * step
    return below == 0 ? "\(below + step)" : "\(below) or \(below + step)"
  }

  private static func rule(for currency: Currency) -> String {
    currency.smallestStep == 100
      ? "\(currency) is sent with two decimals that must be 00"
      : "\(currency) is sent with three decimals, the last of which must be 0"
  }
}
