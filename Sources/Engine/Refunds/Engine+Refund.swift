package import Domain
import Logging
package import Storage
package import Stripe

/// What asking for a refund came to.
package enum RefundResult: Sendable, Equatable {
  /// Stripe has made it; the money may still take days to arrive.
  case made(RefundRecord)
  /// It was not made, for certain.
  case refused(RefundRecord, reason: String)
  /// Written, and taken up by every tick until it is known.
  case unanswered(RefundRecord, reason: String)
}

/// Money that goes back because a person says so: written before it is sent (law 2), never sent again from 20 hours on
/// (law 3), one at a time for each payment.
extension Engine {
  /// - Parameters:
  ///   - intent: which payment of the charge; `nil` where there is one only.
  ///   - amount: in minor units; `nil` is all that is left.
  ///   - reason: told to Stripe.
  /// - Throws: ``LedgerError/cannot(_:)`` if there is nothing to refund, or not so much; ``StripeTrouble`` if the payment
  ///   cannot be read and nothing of it is on its way.
  package func refund(
    _ charge: ChargeID, through intent: PaymentIntentID?, amount: Int64?, reason: RefundReason
  ) async throws -> RefundResult {
    if let why = try await whyNotAtHome() { throw LedgerError.cannot(why) }
    try await readIfUnread()
    try await lookBefore(refunding: charge, through: intent)
    // In Stripe's time: whether a key is dead is not to depend on the clock of the machine that a person sat at.
    let writtenAt = stripeNow
    let opening = try ledger.writeRefund(of: charge, intent: intent, amount: amount, at: writtenAt) {
      freeze(refund: $2, at: writtenAt, of: $0, amount: $1, reason: reason)
    }
    switch opening {
    case .written(let refund): return try await carryOut(refund)
    case .live(let refund): return try await settle(refund)
    }
  }

  /// What somebody has given back in the dashboard a moment ago counts, and Stripe's answer tells the time.
  private func lookBefore(refunding charge: ChargeID, through intent: PaymentIntentID?) async throws {
    let payments = try ledger.payments(of: charge)
    guard let payment = payments.first(where: { intent == nil || $0.intent == intent }) else { return }
    do {
      _ = try await readMoneyBack(payment.intent)
    } catch let trouble as StripeTrouble {
      // One without an answer is asked about all the same, and says so.
      guard try ledger.refundsToSettle(limit: 1000).contains(where: { $0.intent == payment.intent }) else {
        throw trouble
      }
    }
  }

  /// The exact request. Pure: the same number and moment give the same bytes.
  private func freeze(
    refund number: Int, at writtenAt: Timestamp, of payment: PaymentRecord, amount: Int64, reason: RefundReason
  ) -> FrozenRequest {
    let name = RefundRecord.name(number, at: writtenAt)
    let key = "\(ledger.id):refund:\(name)"
    let request = StripeRequest.createRefund(
      of: payment.intent, amount: amount, reason: reason,
      metadata: [
        ("dues_ledger", ledger.id.text), ("dues_charge", payment.charge.text), ("dues_refund", name),
      ], idempotencyKey: key)
    return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
  }

  /// Refunds that had no answer, taken up by the resolve pass.
  func settleRefunds(_ report: inout TickReport) async throws {
    await each(try ledger.refundsToSettle(limit: 1000), &report) { refund in
      guard now - (refund.sentAt ?? refund.writtenAt) >= Self.resendPause else { return }
      guard case .unanswered = try await settle(refund) else { return }
      guard now - refund.writtenAt > Self.unresolvedTooLong else { return }
      try ledger.raise(
        .refundUnanswered, refund.charge.text,
        advice: "refund \(refund.number) of \(refund.intent) has no answer; \(HumanMatter.refundUnanswered.advice)",
        at: now)
    }
  }

