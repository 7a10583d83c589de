/// Stripe's test cards and bank accounts (docs.stripe.com/testing), and `pm_card_sandboxDecline_CODE` of our own, which
/// attaches and then declines every charge with that decline code.
enum TestPaymentMethods {
  /// The first of two cards with one number is the one that is typed.
  private static let byNumber = Dictionary(
    TestCards.all.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
  private static let byName = Dictionary(
    uniqueKeysWithValues: TestCards.all.flatMap { card in card.names.map { ("pm_card_\($0)", card) } })

  /// The card of a number, with or without spaces; nil if it is no test card.
  static func card(number: String) -> TestPaymentMethod? {
    byNumber[number.filter(\.isNumber)].map(TestPaymentMethod.init)
  }

  /// The payment method of a test id such as `pm_card_visa`.
  static func named(_ name: String) -> TestPaymentMethod? {
    if let card = byName[name] { return TestPaymentMethod(card) }
    if name.hasPrefix("pm_card_sandboxDecline_") {
      return TestPaymentMethod(
        .decliningCharges("4000000000000341", String(name.dropFirst("pm_card_sandboxDecline_".count))))
    }
    return bank(named: name)
  }

  /// `tok_visa` and its like are named after the cards.
  static func token(_ token: String) -> TestPaymentMethod? {
    token.hasPrefix("tok_") ? named("pm_card_" + token.dropFirst(4)) : nil
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
    ("4000 0000 0000 0259", "pays, and is disputed as fraudulent"),
    ("4000 0000 0000 7726", "pays; a refund is pending at first"),
    ("4000 0000 0000 5126", "pays; a refund fails later"),
  ]
}
