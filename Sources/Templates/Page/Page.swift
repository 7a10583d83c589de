package import Domain
package import Foundation

/// What a page has to say, with all that it says. Its template is `page/LOCALE/NAME.mustache`.
package enum Page: Sendable {
  /// The recovery link of a charge that can be paid now.
  case owed(OwedPage)
  /// Stripe's form on our page, for a charge.
  case payForm(ChargeSummary, StripeOnPage)
  /// Stripe's form on our page, for a payment method.
  case saveForm(StripeOnPage)
  /// An attempt is on its way or unanswered; also the answer 409 to a click.
  case inFlight(ChargeSummary)
  /// A bank debit is on its way.
  case processing(ChargeSummary)
  case paid(ChargeSummary)
  /// It was paid, and all of it was paid back.
  case refunded(ChargeSummary)
  /// The deadline has passed.
  case over(ChargeSummary)
  case canceled(ChargeSummary)
  /// After a Checkout that was left or failed; `recoveryURL` leads back.
  case notPaid(ChargeSummary, recoveryURL: String?)
  /// After a Checkout, while Stripe cannot be asked.
  case unknown(ChargeSummary?)
  case setup(SetupPage)
  case setupSaved
  /// A setup whose bank is still verifying.
  case setupPending(SetupPendingPage)
  /// After a setup that saved nothing, or something that cannot be used for later payments.
  case setupNotSaved(SetupNotSavedPage)
  case notFound
  /// Our mistake, or a seam's; `retryURL` is where to try again, if that may help.
  case error(retryURL: String?)

  package var name: PageName {
    switch self {
    case .owed: .owed
    case .payForm: .payForm
    case .saveForm: .saveForm
    case .inFlight: .inFlight
    case .processing: .processing
    case .paid: .paid
    case .refunded: .refunded
    case .over: .over
    case .canceled: .canceled
    case .notPaid: .notPaid
    case .unknown: .unknown
    case .setup: .setup
    case .setupSaved: .setupSaved
    case .setupPending: .setupPending
    case .setupNotSaved: .setupNotSaved
    case .notFound: .notFound
    case .error: .error
    }
  }
}

/// The raw value is the template's name.
package enum PageName: String, Sendable, CaseIterable {
  case owed
  case payForm = "pay_form"
  case saveForm = "save_form"
  case inFlight = "in_flight"
  case processing, paid, refunded, over, canceled
  case notPaid = "not_paid"
  case unknown, setup
  case setupSaved = "setup_saved"
  case setupPending = "setup_pending"
  case setupNotSaved = "setup_not_saved"
  case notFound = "not_found"
  case error
}

/// A charge as its customer sees it.
package struct ChargeSummary: Sendable, Hashable {
  package let description: String
  package let money: Money
  /// What went back of it; `nil`: nothing.
  package let refunded: Money?
  package let dueAt: Timestamp
  package let zone: TimeZone
  /// ``ShortReference``
  package let reference: String

  package init(_ charge: Charge, zone: TimeZone) {
    self.init(
      id: charge.id, description: charge.description, money: charge.money,
      refunded: charge.amountRefunded > 0
        ? Money(amount: charge.amountRefunded, currency: charge.money.currency) : nil,
      dueAt: charge.dueAt, zone: zone)
  }

  package init(
    id: ChargeID, description: String, money: Money, refunded: Money? = nil, dueAt: Timestamp, zone: TimeZone
  ) {
    self.description = description
    self.money = money
    self.refunded = refunded
    self.dueAt = dueAt
    self.zone = zone
    self.reference = ShortReference.text(id)
  }
}

/// On which days the customer may have their card tried again.
package struct DayChoice: Sendable {
  /// Where the form posts `day` to, as `2026-09-28`.
  package let url: String
  package let first: CivilDate
  package let last: CivilDate

  package init(url: String, first: CivilDate, last: CivilDate) {
    self.url = url
    self.first = first
    self.last = last
  }
}

/// What the customer may pay now, and all that comes of it.
package struct OwedPage: Sendable {
  package var charge: ChargeSummary
  /// The method that failed.
  package var method: PaymentMethod?
  package var reason: SafeReason?
  /// After a `stop`: the failed method is not taken again.
  package var needsOtherMethod: Bool
  /// The method used now is kept for the payments to come.
  package var savesMethod: Bool
  /// What is charged to the new method as well, once it is saved.
  package var alsoCharged: [ChargeSummary]
  package var nextRetryAt: Timestamp?
  package var deadlineAt: Timestamp?
  /// Where the button posts to.
  package var payURL: String
  /// For `POST …/confirm`, in `<meta name="dues-nonce">`; `nil` without a script of Stripe's.
  package var nonce: String?
  /// The customer may choose the day of the next try.
  package var dayChoice: DayChoice?
  /// Where the button can confirm the card with its bank, without leaving the page.
  package var stripe: StripeOnPage?

  package init(
    charge: ChargeSummary, method: PaymentMethod?, reason: SafeReason?, needsOtherMethod: Bool, savesMethod: Bool,
    alsoCharged: [ChargeSummary], nextRetryAt: Timestamp?, deadlineAt: Timestamp?, payURL: String, nonce: String?,
    dayChoice: DayChoice?,
    stripe: StripeOnPage?
  ) {
    self.charge = charge
    self.method = method
    self.reason = reason
    self.needsOtherMethod = needsOtherMethod
    self.savesMethod = savesMethod
    self.alsoCharged = alsoCharged
    self.nextRetryAt = nextRetryAt
    self.deadlineAt = deadlineAt
    self.payURL = payURL
    self.nonce = nonce
    self.dayChoice = dayChoice
    self.stripe = stripe
  }
}
