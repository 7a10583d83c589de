import Domain
import Logging
import Storage
import Stripe

/// Whether this is the ledger, at its account and in its place, and the newest there is of it: only then anything is sent
/// that moves money (docs/decisions/0020).
extension Engine {
  /// Stripe keeps events for 30 days; a ledger that has not read them for so long cannot learn from them any more.
  private static let eventsTell = Duration.days(29)

  /// The ledger belongs to one Stripe account and one mode, from its first tick on: under another key its customers do not
  /// exist, or are others. Stripe is asked only when the key is a new one.
  ///
  /// - Returns: why it must not be used with this key; `nil`: it may.
  func whyNotAtHome() async throws -> String? {
    let mark = try ledger.mark()
    guard mark.stripeAccount == nil || mark.keyDigest != settings.keyDigest else { return nil }
    let account = try await read(StripeAccount.self, .retrieveAccount())
    try checkClocks()
    guard try !ledger.bind(account: account.id, livemode: settings.isLive, keyDigest: settings.keyDigest, at: now)
    else { return nil }
    let theirs = "\(mark.stripeAccount ?? "") in \(mark.livemode == true ? "live" : "test") mode"
    let advice =
      "this ledger belongs to \(theirs), and the key to \(account.id) in "
      + "\(settings.isLive ? "live" : "test") mode; use its own key, or another store.path"
    try ledger.raise(.fenced, "ledger", advice: advice, at: now)
    logger.error("nothing is charged: \(advice)")
    return advice
  }

  /// Before events are read: those of a while may be gone at Stripe, and then they prove nothing.
  func doubtIfAway() throws {
    if try stripeNow - ledger.eventsReadUntil() > Self.eventsTell { try ledger.doubtProgress(at: now) }
  }

  /// After Stripe's events were read: nothing stands against this ledger, and something vouches for it.
  func isTheLedger() async throws -> Bool {
    if case .unproven? = try ledger.fence() { try await proveByStripe() }
    guard let fence = try ledger.fence() else {
      try ledger.clear(.fenced, "ledger", at: now)
      return true
    }
    try ledger.raise(.fenced, "ledger", advice: fence.advice, at: now)
    logger.error("nothing is sent: \(fence.advice)")
    return false
  }

  /// Without the file beside the ledger, or after a month away: what Stripe has decides.
  private func proveByStripe() async throws {
    if let first = try await lacking().first {
      try ledger.raiseFence(because: first.what, at: now)
    } else {
      try ledger.proveProgress(at: now)
    }
  }

  /// An event that mentions what this ledger has never written. Whatever it is about is applied all the same.
  func fenceIfUnknown(_ event: EventRecord) throws {
    guard let mention = Mention(event.metadata, of: ledger.id), try ledger.lacks(mention) else { return }
    try ledger.raiseFence(because: "\(event.object), by event \(event.id)", at: now)
  }

  /// A key of ours that Stripe knows with other bytes: somebody else has used it, from the same ledger.
  func fenceIfKeyWasUsed(_ request: StripeRequest, _ answer: StripeAnswer) {
    guard case .failure(_, let error) = answer, error.error.type == "idempotency_error" else { return }
    // A refund is called after what had gone back before it, so that its key tells nothing.
    guard !request.path.hasPrefix("/v1/refunds") else { return }
    do {
      try ledger.raiseFence(
        because: "the idempotency key \(request.idempotencyKey ?? ""), used for something else", at: now)
    } catch {
      logger.error("the fence could not be raised", metadata: ["reason": "\(error)"])
    }
  }

  /// Outside of a tick, before something is written that is to be sent, or somebody is told: why not; `nil`: it may be.
  func whyNothingIsWritten() async throws -> String? {
    do {
      try await readIfUnread()
    } catch let trouble as StripeTrouble {
      return "Stripe's events of a while could not be read: \(trouble)"
    } catch let wrong as WrongClock {
      return wrong.advice
    } catch LedgerError.cannot(let why) {
      return why
    }
    return try ledger.fence()?.advice
  }

  /// Who has not read Stripe's events for so long that the key of a forgotten request may be dead reads them first: an
  /// older copy would use its number once more. So does who has not heard Stripe's time yet, or whose clock has jumped since:
  /// a machine that was restored whole has its clock from then as well.
  func readIfUnread() async throws {
    let hasHeard = stripe.serverTime.hasAnswered
    guard try !hasHeard || isClockOff || stripeNow - ledger.eventsReadUntil() > Self.resendLimit else { return }
    _ = try await readEvents(since: nil)
    _ = try await isTheLedger()
  }

  /// The same for who tells only of trouble with Stripe.
  func readBeforeSending() async throws {
    do {
      try await readIfUnread()
    } catch let wrong as WrongClock {
      throw StripeTrouble.unreachable("nothing is sent: \(wrong.advice)")
    }
  }

  /// Why nothing may leave; a last guard behind those of the passes and of the ledger's own steps.
  func whyNothingLeaves(_ request: StripeRequest) -> String? {
    guard request.idempotencyKey != nil else { return nil }
    // How old its key is cannot be known: the machine may have been put back, or its clock.
    guard !isClockOff else { return "this machine's clock has jumped, or is not Stripe's" }
    do {
      return try ledger.fence().map { "the ledger is fenced: \($0.advice)" }
    } catch {
      return "the ledger cannot be read: \(error)"
    }
  }
}
