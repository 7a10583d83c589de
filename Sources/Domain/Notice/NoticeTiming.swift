/// When customers are written to ahead of a charge, and when they are not written to.
package struct NoticeTiming: Sendable, Hashable {
  /// How long before a due date `upcoming_charge` goes out; `nil`: never.
  package var upcomingCharge: Duration?
  /// How long before a due date that the card does not reach `card_expiring` goes out; `nil`: never.
  package var cardExpiring: Duration?
  /// No mail goes to a customer in these hours, by the clock of the job's zone; it waits for their end.
  package var quietHours: DayHours?

  package init(upcomingCharge: Duration?, cardExpiring: Duration?, quietHours: DayHours?) {
    self.upcomingCharge = upcomingCharge
    self.cardExpiring = cardExpiring
    self.quietHours = quietHours
  }

  package static let off = NoticeTiming(upcomingCharge: nil, cardExpiring: nil, quietHours: nil)
}
