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
}

/// What the merchant's own system is told. The raw value is the message's `type`.
package enum FulfillmentKind: String, Sendable, CaseIterable, Codable {
  case chargePaid = "charge.paid"
  case chargeRecovering = "charge.recovering"
  case chargeUncollectible = "charge.uncollectible"
  case chargeProcessing = "charge.processing"
  case chargeRefunded = "charge.refunded"
  case chargeDisputed = "charge.disputed"
  case agreementCreated = "agreement.created"
  case agreementPaused = "agreement.paused"
}
