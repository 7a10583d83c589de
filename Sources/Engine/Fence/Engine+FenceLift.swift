import Domain
import Logging
import Storage
import Stripe

/// Lifting the fence: Stripe is compared first, and what the ledger lacks is taken over as paid, processing or held.
/// Nothing is sent meanwhile; only at the end, with nothing left unexplained, may this ledger send again.
extension Engine {
  /// - Throws: ``LedgerError/cannot(_:)`` for another account's key; ``StripeTrouble`` if Stripe cannot be read.
  package func liftFence() async throws -> FenceLift {
    var lift = FenceLift()
    if let why = try await whyNotAtHome() { throw LedgerError.cannot(why) }
    lift.because = try ledger.fence()?.advice
    guard lift.because != nil else { return lift }
    await askAboutAttempts()
    let lacking = try await lacking()
    try checkClocks()
    var numbersSeen = 0
    for thing in lacking {
      numbersSeen = max(numbersSeen, thing.metadata["dues_setup"].flatMap { Int($0) } ?? 0)
      do {
        try await adopt(thing, &lift)
      } catch {
        lift.blocked.append("\(thing.what): \(error)")
      }
    }
    let report = try await reconcile(since: nil, refundsDuplicates: false)
    lift.blocked += report.strangers.map { "\($0.id), \($0.status), of \($0.charge): the ledger does not know it" }
    // Somebody may have gone on meanwhile.
    for thing in try await self.lacking() where thing.charge != nil && !lacking.contains(where: { $0.id == thing.id }) {
      lift.blocked.append("\(thing.what): made a moment ago; another copy of this ledger is at work")
    }
    guard lift.blocked.isEmpty else { return lift }
    try ledger.liftFence(numbersSeen: numbersSeen, at: now)
    lift.isLifted = true
    logger.notice("the fence is lifted", metadata: ["adopted": "\(lift.adopted.count)"])
    return lift
  }

  private func adopt(_ thing: Lacking, _ lift: inout FenceLift) async throws {
    guard let charge = thing.charge else {
      if case .session(let session) = thing, session.status == .expired { return }
      // Not money: the person is told, and the customer can be invited again.
      try ledger.raise(
        .notInLedger, thing.id,
        advice:
          "a setup session (\(thing.what)) was forgotten; if it is complete, `dues agreement add` what was agreed",
        at: now)
      lift.setups.append(thing.id)
      return
    }
    if try ledger.charge(charge) == nil { try ledger.adopt(try await forgotten(charge, thing), at: now) }
    if case .intent(let intent) = thing, try ledger.payment(through: intent.id) != nil { return }
    try await endWhatCameBefore(charge)
    switch thing {
    case .intent(let intent): try adopt(intent, of: charge)
    case .session(let session): try await adopt(session, of: charge)
    }
    try ledger.clear(.notInLedger, thing.id, at: now)
    // What was paid may have gone back meanwhile, and its events with it.
    for payment in try ledger.payments(of: charge) { _ = try await readMoneyBack(payment.intent) }
    let state = try ledger.charge(charge)?.state ?? .held
    lift.adopted.append(FenceLift.Adopted(id: thing.id, charge: charge, state: state))
  }

  /// What the ledger still believes open is over at Stripe: the forgotten thing could only come after it (law 5).
  private func endWhatCameBefore(_ id: ChargeID) async throws {
    if let session = try ledger.liveCheckout(of: id)?.session { _ = try await settle(session) }
    guard let charge = try ledger.charge(id) else { return }
    for intent in try ledger.openIntents(of: id) {
      let shown = try await read(PaymentIntent.self, .retrieveIntent(intent))
      if shown.status == .canceled { try ledger.intentCanceled(intent, byUs: false, at: now) }
    }
    for attempt in try ledger.attempts(of: id) where attempt.state.isLive {
      if attempt.state == .processing, let intent = attempt.intent ?? charge.paymentIntent {
        try await look(at: intent, attempt: attempt, of: charge)
      } else {
        try await concludeSuperseded(attempt, of: charge)
      }
    }
    if charge.state == .processing, let session = try ledger.latestCheckout(of: id)?.session {
      _ = try await settle(session)
    }
  }

