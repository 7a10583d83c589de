package import Domain
package import Foundation

/// A mail's name is the notice's.
package typealias MailName = NoticeKind

/// What a mail tells. Absent members are left out of the text by the templates' sections.
package struct MailVariables: Sendable {
  package struct ChargeText: Sendable, Hashable {
    package var description: String
    package var amount: Money
    package var dueAt: Timestamp

    package init(description: String, amount: Money, dueAt: Timestamp) {
      self.description = description
      self.amount = amount
      self.dueAt = dueAt
    }
  }

  package var customerName: String?
  package var customerEmail: String
  package var charge: ChargeText?
  package var card: PaymentMethod?
  package var reason: SafeReason?
  /// Absolute: ours, or the Checkout Session's own where nothing of ours is reachable.
  package var recoveryURL: String?
  /// Only where the link itself ends, as a Checkout Session's does.
  package var linkExpires: Timestamp?
  package var setupURL: String?
  package var nextRetryDate: Timestamp?
  package var deadlineDate: Timestamp?
  package var business: Business
  /// The zone that dates are written in: the job's, else the business's.
  package var zone: TimeZone

  package init(
    customerName: String?, customerEmail: String, charge: ChargeText?, card: PaymentMethod?, reason: SafeReason?,
    recoveryURL: String?, linkExpires: Timestamp?, setupURL: String?, nextRetryDate: Timestamp?,
    deadlineDate: Timestamp?, business: Business, zone: TimeZone
  ) {
    self.customerName = customerName
    self.customerEmail = customerEmail
    self.charge = charge
    self.card = card
    self.reason = reason
    self.recoveryURL = recoveryURL
    self.linkExpires = linkExpires
    self.setupURL = setupURL
    self.nextRetryDate = nextRetryDate
    self.deadlineDate = deadlineDate
    self.business = business
    self.zone = zone
  }
}

extension MailVariables {
  /// The variables under the names of docs/INTERFACE.md, formatted for `locale`; what is absent is not in it.
  func values(locale: String, words: SharedWords) -> [String: Any] {
    func day(_ time: Timestamp?) -> String? { time.map { DateFormat.day($0, zone: zone, locale: locale) } }
    var customer = ["email": customerEmail.singleLine]
    if let name = customerName?.singleLine, !name.isEmpty { customer["name"] = name }
    var values: [String: Any] = ["customer": customer, "business": business.templateValues]
    if let charge {
      values["charge"] = [
        "description": charge.description.singleLine,
        "amount": AmountFormat.text(charge.amount, locale: locale),
        "currency": charge.amount.currency.code,
        "due_date": DateFormat.day(charge.dueAt, zone: zone, locale: locale),
      ]
    }
    values["card"] = card?.templateValues(words.methods)
    values["reason"] = reason.map { words.reasons[$0.rawValue] }
    values["recovery_url"] = recoveryURL
    values["setup_url"] = setupURL
    values["link_expires"] = linkExpires.map { DateFormat.moment($0, zone: zone, locale: locale) }
    values["next_retry_date"] = day(nextRetryDate)
    values["deadline_date"] = day(deadlineDate)
    return values
  }
}
