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