  /// Asks first, then resends under the same key while it is alive; a dead key that Stripe shows nothing of made nothing.
  private func settle(_ refund: RefundRecord) async throws -> RefundResult {
    let found: StripeRefund?
    do {
      found = try await find(refund)
    } catch {
      return .unanswered(refund, reason: error.description)
    }
    if let found { return try await conclude(refund, found) }
    if isAlive(since: refund.writtenAt) { return try await carryOut(refund) }
    guard isDead(since: refund.writtenAt) else {
      return .unanswered(refund, reason: "too old to be sent again, too young to be given up")
    }
    return try refused(refund, "never made: its key is dead, and Stripe shows no such refund")
  }

  private func carryOut(_ refund: RefundRecord) async throws -> RefundResult {
    let sentAt = now
    guard try ledger.noteRefundSend(refund.number, at: sentAt) else {
      return .unanswered(refund, reason: "another process has concluded it; `dues charge explain` says how")
    }
    switch await send(StripeRequest(refund.request), writtenAt: refund.writtenAt).holding(StripeRefund.self) {
    case .object(let shown): return try await conclude(refund, shown)
    // An earlier sending may still be on its way. What Stripe did not keep under the key says nothing about it.
    case .failure(let reply, let error)
    where (refund.sentAt != nil || reply.followsSilence) && !reply.isReplayed && !error.isAboutWhatIsLeft:
      return .unanswered(refund, reason: error.sentence)
    case .failure(_, let error) where error.isAboutSomethingElse:
      // Nor of another process's, which may be sending it this moment.
      let isRefused = try ledger.refundRefused(refund.number, reason: error.sentence, ifSentAt: sentAt, at: now)
      return isRefused ? .refused(refund, reason: error.sentence) : .unanswered(refund, reason: error.sentence)
    case .failure(_, let error): return try refused(refund, error.sentence)
    case .indeterminate(let reason, _), .notSent(let reason):
      logger.warning("a refund has no answer yet", metadata: ["refund": "\(refund.number)", "reason": "\(reason)"])
      return .unanswered(refund, reason: reason)
    }
  }

  /// What Stripe shows of it: made, unless it has failed by now.
  private func conclude(_ refund: RefundRecord, _ shown: StripeRefund) async throws -> RefundResult {
    if shown.status == .failed || shown.status == .canceled {
      return try refused(refund, "Stripe had made it as \(shown.id), and it is \(shown.status?.rawValue ?? "")")
    }
    try ledger.refundMade(refund.number, refund: shown.id, at: now)
    do {
      _ = try await readMoneyBack(refund.intent)
    } catch let trouble as StripeTrouble {
      // The event that says so as well is read by the next tick.
      logger.notice("a refunded payment could not be read again", metadata: ["reason": "\(trouble)"])
    }
    return .made(refund)
  }

  private func refused(_ refund: RefundRecord, _ reason: String) throws -> RefundResult {
    try ledger.refundRefused(refund.number, reason: reason, at: now)
    return .refused(refund, reason: reason)
  }

  /// By our own name of it in the metadata, among all refunds of the payment.
  private func find(_ refund: RefundRecord) async throws(StripeTrouble) -> StripeRefund? {
    try await self.refund(of: refund.intent) {
      $0.metadata?["dues_ledger"] == ledger.id.text && $0.metadata?["dues_refund"] == refund.name
    }
  }

  /// The first refund of a payment that fits, in the order that Stripe lists them.
  func refund(
    of intent: PaymentIntentID, where fits: (StripeRefund) -> Bool
  ) async throws(StripeTrouble) -> StripeRefund? {
    var after: String?
    while true {
      let page = try await read(
        StripeList<StripeRefund>.self, .listRefunds(of: intent, startingAfter: after))
      if let match = page.data.first(where: fits) { return match }
      guard page.hasMore, let last = page.data.last else { return nil }
      after = last.id
    }
  }
}

extension StripeErrorBody {
  /// Refused before anybody looked at the refund: the key may not, does not see the payment, or was used for another.
  fileprivate var isAboutSomethingElse: Bool {
    isAuthenticationProblem || status == 404 || error.code == "resource_missing" || error.type == "idempotency_error"
  }

  /// So much is not left of the payment: an earlier sending fares alike, because what went back stays gone.
  fileprivate var isAboutWhatIsLeft: Bool { error.code == "charge_already_refunded" || error.param == "amount" }
}