  private func adopt(_ intent: PaymentIntent, of charge: ChargeID) throws {
    // One without a number belongs to a checkout, which says what became of it.
    guard let number = intent.metadata?["dues_attempt"].flatMap({ Int($0) }) else { return }
    let outcome: AdoptedAttempt.Outcome
    switch intent.status {
    case .succeeded:
      guard let received = intent.received else {
        throw StripeTrouble.unreadable("Stripe shows it succeeded without an amount")
      }
      outcome = .succeeded(received)
    case .processing: outcome = .processing
    case .canceled: outcome = .canceled
    case .requiresConfirmation: outcome = .drafted
    case .requiresPaymentMethod, .requiresAction, .requiresCapture, .unknown: outcome = .open
    }
    try ledger.adopt(
      AdoptedAttempt(
        charge: charge, number: number, intent: intent.id, outcome: outcome,
        madeAt: Timestamp(seconds: intent.created ?? now.seconds)), context(charge))
  }

  private func adopt(_ session: CheckoutSession, of charge: ChargeID) async throws {
    guard let number = session.metadata?["dues_checkout"].flatMap({ Int($0) }) else {
      throw StripeTrouble.unreadable("its metadata name no number")
    }
    try ledger.adopt(
      AdoptedCheckout(
        charge: charge, number: number, session: session.id, isExpired: session.status == .expired,
        madeAt: Timestamp(seconds: session.created), expiresAt: Timestamp(seconds: session.expiresAt)), context(charge))
    guard session.status == .complete else { return }
    if case .unreadable(let reason) = try await settle(session.id) { throw StripeTrouble.unreadable(reason) }
  }

  /// A charge that the ledger has forgotten altogether, as Stripe's metadata tell it: held until more is known.
  private func forgotten(_ id: ChargeID, _ thing: Lacking) async throws -> Charge {
    guard let customer = thing.customer, let money = thing.total else {
      throw StripeTrouble.unreadable("Stripe shows neither whose it is nor how much")
    }
    let origin = try origin(of: id, thing.metadata)
    _ = try await self.customer(customer)
    let agreement = try origin.agreement.flatMap { try ledger.agreement($0) }
    let dueAt = try agreement.flatMap { try $0.due(of: origin.period) } ?? Timestamp(seconds: thing.created)
    var description = thing.description ?? agreement?.description
    if description == nil, case .session(let session) = thing {
      description = try await read(
        StripeList<StripeLineItem>.self, .listLineItems(session.id, startingAfter: nil)
      ).data.first?.description
    }
    return .new(
      id: id, customer: customer, money: money, description: description ?? id.text,
      statementDescriptorSuffix: agreement?.statementDescriptorSuffix, origin: origin, dueAt: dueAt,
      paymentMethod: agreement?.paymentMethod, heldReason: .foundAtStripe,
      metadata: thing.metadata.filter { !$0.key.hasPrefix("dues_") })
  }

  /// Ids are derived (law 1), so they prove what something was for.
  private func origin(of id: ChargeID, _ metadata: [String: String]) throws -> ChargeOrigin {
    if let key = metadata["dues_key"], ledger.id.charge(key: key) == id { return .key(key) }
    if let agreement = metadata["dues_agreement"].map({ AgreementID($0) }), let period = metadata["dues_period"],
      ledger.id.charge(of: agreement, period: PeriodKey(period)) == id
    {
      // Where the agreement is forgotten as well, the id alone keeps the period from being charged again.
      guard let known = try ledger.agreement(agreement) else { return .key("\(agreement) \(period)") }
      return .period(agreement, PeriodKey(period), job: known.job)
    }
    throw StripeTrouble.unreadable("its metadata do not fit the charge's id; it is not of this ledger's making")
  }
}

extension Agreement {
  /// When a forgotten period was due: by the terms that it is charged by, if the ledger knows that it is to come.
  fileprivate func due(of period: PeriodKey?) throws -> Timestamp? {
    guard let date = try period.map({ try CivilDate(parsing: $0.text) }) else { return nil }
    for turn in turns {
      if turn.period.date == date { return turn.period.dueAt }
      if turn.period.date > date { break }
    }
    return schedule.instant(of: date)
  }
}

extension Lacking {
  fileprivate var id: String {
    switch self {
    case .intent(let intent): intent.id.text
    case .session(let session): session.id.text
    }
  }

  fileprivate var customer: CustomerID? {
    switch self {
    case .intent(let intent): intent.customer?.id
    case .session(let session): session.customer?.id
    }
  }

  fileprivate var total: Money? {
    switch self {
    case .intent(let intent): intent.total
    case .session(let session): session.total
    }
  }

  fileprivate var description: String? {
    switch self {
    case .intent(let intent): intent.description
    case .session: nil
    }
  }
}
