/// What one attempt came to.
package enum Outcome: Sendable, Hashable {
  /// Paid: the amount and currency that Stripe says it received.
  case succeeded(received: Money)
  /// A bank debit is on its way.
  case processing
  /// Stripe, the network or the bank said no.
  case declined(Decline, Verdict)
  /// The bank wants the customer: `authentication_required`, `requires_action`.
  case needsCustomer(Decline)
  /// Our request was wrong, or can never succeed as it is. `reason` is for a person.
  case refused(HeldReason, reason: String)
  /// No answer, or one that says nothing: law 3.
  case unresolved(reason: String)
}

extension Outcome {
  package var attemptState: AttemptState {
    switch self {
    case .succeeded: .succeeded
    case .processing: .processing
    case .declined: .declined
    case .needsCustomer: .needsCustomer
    case .refused: .refused
    case .unresolved: .unresolved
    }
  }
}
