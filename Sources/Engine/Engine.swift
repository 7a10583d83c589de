package import Domain
package import Logging
package import Storage
package import Stripe
package import Templates

/// The only code that moves money: the passes of a tick, and the desks that pages and commands use.
///
/// Whatever it does at Stripe is committed first, sent second and concluded third (law 2), and everything it learns is
/// applied through the ledger's steps, which any number of processes may run at once.
package struct Engine: Sendable {
  package let ledger: Ledger
  package let stripe: StripeClient
  package let mail: MailDesk?
  package let merchant: MerchantChannel?
  package let links: Links
  package let settings: EngineSettings
  package let clock: WallClock
  package let logger: Logger

  package init(
    ledger: Ledger, stripe: StripeClient, mail: MailDesk?, merchant: MerchantChannel?, links: Links,
    settings: EngineSettings, clock: WallClock, logger: Logger
  ) {
    self.ledger = ledger
    self.stripe = stripe
    self.mail = mail
    self.merchant = merchant
    self.links = links
    self.settings = settings
    self.clock = clock
    self.logger = logger
  }

  /// This machine's time as long as it agrees with Stripe's, as far as that is known; else Stripe's: a clock that jumps in
  /// the middle of something dates nothing.
  package var now: Timestamp { isClockWrong ? stripeNow : clock.now() }

  /// Stripe's clock: what it judges itself (`expires_at`, a signature's age) is reckoned in its time.
  package var stripeNow: Timestamp { stripe.serverTime.now(local: clock.now()) }

  /// A moment of the ledger as Stripe's clock told it.
  func inStripesTime(_ moment: Timestamp) -> Timestamp {
    isClockWrong ? moment : stripe.serverTime.now(local: moment)
  }

  /// Stripe has told another time, or this clock has jumped since it did; or which time it is cannot be told now.
  var isClockOff: Bool { isClockWrong || stripe.serverTime.isDoubtful }

  /// Asks Stripe for the time, unless it has told it. What else it answers, or that it does not, is no matter here.
  package func hearTime() async {
    guard !stripe.serverTime.hasAnswered else { return }
    _ = await stripe.send(.retrieveAccount())
  }

  private var isClockWrong: Bool {
    let offset = stripe.serverTime.offset ?? .zero
    return max(offset, .zero - offset) > Self.clockTolerance
  }

  /// A key that was first used then is alive, whichever of two clocks is right.
  func isAlive(since sent: Timestamp) -> Bool { max(now, clock.now()) - sent < Self.resendLimit }

  /// And one of which certainly nothing is on its way any more.
  func isDead(since sent: Timestamp) -> Bool { min(now, clock.now()) - sent > Self.keyLife }

  func context(_ charge: Charge) -> StepContext { context(job: charge.origin.job) }

  func context(job: String?) -> StepContext {
    StepContext(
      now: now, policy: settings.policy(of: job), hasPublicURL: links.publicURL != nil, zone: settings.zone(of: job))
  }

  func context(_ id: ChargeID) throws -> StepContext { context(job: try ledger.charge(id)?.origin.job) }

  /// One request by the rule of a tick: at most three tries, the pauses together at most ten seconds.
  func send(_ request: StripeRequest) async -> StripeAnswer {
    await send(request, writtenAt: now)
  }

  /// A request out of the ledger, which is never sent again from 20 hours after it was written (law 3).
  func send(_ request: StripeRequest, writtenAt: Timestamp) async -> StripeAnswer {
    await send(request, writtenAt: writtenAt) { whyNothingLeaves(request) }
  }

  /// The request of an attempt; not sent another time once somebody else has heard what became of it.
  ///
  /// - Parameters:
  ///   - writtenAt: from when on its key is alive.
  func send(
    _ request: FrozenRequest, of charge: ChargeID, attempt: Int, writtenAt: Timestamp
  ) async -> StripeAnswer {
    let request = StripeRequest(request)
    return await send(request, writtenAt: writtenAt, isOpen: { isOut(charge, attempt) }) { whyNothingLeaves(request) }
  }

  /// Nobody knows yet what became of it.
  func isOut(_ charge: ChargeID, _ attempt: Int) -> Bool {
    do {
      return try ledger.isOut(charge, attempt: attempt)
    } catch {
      logger.error(
        "an attempt is not sent again: the ledger cannot be read",
        metadata: ["charge": "\(charge)", "attempt": "\(attempt)", "reason": "\(error)"])
      return false
    }
  }

  /// - Parameters:
  ///   - isOpen: whether it still makes sense; asked before each further try.
  ///   - objection: why it must not leave; asked before each try, when its turn has come.
  func send(
    _ request: StripeRequest, writtenAt: Timestamp, isOpen: () -> Bool = { true }, objection: () -> String?
  ) async -> StripeAnswer {
    // What has no key only reads.
    let isAlive = { request.idempotencyKey == nil || self.isAlive(since: writtenAt) }
    let answer = await stripe.sendPatiently(
      request, pauses: StripeClient.pauses, sleep: clock.sleep, mayResend: { isAlive() && isOpen() },
      objection: { objection() ?? (isAlive() ? nil : "its idempotency key may be dead") })
    fenceIfKeyWasUsed(request, answer)
    return answer
  }

  /// Reads an object from Stripe.
  package func read<Object: Decodable>(_ type: Object.Type, _ request: StripeRequest) async throws(StripeTrouble)
    -> Object
  {
    switch await send(request) {
    case .success(let reply):
      do {
        return try reply.decode(type)
      } catch {
        throw .unreadable("\(request.path): \(error)")
      }
    case .failure(let reply, let error):
      if reply.status == 404 { throw .missing(error.sentence) }
      throw .refused(error.sentence, isAuthenticationProblem: error.isAuthenticationProblem)
    case .indeterminate(let reason, _, _), .notSent(let reason): throw .unreachable(reason)
    }
  }
}

/// Why something could not be read from Stripe.
package enum StripeTrouble: Error, Sendable, Equatable, CustomStringConvertible {
  case unreachable(String)
  case missing(String)
  case refused(String, isAuthenticationProblem: Bool)
  case unreadable(String)

  package var description: String {
    switch self {
    case .unreachable(let reason): "Stripe cannot be reached: \(reason)"
    case .missing(let reason): "Stripe does not have it: \(reason)"
    case .refused(let reason, _): "Stripe refused: \(reason)"
    case .unreadable(let reason): "Stripe's answer cannot be read: \(reason)"
    }
  }
}
