package import Domain
package import Foundation

/// What the customer agrees to by saving a payment method.
package struct SetupPage: Sendable {
  /// The job's terms; `nil` if the method is saved for nothing in particular.
  package struct Terms: Sendable {
    /// When it is charged.
    package enum Start: Sendable, Hashable {
      /// There is no agreement yet, or one that waits for a method: on the day the method is saved.
      case whenSaved
      /// There is one that waits for its first day.
      case first(Timestamp)
      /// There is one that goes on.
      case next(Timestamp)
      case paused
    }

    package let description: String
    package let money: Money
    package let every: Interval
    /// `nil`: until somebody ends it.
    package let end: ScheduleEnd?
    package let start: Start

    package init(description: String, money: Money, every: Interval, end: ScheduleEnd?, start: Start) {
      self.description = description
      self.money = money
      self.every = every
      self.end = end
      self.start = start
    }
  }

  package var terms: Terms?
  /// The method that is replaced.
  package var method: PaymentMethod?
  /// What the bank is still verifying.
  package var pending: SetupPendingPage?
  /// Failed charges that are tried again with the new method.
  package var alsoCharged: [ChargeSummary]
  /// Where the button posts to.
  package var saveURL: String
  package var zone: TimeZone

  package init(
    terms: Terms?, method: PaymentMethod?, pending: SetupPendingPage?, alsoCharged: [ChargeSummary], saveURL: String,
    zone: TimeZone
  ) {
    self.terms = terms
    self.method = method
    self.pending = pending
    self.alsoCharged = alsoCharged
    self.saveURL = saveURL
    self.zone = zone
  }
}

/// A method that the bank is still verifying.
package struct SetupPendingPage: Sendable {
  package var method: PaymentMethod?
  /// Two small deposits are on their way, and the customer is to say what has arrived.
  package var usesMicrodeposits: Bool
  /// When they should be there.
  package var arrivesAt: Timestamp?
  /// Stripe's page for that.
  package var verifyURL: String?
  package var zone: TimeZone

  package init(
    method: PaymentMethod?, usesMicrodeposits: Bool, arrivesAt: Timestamp?, verifyURL: String?, zone: TimeZone
  ) {
    self.method = method
    self.usesMicrodeposits = usesMicrodeposits
    self.arrivesAt = arrivesAt
    self.verifyURL = verifyURL
    self.zone = zone
  }
}

/// Nothing was saved, or nothing that can be charged later.
package struct SetupNotSavedPage: Sendable {
  /// What cannot be used for later payments; `nil` where nothing was entered, or it could not be verified.
  package var method: PaymentMethod?
  package var isRefused: Bool
  package var reason: SafeReason?
  /// Where another one is saved, with a form of ours.
  package var saveURL: String?
  /// Stripe's page, which is still open.
  package var goOnURL: String?

  package init(
    method: PaymentMethod?, isRefused: Bool, reason: SafeReason?, saveURL: String?, goOnURL: String?
  ) {
    self.method = method
    self.isRefused = isRefused
    self.reason = reason
    self.saveURL = saveURL
    self.goOnURL = goOnURL
  }
}
