package import Storage

/// What one tick did; the keys of `dues tick --json`.
package struct TickReport: Sendable, Encodable, Equatable {
  package var planned = 0
  package var attempted = 0
  package var paid = 0
  package var processing = 0
  package var declined = 0
  package var unresolved = 0
  package var held = 0
  package var retried = 0
  package var linksCreated = 0
  package var emailsSent = 0
  package var fulfilled = 0
  package var eventsApplied = 0
  package var errors = 0
  package var durationMs: Int64 = 0

  /// New since the last tick; told once.
  package var matters: [Matter] = []
  /// Every pass ran to its end: the timer, Stripe and the ledger are as they should be.
  package var isWhole = false
  /// Stripe could not be reached at all: nothing was charged.
  package var stripeIsDown: String?
  /// Passes that stopped early, and why: the ledger could not be read or written. Nothing is silent (law 9).
  package var stoppedPasses: [String] = []

  package init() {}

  enum CodingKeys: String, CodingKey {
    case planned, attempted, paid, processing, declined, unresolved, held, retried
    case linksCreated = "links_created"
    case emailsSent = "emails_sent"
    case fulfilled
    case eventsApplied = "events_applied"
    case errors
    case durationMs = "duration_ms"
  }
}
