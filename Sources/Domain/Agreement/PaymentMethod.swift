/// Stripe's PaymentMethod as far as Dues needs it. No number ever.
package struct PaymentMethod: Sendable, Hashable {
  package let id: PaymentMethodID
  package var customer: CustomerID?
  /// Stripe's type: `card`, `us_bank_account`, `sepa_debit` …
  package var type: String
  package var brand: String?
  package var last4: String?
  package var expiryMonth: Int?
  package var expiryYear: Int?
  package var fingerprint: String?
  /// The mandate that its SetupIntent left; bank debits need it.
  package var mandate: String?

  package init(
    id: PaymentMethodID, customer: CustomerID?, type: String, brand: String?, last4: String?, expiryMonth: Int?,
    expiryYear: Int?, fingerprint: String?, mandate: String?
  ) {
    self.id = id
    self.customer = customer
    self.type = type
    self.brand = brand
    self.last4 = last4
    self.expiryMonth = expiryMonth
    self.expiryYear = expiryYear
    self.fingerprint = fingerprint
    self.mandate = mandate
  }

  /// What the attempts budget is counted by: the same card saved twice has one fingerprint.
  package var budgetKey: String { fingerprint ?? id.text }

  /// Stripe's types that answer `processing` first and settle days later.
  package static let bankDebitTypes: Set<String> = [
    "us_bank_account", "sepa_debit", "bacs_debit", "au_becs_debit", "acss_debit", "nz_bank_account",
  ]
  package var isBankDebit: Bool { Self.bankDebitTypes.contains(type) }

  /// The one currency that a bank account is debited in; `nil`: any, as far as Dues knows (doc: payments/ach-direct-debit,
  /// payments/sepa-debit).
  package var onlyCurrency: Currency? {
    switch type {
    case "us_bank_account": .usd
    case "sepa_debit": .eur
    default: nil
    }
  }

  /// Whether a card is still good at a moment: to the end of the month that stands on it, by the clock of `zone`. What has no
  /// expiry is always good.
  package func reaches(_ moment: Timestamp, in zone: ScheduleZone) -> Bool {
    guard type == "card", let expiryMonth, let expiryYear, (1...12).contains(expiryMonth) else { return true }
    let date = zone.date(at: moment)
    return (date.year, date.month) <= (expiryYear, expiryMonth)
  }

  /// For a person in a terminal: `visa …4242, 04/2027`.
  package var label: String {
    let name = [brand ?? type, last4.map { "…\($0)" }].compactMap { $0 }.joined(separator: " ")
    guard let expiryMonth, let expiryYear else { return name }
    return "\(name), \(expiryMonth < 10 ? "0" : "")\(expiryMonth)/\(expiryYear)"
  }
}
