import Domain
import Foundation
import GRDB

/// One step of a charge's life, written: the new state and everything that goes with it, in one transaction (law 10).
extension Database {
  /// Asks the lifecycle what follows, and writes it.
  ///
  /// - Parameters:
  ///   - charge: as the ledger has it.
  ///   - change: what else of it changes in this step, before the lifecycle is asked.
  /// - Throws: ``LedgerError/cannot(_:)`` if the lifecycle does not allow the event in the charge's state.
  @discardableResult
  func step(
    _ charge: Charge, _ event: ChargeEvent, _ context: StepContext, changing change: (inout Charge) -> Void = { _ in }
  ) throws -> Charge {
    var after = charge
    change(&after)
    guard let step = charge.state.after(event, cancelRequested: after.cancelRequested) else {
      throw LedgerError.cannot("charge \(charge.id) is \(charge.state.rawValue); it cannot be \(event.verb)")
    }
    after.state = step.state
    if step.state != .held { after.heldReason = nil }
    if case .heldBack(let reason) = event { after.heldReason = reason }
    if step.state == .held, after.heldReason == nil { after.heldReason = event.heldReason }
    try write(after, over: charge)
    // Of what is over nobody has to ask any more by what else it may have been paid.
    let settled = step.effects.compactMap(\.settledMatter) + (step.state.isFinal ? [.perhapsPaid] : [])
    try clear(settled, charge.id.text, at: context.now)
    for effect in step.effects { try apply(effect, to: after, context) }
    // A withdrawn charge has come to rest: what its attempt has left open is closed as well.
    if after.cancelRequested, !after.state.isInFlight, !after.state.isFinal {
      try wantInstrumentsClosed(after, at: context.now)
    }
    return after
  }

  /// Writes what has changed of a charge, so that no index and no reference is looked at for what stays as it is; what may
  /// not change is fixed by a trigger.
  private func write(_ after: Charge, over before: Charge) throws {
    var columns: [String] = []
    var values = StatementArguments()
    func set(_ column: String, _ value: (any DatabaseValueConvertible)?, if isChanged: Bool) {
      guard isChanged else { return }
      columns.append("\(column) = ?")
      values += [value]
    }
    set("state", after.state.rawValue, if: after.state != before.state)
    set("payment_intent", after.paymentIntent?.text, if: after.paymentIntent != before.paymentIntent)
    set("paid_at", after.paidAt?.milliseconds, if: after.paidAt != before.paidAt)
    set("paid_by", after.paidBy?.rawValue, if: after.paidBy != before.paidBy)
    set("held_reason", after.heldReason?.rawValue, if: after.heldReason != before.heldReason)
    set("cancel_requested", after.cancelRequested, if: after.cancelRequested != before.cancelRequested)
    set("is_approved", after.isApproved, if: after.isApproved != before.isApproved)
    guard !columns.isEmpty else { return }
    try run("UPDATE charges SET \(columns.joined(separator: ", ")) WHERE id = ?", values + [after.id.text])
  }

  private func apply(_ effect: ChargeEffect, to charge: Charge, _ context: StepContext) throws {
    switch effect {
    // Nobody is dunned for a withdrawn charge.
    case .recover where charge.cancelRequested: break
    case .tellMerchant(.chargeRecovering) where charge.cancelRequested: break
    case .recover(let verdict): try recover(charge, verdict, context)
    case .endRecovery: try endRecovery(charge, at: context.now)
    case .closeInstruments: try wantInstrumentsClosed(charge, at: context.now)
    case .tellMerchant(let kind): try tellMerchant(kind, charge, at: context.now)
    case .tellCustomerRecovered: try tellCustomerRecovered(charge, at: context.now)
    case .applyThen: try applyThen(charge, at: context.now)
    case .pauseAgreement: try pauseAgreement(of: charge, at: context.now)
    case .stopCard(let kind):
      if let method = charge.paymentMethod { try stopCard(method.text, kind) }
    case .needsHuman(let matter):
      try raise(matter, charge.id.text, charge.heldReason?.advice ?? matter.advice, at: context.now)
    // All together, by the step.
    case .clearHuman: break
    }
  }

