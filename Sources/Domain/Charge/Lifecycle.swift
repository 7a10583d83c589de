/// Something that happened to a charge.
package enum ChargeEvent: Sendable, Hashable {
  /// A limit or its age holds it back before it is sent.
  case heldBack(HeldReason)
  /// A person lets a held charge go: on with its recovery if it has one, else to its first attempt.
  case approved(isRecovering: Bool)
  /// An off-session attempt is written, to be sent at once.
  case attemptWritten
  /// An attempt came to something.
  case attemptConcluded(Outcome)
  /// An attempt that has certainly never left must not leave any more: as if it had not been written.
  case attemptTakenBack(isRecovering: Bool)
  /// The customer's bank asks them about an attempt on our page.
  case customerAsked
  /// An attempt on our page has collected nothing: the recovery goes on as it was planned.
  case onSessionFailed
  /// It is due and has no payment method to charge, or only one that was stopped.
  case methodMissing(isStopped: Bool)
  /// The customer finished a checkout with a delayed method: the money is on its way.
  case checkoutProcessing
  /// A delayed payment that the customer started has failed after all; `isOver`: after the charge's own end.
  case checkoutFailed(isOver: Bool)
  /// Stripe shows a success of the charge's amount and currency.
  case paymentSeen
  /// A person withdraws it.
  case cancelRequested
  /// Every instrument of a withdrawn charge was seen closed.
  case closedForCancel
  /// The recovery's deadline has passed and every instrument was seen closed.
  case closedForDeadline
  /// A person decides that an unresolved attempt did not collect anything.
  case judgedFailed
}

/// What else happens in the same commit as the charge's new state.
package enum ChargeEffect: Sendable, Hashable {
  /// The recovery opens (or goes on): deadline, retry, link and notices by policy.
  case recover(Verdict)
  /// Nobody asks for this money any more: retries end, planned notices are dropped.
  case endRecovery
  /// Checkouts and intents that could still collect are closed, and seen closed.
  case closeInstruments
  case tellMerchant(FulfillmentKind)
  /// If the customer was told that the payment failed.
  case tellCustomerRecovered
  /// The agreement goes the way its recovery policy says (`then`).
  case applyThen
  case pauseAgreement
  /// This card is never charged again (a `stop`), nor are its other charges sent.
  case stopCard(StopKind)
  /// A person must look; `dues status` shows it until it is settled.
  case needsHuman(HumanMatter)
  case clearHuman(HumanMatter)
}

/// The next state of a charge, and what goes with it.
package struct ChargeStep: Sendable, Hashable {
  package var state: ChargeState
  package var effects: [ChargeEffect]

  package init(_ state: ChargeState, _ effects: [ChargeEffect] = []) {
    self.state = state
    self.effects = effects
  }
}

extension ChargeState {
  /// The lifecycle, whole: what a charge in this state becomes when something happens to it.
  ///
  /// `nil` means that it cannot happen in this state: a caller that checked first has a defect, one that did not
  /// (a person's command) refuses. Money seen is never `nil`: whatever the state, it is recorded.
  package func after(_ event: ChargeEvent, cancelRequested: Bool = false) -> ChargeStep? {
    switch event {
    case .heldBack(let reason): heldBack(reason)
    case .approved(let isRecovering):
      self == .held
        ? ChargeStep(isRecovering ? .recovering : .scheduled, [.clearHuman(.held), .clearHuman(.wrongAmount)]) : nil
    case .attemptWritten: self == .scheduled || self == .recovering ? ChargeStep(.attempting) : nil
    case .attemptConcluded(let outcome): isInFlight ? concluded(outcome, cancelRequested: cancelRequested) : nil
    case .attemptTakenBack(let isRecovering):
      self == .attempting || self == .unresolved
        ? ChargeStep(isRecovering ? .recovering : .scheduled, [.clearHuman(.unresolved)]) : nil
    case .customerAsked:
      self == .attempting || self == .unresolved ? ChargeStep(.attempting, [.clearHuman(.unresolved)]) : nil
    case .onSessionFailed:
      isInFlight ? ChargeStep(.recovering, [.clearHuman(.unresolved), .clearHuman(.processingTooLong)]) : nil
    case .methodMissing(let isStopped):
      self == .scheduled
        ? ChargeStep(.recovering, Self.recovering(isStopped ? .stoppedMethod : .missingMethod)) : nil
    case .checkoutProcessing: checkoutProcessing()
    case .checkoutFailed(let isOver):
      self == .processing
        ? (isOver
          ? ChargeStep(.uncollectible, [.clearHuman(.processingTooLong)])
          : ChargeStep(.recovering, [.clearHuman(.processingTooLong)] + Self.recovering(.checkoutFailed))) : nil
    case .paymentSeen: paymentSeen(cancelRequested: cancelRequested)
    case .cancelRequested: canceling()
    case .closedForCancel:
      closed(as: .canceled, [.endRecovery, .clearHuman(.held), .clearHuman(.wrongAmount)])
    case .closedForDeadline:
      self == .recovering
        ? ChargeStep(.uncollectible, [.endRecovery, .tellMerchant(.chargeUncollectible), .applyThen]) : nil
    case .judgedFailed:
      self == .unresolved ? ChargeStep(.recovering, [.clearHuman(.unresolved)] + Self.recovering(.judgedFailed)) : nil
    }
  }

