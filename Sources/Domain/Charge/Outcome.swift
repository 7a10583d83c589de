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

/// How far an attempt has come; what `charge show` prints.
package enum AttemptState: String, Sendable, CaseIterable, Codable {
  case sending, succeeded, processing, declined
  case needsCustomer = "needs_customer"
  case refused, unresolved

  /// Not concluded: nobody knows yet whether money moved, or it is moving.
  package var isLive: Bool {
    switch self {
    case .sending, .unresolved, .processing: true
    case .succeeded, .declined, .needsCustomer, .refused: false
    }
  }
}

package enum AttemptKind: String, Sendable, CaseIterable, Codable {
  case offSession = "off_session"
  case onSession = "on_session"
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