  /// Marks every checkout and intent that could still collect; the recover pass closes them, and sees them closed.
  func wantInstrumentsClosed(_ charge: Charge, at now: Timestamp) throws {
    let checkouts: [Int] = try all(
      "SELECT number FROM checkouts WHERE charge = ? AND state = 'open'", [charge.id.text]
    ) { $0[0] }
    for number in checkouts {
      try run("UPDATE checkouts SET state = 'closing' WHERE charge = ? AND number = ?", [charge.id.text, number])
      try note(
        .checkoutClosing, charge: charge.id, at: now, ["number": String(number), "reason": charge.state.rawValue])
    }
    let intents: [String] = try all(
      "SELECT id FROM intents WHERE charge = ? AND state = 'open' AND kind <> 'checkout'", [charge.id.text]
    ) { $0[0] }
    for intent in intents { try wantIntentClosed(intent, of: charge.id, at: now) }
  }

  /// Marks one open intent; the recover pass cancels it, and sees it canceled.
  func wantIntentClosed(_ intent: String, of charge: ChargeID, at now: Timestamp) throws {
    try run("UPDATE intents SET state = 'closing' WHERE id = ?", [intent])
    try note(.intentClosing, charge: charge, at: now, ["intent": intent])
  }

  private func tellCustomerRecovered(_ charge: Charge, at now: Timestamp) throws {
    let hasHeard = try exists(
      """
      SELECT 1 FROM notices WHERE charge = ? AND state = 'sent'
        AND kind IN ('payment_failed', 'authentication_needed', 'reminder', 'final_notice')
      """, [charge.id.text])
    if hasHeard { try planNotice(.paymentRecovered, charge, dueAt: now, state: "queued", at: now) }
  }

  private func applyThen(_ charge: Charge, at now: Timestamp) throws {
    guard let agreement = charge.origin.agreement,
      let recovery = try row("SELECT then_do FROM recoveries WHERE charge = ?", [charge.id.text])
    else { return }
    let then: RecoveryPolicy.Then = try recovery.named("then_do")
    switch then {
    case .pause: try pauseAgreement(of: charge, at: now)
    case .cancel: try endAgreement(agreement, withdrawsOwed: false, at: now)
    case .continue: break
    }
  }

  /// Stops the card behind a payment method, under whatever name; a final stop stays final.
  func stopCard(_ method: String, _ kind: StopKind) throws {
    try run(
      """
      UPDATE payment_methods SET stopped = CASE WHEN stopped = 'final' THEN 'final' ELSE ? END
        WHERE budget_key = (SELECT budget_key FROM payment_methods WHERE id = ?)
      """, [kind.rawValue, method])
  }
}

extension ChargeEffect {
  /// What no person has to look at any more.
  fileprivate var settledMatter: HumanMatter? {
    if case .clearHuman(let matter) = self { matter } else { nil }
  }
}

extension ChargeEvent {
  /// For a refusal: "it cannot be approved".
  var verb: String {
    switch self {
    case .heldBack: "held"
    case .approved: "approved"
    case .attemptWritten: "charged"
    case .attemptConcluded: "concluded"
    case .attemptTakenBack: "taken back"
    case .customerAsked: "asked about by a bank"
    case .onSessionFailed: "left as it was"
    case .methodMissing: "sent to the customer"
    case .checkoutProcessing, .checkoutFailed: "moved by a checkout"
    case .paymentSeen: "paid"
    case .cancelRequested, .closedForCancel: "canceled"
    case .closedForDeadline: "given up"
    case .judgedFailed: "judged"
    }
  }

  /// Why it becomes held, where the event says so.
  var heldReason: HeldReason? {
    guard case .attemptConcluded(let outcome) = self else { return nil }
    switch outcome {
    case .refused(let reason, _): return reason
    case .declined: return .refusedByStripe
    case .succeeded, .processing, .needsCustomer, .unresolved: return nil
    }
  }
}
