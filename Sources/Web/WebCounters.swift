import Transport

/// What has come to the door since the server started, for the metrics.
final class WebCounters: Sendable {
  /// The raw value is the metric's label.
  enum Webhook: String, CaseIterable, Sendable {
    case accepted
    case badSignature = "bad_signature"
    case staleSignature = "stale_signature"
    case unreadable
    case tooLarge = "too_large"
    /// There is no secret to check them with.
    case notConfigured = "not_configured"
  }

  private let webhooks = Locked<[Webhook: Int]>([:])

  func count(_ webhook: Webhook) { webhooks.withLock { $0[webhook, default: 0] += 1 } }
  var all: [Webhook: Int] { webhooks.withLock { $0 } }
}
