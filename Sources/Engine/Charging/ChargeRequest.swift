import Domain
import Storage
import Stripe

extension Engine {
  /// The exact request of an off-session attempt. The first makes the charge's one intent and confirms it; later ones
  /// confirm the same intent again, which can succeed at most once (law 4).
  ///
  /// Pure: the same charge, method and number give the same bytes.
  func freeze(_ charge: Charge, _ method: PaymentMethod, _ number: Int) -> FrozenRequest {
    let key = "\(charge.id):\(number)"
    let request: StripeRequest
    if let intent = charge.paymentIntent {
      request = .confirmOffSession(
        intent: intent, paymentMethod: method.id, isRecurring: charge.origin.agreement != nil, mandate: method.mandate,
        idempotencyKey: key)
    } else {
      request = .createOffSessionIntent(
        OffSessionIntent(
          money: charge.money, customer: charge.customer, paymentMethod: method.id, description: charge.description,
          statementDescriptorSuffix: charge.statementDescriptorSuffix,
          metadata: metadata(of: charge) + [("dues_attempt", String(number))], methods: settings.methods,
          isRecurring: charge.origin.agreement != nil, mandate: method.mandate),
        idempotencyKey: key)
    }
    return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
  }

  /// What lets an object at Stripe be matched with the ledger. The admin's own pairs come last and never replace ours.
  func metadata(of charge: Charge) -> [(String, String)] {
    var pairs = [("dues_ledger", ledger.id.text), ("dues_charge", charge.id.text)]
    switch charge.origin {
    case .period(let agreement, let period, _):
      pairs += [("dues_agreement", agreement.text), ("dues_period", period.text)]
    case .key(let key): pairs.append(("dues_key", key))
    }
    let own = charge.metadata.filter { !$0.key.hasPrefix("dues_") }.sorted { $0.key < $1.key }
    return pairs + own.map { ($0.key, $0.value) }
  }
}

extension Conclusion {
  /// What a reading of Stripe's answer means for the attempt.
  ///
  /// - Parameter afterSilence: whether its request had left before, and may still arrive.
  init(_ reading: IntentReading, afterSilence: Bool = false) {
    let state: IntentState? = reading.intentStatus.map { status in
      switch status {
      case .succeeded: .succeeded
      case .canceled: .canceled
      case .requiresPaymentMethod, .requiresConfirmation, .requiresAction, .requiresCapture, .processing, .unknown:
        .open
      }
    }
    var outcome = reading.outcome
    // A wrong or withdrawn key says nothing about the charge (401 and 403 are never executed, docs/STRIPE.md §5).
    if reading.isAuthenticationProblem, case .refused(_, let reason) = outcome { outcome = .unresolved(reason: reason) }
    if let refusal = reading.passingRefusal, afterSilence || reading.followsSilence, outcome.isFailure {
      outcome = .unresolved(reason: "refused now, and an earlier sending may still be executed: \(refusal)")
    }
    let isOpen = if case .unresolved = outcome { true } else { false }
    self.init(
      outcome: outcome, intent: reading.intent, intentState: state, networkDeclineCode: reading.networkDeclineCode,
      networkAdviceCode: nil, requestID: reading.requestID, endsResending: reading.isReplayed && isOpen,
      isUnexecuted: reading.isUnsent || reading.isAuthenticationProblem)
  }
}

extension Outcome {
  fileprivate var isFailure: Bool {
    switch self {
    case .declined, .needsCustomer, .refused: true
    case .succeeded, .processing, .unresolved: false
    }
  }
}