  private func heldBack(_ reason: HeldReason) -> ChargeStep? {
    switch self {
    case .scheduled, .recovering: ChargeStep(.held, [.needsHuman(reason.matter)])
    case .attempting, .unresolved, .processing:
      // Money came, and not what is owed: the one thing that holds a charge whose attempt was on its way.
      reason == .wrongAmount ? ChargeStep(.held, [.clearHuman(.unresolved), .needsHuman(reason.matter)]) : nil
    case .held, .paid, .uncollectible, .canceled: nil
    }
  }

  private func concluded(_ outcome: Outcome, cancelRequested: Bool) -> ChargeStep {
    switch outcome {
    case .succeeded: return paid(cancelRequested ? [.needsHuman(.paidAfterEnd)] : [])
    case .processing:
      return ChargeStep(
        .processing, [.clearHuman(.unresolved)] + (self == .processing ? [] : [.tellMerchant(.chargeProcessing)]))
    case .unresolved: return ChargeStep(.unresolved)
    case .refused(let reason, _):
      // Without its customer nothing of an agreement can be charged any more.
      let more: [ChargeEffect] = reason == .customerGone ? [.pauseAgreement] : []
      return ChargeStep(.held, [.clearHuman(.unresolved), .needsHuman(.held)] + more)
    case .declined(_, let verdict): return failed(verdict)
    case .needsCustomer: return failed(Verdict(remedy: .authenticate, safeReason: .confirmationNeeded))
    }
  }

  private func failed(_ verdict: Verdict) -> ChargeStep {
    let settled: [ChargeEffect] = [.clearHuman(.unresolved), .clearHuman(.processingTooLong)]
    switch (verdict.remedy, verdict.stop) {
    case (.ourFault, _):
      return ChargeStep(.held, settled + [.needsHuman(.held)])
    case (.stop, .final):
      return ChargeStep(
        .uncollectible,
        settled + [
          .endRecovery, .closeInstruments, .stopCard(.final), .pauseAgreement, .tellMerchant(.chargeUncollectible),
          .needsHuman(.stopped),
        ])
    case (.stop, _):
      return ChargeStep(.recovering, settled + Self.recovering(verdict) + [.stopCard(.otherMethodOnly)])
    case (.wait, _), (.newDetails, _), (.authenticate, _):
      return ChargeStep(.recovering, settled + Self.recovering(verdict))
    }
  }

  private static func recovering(_ verdict: Verdict) -> [ChargeEffect] {
    [.recover(verdict), .tellMerchant(.chargeRecovering)]
  }

  private func checkoutProcessing() -> ChargeStep? {
    switch self {
    case .recovering: ChargeStep(.processing, [.tellMerchant(.chargeProcessing)])
    // Begun in the moment of the hold: it is on its way all the same.
    case .held:
      ChargeStep(.processing, [.clearHuman(.held), .clearHuman(.wrongAmount), .tellMerchant(.chargeProcessing)])
    case .processing: ChargeStep(.processing)
    case .uncollectible, .canceled: ChargeStep(.processing, [.needsHuman(.paidAfterEnd)])
    case .scheduled, .attempting, .unresolved, .paid: nil
    }
  }

  private func paymentSeen(cancelRequested: Bool) -> ChargeStep {
    switch self {
    case .paid: ChargeStep(.paid, [.closeInstruments, .needsHuman(.secondPayment)])
    case .uncollectible, .canceled: paid([.needsHuman(.paidAfterEnd)])
    case .recovering, .processing, .scheduled, .held, .attempting, .unresolved:
      paid(cancelRequested ? [.needsHuman(.paidAfterEnd)] : [])
    }
  }

  private func paid(_ more: [ChargeEffect]) -> ChargeStep {
    ChargeStep(
      .paid,
      [
        .endRecovery, .closeInstruments, .clearHuman(.held), .clearHuman(.unresolved), .clearHuman(.wrongAmount),
        .clearHuman(.processingTooLong), .tellMerchant(.chargePaid), .tellCustomerRecovered,
      ] + more)
  }

  private func canceling() -> ChargeStep? {
    switch self {
    case .scheduled, .held, .recovering, .attempting, .unresolved, .processing: ChargeStep(self, [.closeInstruments])
    case .paid, .uncollectible, .canceled: nil
    }
  }

  private func closed(as end: ChargeState, _ effects: [ChargeEffect]) -> ChargeStep? {
    switch self {
    case .scheduled, .held, .recovering: ChargeStep(end, effects)
    case .attempting, .unresolved, .processing, .paid, .uncollectible, .canceled: nil
    }
  }
}

extension Verdict {
  /// No card was there to charge.
  package static let missingMethod = Verdict(remedy: .newDetails, safeReason: .methodUnavailable)
  /// Its card was lost, stolen or restricted: another one is asked for, in generic words.
  package static let stoppedMethod = Verdict(remedy: .stop, stop: .otherMethodOnly, safeReason: .declined)
  /// A delayed payment that the customer made on our page came back.
  package static let checkoutFailed = Verdict(remedy: .newDetails, safeReason: .declinedByBank)
  /// Nobody could tell; a person decided.
  package static let judgedFailed = Verdict(remedy: .newDetails, safeReason: .declined)
}
