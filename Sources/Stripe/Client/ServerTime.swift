package import Domain
import Transport

/// How far Stripe's clock is from ours, learned from the `Date` of its answers, and from what has passed since.
///
/// `expires_at` and the age of a signature are Stripe's to judge, so they are reckoned in its time. A clock of ours that is
/// set, or jumps, between two answers is seen at once.
package final class ServerTime: Sendable {
  private let localNow: @Sendable () -> Timestamp
  private let elapsed: @Sendable () -> Duration
  /// The newest `Date`, and when it came, as `elapsed` tells.
  private let learned = Locked<(date: Timestamp, at: Duration)?>(nil)
  private let heard = Locked(false)

  /// - Parameter elapsed: what has passed since some moment, also while the machine slept; `nil`: as `localNow` tells it.
  package init(localNow: @escaping @Sendable () -> Timestamp, elapsed: (@Sendable () -> Duration)? = nil) {
    self.localNow = localNow
    self.elapsed = elapsed ?? { .milliseconds(localNow().milliseconds) }
  }

  /// Stripe's clock minus ours, to about a second; `nil` before the first answer.
  package var offset: Duration? {
    guard let (date, at) = learned.withLock({ $0 }) else { return nil }
    return date + (elapsed() - at) - localNow()
  }

  /// Stripe has answered; it may have told the time.
  package var hasAnswered: Bool { heard.withLock { $0 } }

  /// - Parameter local: The moment on our clock, in Stripe's time; unchanged before the first answer.
  package func now(local: Timestamp) -> Timestamp { offset.map { local + $0 } ?? local }

  /// Takes the `Date` of an answer that has just arrived, if it has one.
  package func hear(_ date: Timestamp?) {
    heard.withLock { $0 = true }
    guard let date else { return }
    let at = elapsed()
    learned.withLock { $0 = (date, at) }
  }
}
