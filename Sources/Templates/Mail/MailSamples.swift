import Domain
package import Foundation

extension MailVariables {
  /// A made-up but complete notice, for `dues template preview` and for snapshots. Nothing in it is real.
  package static func sample(_ name: MailName, business: Business, zone: TimeZone) -> MailVariables {
    let asksForPayment = name.asksForPayment
    let offersSetup = [.setupInvitation, .cardExpiring, .upcomingCharge].contains(name)
    return MailVariables(
      customerName: "Ada Lovelace", customerEmail: "ada@example.com",
      charge: ChargeText(description: "Gold membership", amount: Sample.money, dueAt: Sample.dueAt),
      card: name == .setupInvitation ? nil : Sample.card,
      reason: name == .authenticationNeeded ? .confirmationNeeded : name == .paymentFailed ? .declinedByBank : nil,
      recoveryURL: asksForPayment ? "https://pay.example.com/r/" + Sample.token : nil,
      linkExpires: nil,
      setupURL: offersSetup ? "https://pay.example.com/s/" + Sample.token : nil,
      nextRetryDate: [.paymentFailed, .reminder].contains(name) ? Sample.dueAt + .days(4) : nil,
      deadlineDate: asksForPayment ? Sample.dueAt + .days(14) : nil,
      business: business, zone: zone)
  }
}

extension Business {
  /// For previews without a configuration, and for tests.
  package static let sample = Business(
    name: "Gold Gym", supportEmail: "help@goldgym.example", color: nil, logo: nil)
}

/// What mail and page samples share.
enum Sample {
  static let money = Money(amount: 1099, currency: .gbp)
  /// 30 April 2026, 09:00 in London.
  static let dueAt = Timestamp(seconds: 1_777_536_000)
  /// The day after.
  static let day = CivilDate(daysSince1970: 20_574)
  static let charge: ChargeID = "chg_3f9a21c7045be61d88aa02c4"
  static let token = "AT-aIccEW-YdiKoCxAiM5NIFr0dPKxoAG9HmUMWK1Ae"
  static let card = PaymentMethod(
    id: "pm_sample", customer: "cus_sample", type: "card", brand: "visa", last4: "4242", expiryMonth: 3,
    expiryYear: 2027, fingerprint: nil, mandate: nil)
  static let bankAccount = PaymentMethod(
    id: "pm_sample", customer: "cus_sample", type: "us_bank_account", brand: nil, last4: "6789", expiryMonth: nil,
    expiryYear: nil, fingerprint: nil, mandate: nil)
}
