package import Domain
import Logging
import Storage
import Stripe

/// Paying on our own page, without a Checkout and without webhooks (Stripe's "accept card payments without webhooks"): a
/// numbered attempt of kind `on_session`, with an intent of its own that only we can make collect.
extension Engine {
  /// Posting the same again within this time is the same click.
  private static let clickMemory = Duration.minutes(1)
  /// While another process sends it.
  private static let lookAgain = Duration.milliseconds(500)
  private static let looks = 20

  /// - Parameter method: one of the customer's own, or one that Stripe's script has made on the page.
  package func payOnPage(_ id: ChargeID, with method: PaymentMethodID) async throws -> OnSessionAnswer {
    if let reason = try await whyNothingIsWritten() { return .unavailable(reason) }
    guard let charge = try ledger.charge(id) else { return .unknown }
    if let refusal = try await learn(method, for: charge) { return refusal }
    if let reason = await whyPagesForbid(charge.customer) { return .unavailable(reason) }
    var look = 0
    // Once around for each thing that is to be seen closed first, and while another click is being sent.
    for _ in 0..<(Self.looks + 8) {
      let opening = try ledger.writeOnSession(
        of: id, with: method, sameSince: now - Self.clickMemory,
        maxPerCard30Days: settings.policy.retry.maxPerCard30Days, at: now
      ) { charge, number in freezeOnSession(charge, method, number) }
      switch opening {
      case .written(let attempt): return try await carryOut(attempt, of: charge, afterSilence: false)
      case .answered(let attempt): return answer(to: attempt)
      case .overBudget: return .declined(.declined)
      case .inFlight: return .inFlight
      case .notOwed(let state): return state == .paid ? .paid : .notOwed(state)
      case .besideCheckout(let checkout):
        if case .unknown(let reason) = try await close(checkout, reason: "the customer pays on our page") {
          return .unavailable(reason)
        }
      case .besideIntents(let intents):
        for intent in intents { try await closeIntent(intent, of: id) }
        if try !ledger.openIntents(of: id).isEmpty { return .unavailable("an earlier try could not be closed yet") }
      case .live(let attempt):
        if let intent = attempt.intent {
          guard attempt.method != method else { return try await goOn(attempt, intent, of: charge) }
          // Another card instead: what the bank was asked about the first is over.
          guard try await end(attempt, intent, of: charge) else { return .inFlight }
        } else {
          look += 1
          guard look < Self.looks, attempt.state == .sending else { return .inFlight }
          try await clock.sleep(Self.lookAgain)
        }
      }
    }
    return .unavailable("the charge kept changing")
  }

  /// The browser has answered the bank, and asks for the money to be collected.
  package func confirmOnPage(_ id: ChargeID, _ intent: PaymentIntentID) async throws -> OnSessionAnswer {
    if let reason = try await whyNothingIsWritten() { return .unavailable(reason) }
    guard let charge = try ledger.charge(id),
      let attempt = try ledger.attempts(of: id).last(where: { $0.kind == .onSession && $0.intent == intent })
    else { return .unknown }
    return attempt.state.isLive ? try await goOn(attempt, intent, of: charge) : answer(to: attempt)
  }

  /// Sends the request of a written attempt. Also what a tick does for one whose answer was lost (law 3).
  ///
  /// - Parameter afterSilence: it has left before, and may still arrive.
  func carryOut(_ attempt: AttemptRecord, of charge: Charge, afterSilence: Bool) async throws -> OnSessionAnswer {
    let answer = await send(attempt.request, of: charge.id, attempt: attempt.number, writtenAt: attempt.writtenAt)
    return try await take(answer, to: attempt, of: charge, afterSilence: afterSilence)
  }

  /// An attempt whose intent is known: what it waits for is read from Stripe, and only an answered question is confirmed.
  func goOn(_ attempt: AttemptRecord, _ intent: PaymentIntentID, of charge: Charge) async throws -> OnSessionAnswer {
    let shown: PaymentIntent
    do {
      shown = try await read(PaymentIntent.self, .retrieveIntent(intent))
    } catch {
      return .unavailable(error.description)
    }
    if try isWithdrawn(charge.id), shown.status == .requiresConfirmation || shown.status == .requiresAction {
      // A withdrawn charge is not collected, whatever the bank has said.
      return try await end(attempt, intent, of: charge) ? .notOwed(.canceled) : .unavailable("it is being closed")
    }
    guard shown.status == .requiresConfirmation else { return try await take(shown, to: attempt, of: charge) }
    let written = try ledger.writeConfirmation(of: charge.id, attempt: attempt.number, at: now) { attempt in
      // Counted by the sends, because a bank may ask twice.
      let key = "\(charge.id):\(attempt.number):confirm:\(attempt.sends)"
      let request = StripeRequest.confirmOnSession(intent: intent, idempotencyKey: key)
      return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
    }
    guard let confirmation = written.confirmation else { return self.answer(to: written) }
    let answer = await send(confirmation, of: charge.id, attempt: attempt.number, writtenAt: attempt.writtenAt)
    return try await take(answer, to: attempt, of: charge)
  }

