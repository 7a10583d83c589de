import Domain
import Testing

/// Every state × every event: what becomes of a charge, and what goes with it.
@Suite struct LifecycleTests {
  /// One row an event, one column a state in the order of ``ChargeState/allCases``; `-` cannot happen.
  static let rows: [LifecycleRow] = [
    // scheduled, held, attempting, unresolved, processing, recovering, paid, uncollectible, canceled
    LifecycleRow("held back", .heldBack(.overMaxCharge), "held - - - - held - - -"),
    LifecycleRow("a wrong amount came", .heldBack(.wrongAmount), "held - held held held held - - -"),
    LifecycleRow("approved", .approved(isRecovering: false), "- scheduled - - - - - - -"),
    LifecycleRow("approved in a recovery", .approved(isRecovering: true), "- recovering - - - - - - -"),
    LifecycleRow("attempt written", .attemptWritten, "attempting - - - - attempting - - -"),
    LifecycleRow("taken back", .attemptTakenBack(isRecovering: false), "- - scheduled scheduled - - - - -"),
    LifecycleRow("a retry taken back", .attemptTakenBack(isRecovering: true), "- - recovering recovering - - - - -"),
    LifecycleRow("succeeded", .attemptConcluded(.succeeded(received: owed)), "- - paid paid paid - - - -"),
    LifecycleRow("processing", .attemptConcluded(.processing), "- - processing processing processing - - - -"),
    LifecycleRow(
      "refused", .attemptConcluded(.refused(.refusedByStripe, reason: "400")), "- - held held held - - - -"),
    LifecycleRow("wait", declined(.wait), "- - recovering recovering recovering - - - -"),
    LifecycleRow("new details", declined(.newDetails), "- - recovering recovering recovering - - - -"),
    LifecycleRow("our fault", declined(.ourFault), "- - held held held - - - -"),
    LifecycleRow("lost", declined(.stop, .otherMethodOnly), "- - recovering recovering recovering - - - -"),
    LifecycleRow("fraud", declined(.stop, .final), "- - uncollectible uncollectible uncollectible - - - -"),
    LifecycleRow(
      "needs customer", .attemptConcluded(.needsCustomer(decline)), "- - recovering recovering recovering - - - -"),
    LifecycleRow("method missing", .methodMissing(isStopped: false), "recovering - - - - - - - -"),
    LifecycleRow("method stopped", .methodMissing(isStopped: true), "recovering - - - - - - - -"),
    LifecycleRow("checkout failed", .checkoutFailed(isOver: false), "- - - - recovering - - - -"),
    LifecycleRow("checkout failed after the end", .checkoutFailed(isOver: true), "- - - - uncollectible - - - -"),
    LifecycleRow("payment seen", .paymentSeen, "paid paid paid paid paid paid paid paid paid"),
    LifecycleRow(
      "cancel requested", .cancelRequested, "scheduled held attempting unresolved processing recovering - - -"),
    LifecycleRow("closed for cancel", .closedForCancel, "canceled canceled - - - canceled - - -"),
    LifecycleRow("closed for deadline", .closedForDeadline, "- - - - - uncollectible - - -"),
    LifecycleRow("judged failed", .judgedFailed, "- - - recovering - - - - -"),
  ]

  static let owed = Money(amount: 1099, currency: .usd)
  static let decline = Decline(code: "card_declined", declineCode: "any", adviceCode: nil)
  static func declined(_ remedy: Remedy, _ stop: StopKind? = nil) -> ChargeEvent {
    .attemptConcluded(.declined(decline, Verdict(remedy: remedy, stop: stop, safeReason: .declined)))
  }

  @Test(arguments: rows)
  func `an event moves each state as the table says`(row: LifecycleRow) {
    let expected = row.states.split(separator: " ").map { ChargeState(rawValue: String($0)) }
    #expect(expected.count == ChargeState.allCases.count)
    for (state, next) in zip(ChargeState.allCases, expected) {
      #expect(state.after(row.event)?.state == next, "\(state) after \(row.name)")
    }
  }

  @Test(arguments: ChargeState.allCases)
  func `no answer leaves a charge in flight unresolved, and is nothing anywhere else`(state: ChargeState) {
    let step = state.after(.attemptConcluded(.unresolved(reason: "timed out")))
    if state == .attempting || state == .unresolved {
      #expect(step == ChargeStep(.unresolved))
    } else if state != .processing {
      #expect(step == nil)
    }
  }

  @Test(arguments: ChargeState.allCases.filter { !$0.isFinal })
  func `money ends the recovery, closes everything and is told`(state: ChargeState) {
    let effects = state.after(.paymentSeen)?.effects ?? []
    for effect: ChargeEffect in [.endRecovery, .closeInstruments, .tellMerchant(.chargePaid), .tellCustomerRecovered] {
      #expect(effects.contains(effect), "\(effect)")
    }
    #expect(!effects.contains(.needsHuman(.secondPayment)) && !effects.contains(.needsHuman(.paidAfterEnd)))
  }

  @Test func `money that comes twice or after the end is shown to a person, and fulfilled at most once`() {
    let second = ChargeState.paid.after(.paymentSeen)?.effects ?? []
    #expect(second.contains(.needsHuman(.secondPayment)) && !second.contains(.tellMerchant(.chargePaid)))
    for end: ChargeState in [.uncollectible, .canceled] {
      let late = end.after(.paymentSeen)?.effects ?? []
      #expect(late.contains(.needsHuman(.paidAfterEnd)) && late.contains(.tellMerchant(.chargePaid)))
    }
  }

  @Test func `fraud stops everything, pauses the agreement and says nothing to the customer`() {
    let effects = ChargeState.attempting.after(Self.declined(.stop, .final))?.effects ?? []
    for effect: ChargeEffect in [
      .endRecovery, .closeInstruments, .stopCard(.final), .pauseAgreement, .needsHuman(.stopped),
      .tellMerchant(.chargeUncollectible),
    ] {
      #expect(effects.contains(effect), "\(effect)")
    }
    #expect(!effects.contains { if case .recover = $0 { true } else { false } })
  }

  @Test func `a lost card stops the card and opens a recovery`() {
    let verdict = Verdict(remedy: .stop, stop: .otherMethodOnly, safeReason: .declined)
    let effects = ChargeState.attempting.after(Self.declined(.stop, .otherMethodOnly))?.effects ?? []
    #expect(effects.contains(.stopCard(.otherMethodOnly)) && effects.contains(.recover(verdict)))
    #expect(!effects.contains(.pauseAgreement))
  }

  @Test func `our own fault is a person's, and no recovery`() {
    for event in [Self.declined(.ourFault), .attemptConcluded(.refused(.customerGone, reason: "gone"))] {
      let effects = ChargeState.attempting.after(event)?.effects ?? []
      #expect(effects.contains(.needsHuman(.held)))
      #expect(!effects.contains { if case .recover = $0 { true } else { false } })
      #expect(!effects.contains(.tellMerchant(.chargeRecovering)))
    }
  }

  @Test func `the deadline ends the recovery, tells the merchant and applies what the policy says`() {
    let step = ChargeState.recovering.after(.closedForDeadline)
    #expect(step?.effects == [.endRecovery, .tellMerchant(.chargeUncollectible), .applyThen])
  }
}

struct LifecycleRow: Sendable, CustomTestStringConvertible {
  let name: String
  let event: ChargeEvent
  let states: String
  var testDescription: String { name }

  init(_ name: String, _ event: ChargeEvent, _ states: String) {
    self.name = name
    self.event = event
    self.states = states
  }
}
