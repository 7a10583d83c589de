import Domain
package import Storage
package import Templates

/// A charge as `charge show --json` prints it and the merchant's system gets it (docs/INTERFACE.md, JSON). Absent things
/// are `null`.
package struct ChargeText: Sendable, Encodable {
  let report: ChargeReport
  let links: Links

  package init(_ report: ChargeReport, links: Links) {
    self.report = report
    self.links = links
  }

  enum Key: String, CodingKey {
    case id, state, customer, amount, currency, description, dueAt = "due_at", key, job, agreement, period
    case paymentIntent = "payment_intent", paymentMethod = "payment_method", paidAt = "paid_at", paidBy = "paid_by"
    case amountRefunded = "amount_refunded", disputedAt = "disputed_at", heldReason = "held_reason"
    case cancelRequested = "cancel_requested", lastDecline = "last_decline", attempts, recovery, notices, fulfillment
    case metadata
  }

  package func encode(to encoder: any Encoder) throws {
    let charge = report.charge
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(charge.id, forKey: .id)
    try object.encode(charge.state, forKey: .state)
    try object.encode(charge.customer, forKey: .customer)
    try object.encode(charge.money.amount, forKey: .amount)
    try object.encode(charge.money.currency.code, forKey: .currency)
    try object.encode(charge.description, forKey: .description)
    try object.encode(charge.dueAt.description, forKey: .dueAt)
    try object.encode(charge.origin.key, forKey: .key)
    try object.encode(charge.origin.job, forKey: .job)
    try object.encode(charge.origin.agreement, forKey: .agreement)
    try object.encode(charge.origin.period?.text, forKey: .period)
    try object.encode(charge.paymentIntent, forKey: .paymentIntent)
    try object.encode(charge.paymentMethod, forKey: .paymentMethod)
    try object.encode(charge.paidAt?.description, forKey: .paidAt)
    try object.encode(charge.paidBy, forKey: .paidBy)
    try object.encode(charge.amountRefunded, forKey: .amountRefunded)
    try object.encode(charge.disputedAt?.description, forKey: .disputedAt)
    try object.encode(charge.heldReason, forKey: .heldReason)
    try object.encode(charge.cancelRequested, forKey: .cancelRequested)
    try object.encode(report.attempts.last { $0.remedy != nil }.map(DeclineText.init), forKey: .lastDecline)
    try object.encode(report.attempts.map(AttemptText.init), forKey: .attempts)
    try object.encode(
      report.recovery.map { RecoveryText($0, report.checkout, links.recovery(charge.id)) }, forKey: .recovery)
    try object.encode(report.notices.filter(\.isDue).map(NoticeText.init), forKey: .notices)
    try object.encode(report.fulfillment.map(FulfillmentText.init), forKey: .fulfillment)
    try object.encode(charge.metadata, forKey: .metadata)
  }
}

private struct DeclineText: Encodable {
  let attempt: AttemptRecord
  enum Key: String, CodingKey { case code, declineCode = "decline_code", adviceCode = "advice_code", remedy }

  init(_ attempt: AttemptRecord) { self.attempt = attempt }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(attempt.code, forKey: .code)
    try object.encode(attempt.declineCode, forKey: .declineCode)
    try object.encode(attempt.adviceCode, forKey: .adviceCode)
    try object.encode(attempt.remedy, forKey: .remedy)
  }
}

private struct AttemptText: Encodable {
  let attempt: AttemptRecord
  enum Key: String, CodingKey {
    case number, kind, state, idempotencyKey = "idempotency_key", sentAt = "sent_at", paymentIntent = "payment_intent"
    case code, declineCode = "decline_code", adviceCode = "advice_code"
  }

  init(_ attempt: AttemptRecord) { self.attempt = attempt }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(attempt.number, forKey: .number)
    try object.encode(attempt.kind, forKey: .kind)
    try object.encode(attempt.state, forKey: .state)
    try object.encode(attempt.request.idempotencyKey, forKey: .idempotencyKey)
    try object.encode(attempt.sentAt?.description, forKey: .sentAt)
    try object.encode(attempt.intent, forKey: .paymentIntent)
    try object.encode(attempt.code, forKey: .code)
    try object.encode(attempt.declineCode, forKey: .declineCode)
    try object.encode(attempt.adviceCode, forKey: .adviceCode)
  }
}

private struct RecoveryText: Encodable {
  let recovery: RecoveryRecord
  let checkout: CheckoutRecord?
  let url: String?
  enum Key: String, CodingKey {
    case url, checkoutSession = "checkout_session", checkoutExpiresAt = "checkout_expires_at"
    case nextRetryAt = "next_retry_at", deadline
  }

  init(_ recovery: RecoveryRecord, _ checkout: CheckoutRecord?, _ url: String?) {
    self.recovery = recovery
    self.checkout = checkout
    self.url = url ?? (checkout?.state == .open ? checkout?.url : nil)
  }

  func encode(to encoder: any Encoder) throws {
    let live = checkout.flatMap { $0.state.isLive ? $0 : nil }
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(url, forKey: .url)
    try object.encode(live?.session, forKey: .checkoutSession)
    try object.encode(live?.expiresAt.description, forKey: .checkoutExpiresAt)
    try object.encode(recovery.nextRetryAt?.description, forKey: .nextRetryAt)
    try object.encode(recovery.deadline.description, forKey: .deadline)
  }
}

extension SentNotice {
  /// Sent, or to be sent now: `sent_at` tells. Neither those of the future nor those that were dropped.
  fileprivate var isDue: Bool { ["sent", "queued", "refused"].contains(state) }
}

private struct NoticeText: Encodable {
  let template: NoticeKind
  let to: String?
  let locale: String?
  let sentAt: String?
  enum Key: String, CodingKey { case template, to, locale, sentAt = "sent_at" }

  init(_ notice: SentNotice) {
    template = notice.kind
    to = notice.to
    locale = notice.locale
    sentAt = notice.sentAt?.description
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(template, forKey: .template)
    try object.encode(to, forKey: .to)
    try object.encode(locale, forKey: .locale)
    try object.encode(sentAt, forKey: .sentAt)
  }
}

private struct FulfillmentText: Encodable {
  let state: String
  let id: String
  let deliveredAt: String?
  enum Key: String, CodingKey { case state, id, deliveredAt = "delivered_at" }

  init(_ fulfillment: FulfillmentStatus) {
    state = fulfillment.state
    id = fulfillment.id
    deliveredAt = fulfillment.deliveredAt?.description
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(state, forKey: .state)
    try object.encode(id, forKey: .id)
    try object.encode(deliveredAt, forKey: .deliveredAt)
  }
}
