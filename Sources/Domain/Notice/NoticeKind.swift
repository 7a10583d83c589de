/// Something the customer must hear. The raw value is the template's name.
package enum NoticeKind: String, Sendable, CaseIterable, Codable {
  case paymentFailed = "payment_failed"
  case authenticationNeeded = "authentication_needed"
  case reminder
  case finalNotice = "final_notice"
  case paymentRecovered = "payment_recovered"
  case setupInvitation = "setup_invitation"
  case cardExpiring = "card_expiring"
  case upcomingCharge = "upcoming_charge"

  /// Asks for a payment: it is dropped once the charge is no longer owed, and carries a link.
  package var asksForPayment: Bool {
    switch self {
    case .paymentFailed, .authenticationNeeded, .reminder, .finalNotice: true
    case .paymentRecovered, .setupInvitation, .cardExpiring, .upcomingCharge: false
    }
  }

  /// Goes out before anything is charged.
  package var isAhead: Bool { self == .cardExpiring || self == .upcomingCharge }

  /// Without it nothing goes on: a person is told if it cannot be sent. A thank-you that cannot be sent wants nobody.
  package var isAwaited: Bool {
    switch self {
    case .paymentFailed, .authenticationNeeded, .reminder, .finalNotice, .setupInvitation: true
    case .paymentRecovered, .cardExpiring, .upcomingCharge: false
    }
  }
}