  private func isWithdrawn(_ id: ChargeID) throws -> Bool {
    guard let charge = try ledger.charge(id) else { return true }
    return charge.isOverOrWithdrawn
  }

  private func take(
    _ answer: StripeAnswer, to attempt: AttemptRecord, of charge: Charge, afterSilence: Bool = false
  ) async throws -> OnSessionAnswer {
    if case .object(let shown) = answer.holding(PaymentIntent.self) {
      return try await take(shown, to: attempt, of: charge)
    }
    let reading = IntentReading(answer)
    let after = try conclude(attempt, of: charge, reading, afterSilence: afterSilence)
    if case .unresolved = reading.outcome, !after.state.isInFlight,
      let heard = try ledger.attempts(of: charge.id).first(where: { $0.number == attempt.number })
    {
      // Somebody else has heard what became of it.
      return self.answer(to: heard)
    }
    return self.answer(after, reading)
  }

  private func take(
    _ shown: PaymentIntent, to attempt: AttemptRecord, of charge: Charge
  ) async throws -> OnSessionAnswer {
    switch shown.status {
    case .requiresAction:
      try ledger.challengeOpened(charge.id, attempt: attempt.number, intent: shown.id, at: now)
      guard let secret = shown.clientSecret else { return .unavailable("Stripe gave no client secret") }
      return .requiresAction(clientSecret: secret)
    case .canceled:
      let after = try ledger.onSessionEnded(charge.id, attempt: attempt.number, intent: shown.id, context(charge))
      return after.state == .paid ? .paid : .declined(.confirmationNeeded)
    // Answered meanwhile: whoever asks next collects.
    case .requiresConfirmation: return .unavailable("the bank's answer has just arrived")
    case .succeeded, .processing, .requiresPaymentMethod, .requiresCapture, .unknown:
      let reading = IntentReading(shown)
      let after = try conclude(attempt, of: charge, reading)
      return answer(after, reading)
    }
  }

  private func answer(_ charge: Charge, _ reading: IntentReading) -> OnSessionAnswer {
    switch charge.state {
    case .paid: return .paid
    case .unresolved, .attempting: return .unavailable("Stripe has not answered")
    case .processing: return .inFlight
    case .recovering, .scheduled, .held, .uncollectible, .canceled: break
    }
    switch reading.outcome {
    case .declined(_, let verdict): return .declined(verdict.safeReason)
    case .needsCustomer: return .declined(.confirmationNeeded)
    case .refused: return charge.state == .recovering ? .declined(.methodUnavailable) : .notOwed(charge.state)
    case .succeeded, .processing, .unresolved: return .notOwed(charge.state)
    }
  }

  /// The answer that was given first.
  private func answer(to attempt: AttemptRecord) -> OnSessionAnswer {
    switch attempt.state {
    case .succeeded: .paid
    case .declined: .declined(attempt.safeReason ?? .declined)
    case .needsCustomer: .declined(.confirmationNeeded)
    case .refused: .declined(.methodUnavailable)
    case .sending, .unresolved, .processing: .inFlight
    }
  }

  /// The exact request. Pure: the same charge, method and number give the same bytes.
  private func freezeOnSession(_ charge: Charge, _ method: PaymentMethodID, _ number: Int) -> FrozenRequest {
    let key = "\(charge.id):\(number)"
    let request = StripeRequest.createOnSessionIntent(
      OnSessionIntent(
        money: charge.money, customer: charge.customer, paymentMethod: method, description: charge.description,
        statementDescriptorSuffix: charge.statementDescriptorSuffix,
        metadata: metadata(of: charge) + [("dues_attempt", String(number))],
        savesMethod: settings.policy(of: charge.origin.job).recovery.saveNewCard), idempotencyKey: key)
    return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
  }

  /// The method as Stripe has it: the customer's own card, or a card of nobody's yet.
  ///
  /// - Returns: why it cannot be used; `nil`: it can.
  private func learn(_ method: PaymentMethodID, for charge: Charge) async throws -> OnSessionAnswer? {
    let shown: PaymentMethod
    do {
      shown = try await read(StripePaymentMethod.self, .retrievePaymentMethod(method)).kept(mandate: nil)
    } catch StripeTrouble.missing {
      return .unknown
    } catch {
      return .unavailable("\(error)")
    }
    guard shown.type == "card", shown.customer == nil || shown.customer == charge.customer else { return .unknown }
    if try ledger.isStopped(budgetKey: shown.budgetKey) { return .declined(.declined) }
    try ledger.methodSeen(shown, at: now)
    return nil
  }
}
