/// A card of Stripe's test data: its number decides how it looks and how its bank behaves (docs.stripe.com/testing).
struct TestCard: Sendable, Equatable {
  var number: String
  /// What stands after `pm_card_` and `tok_`; the first is the one Stripe's page shows.
  var names: [String]
  var behavior = SandboxBehavior.succeeds
  var trait: SandboxTrait?
  var country = "US"
  var funding = Funding.credit
  /// The other network of a co-branded card.
  var coBrand: String?
  var checks = Checks()
  var knowsThreeDSecure = true

  enum Funding: String, Sendable { case credit, debit, prepaid }

  /// What the bank finds when it compares; nothing is compared that was not given.
  struct Checks: Sendable, Equatable {
    var cvc = "pass"
    var postalCode = "pass"
    var line1 = "pass"
  }

  /// The network, read off the number as card networks hand them out.
  var brand: String { Self.brand(of: number) }

  static func brand(of number: String) -> String {
    let two = Int(number.prefix(2)) ?? 0
    let four = Int(number.prefix(4)) ?? 0
    switch (two, four) {
    case (34, _), (37, _): return "amex"
    case (30, _), (36, _), (38, _), (39, _): return "diners"
    case (35, _): return "jcb"
    case (51...55, _), (_, 2221...2720): return "mastercard"
    case (62, _), (81, _): return "unionpay"
    case (_, 6011), (64...65, _): return "discover"
    case (40...49, _): return "visa"
    default: return "unknown"
    }
  }

  /// The brand as `display_brand` spells it.
  var displayBrand: String {
    let spelled = ["amex": "american_express", "diners": "diners_club", "unionpay": "union_pay"]
    return coBrand == "eftpos_au" ? "eftpos_australia" : spelled[brand] ?? brand
  }

  var networks: [String] { (coBrand.map { [$0] } ?? []) + [brand] }
}

extension TestCard {
  /// Declines at its issuer: cannot be attached, and is refused in every charge.
  static func declining(_ number: String, _ code: String, _ names: String...) -> TestCard {
    TestCard(number: number, names: names, behavior: .declines(SandboxDecline(code)))
  }

  /// Attaches, and is refused in every charge.
  static func decliningCharges(_ number: String, _ code: String, _ names: String...) -> TestCard {
    TestCard(number: number, names: names, behavior: .declinesCharges(SandboxDecline(code)))
  }

  static func asking(
    _ number: String, _ rule: SandboxBehavior.Authentication, _ country: String, _ names: String...
  ) -> TestCard {
    TestCard(number: number, names: names, behavior: .authenticates(rule), country: country)
  }

  static func disputed(
    _ number: String, _ reason: String, _ kind: SandboxDisputeGround.CaseType, _ names: String...
  ) -> TestCard {
    TestCard(
      number: number, names: names, trait: .isDisputed(SandboxDisputeGround(reason: reason, caseType: kind)))
  }
}
