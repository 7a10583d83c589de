package import Domain
import Transport

/// How far Stripe's clock is from ours, learned from the `Date` of its answers.
///
/// `expires_at` and the age of a signature are Stripe's to judge, so they are reckoned in its time.
package final class ServerTime: Sendable {
  private let localNow: @Sendable () -> Timestamp
  private let learned = Locked<Duration?>(nil)
  private let heard = Locked(false)

  package init(localNow: @escaping @Sendable () -> Timestamp) { self.localNow = localNow }

  /// Stripe's clock minus ours, to about a second; `nil` before the first answer.
  package var offset: Duration? { learned.withLock { $0 } }

  /// Stripe has answered; it may have told the time.
  package var hasAnswered: Bool { heard.withLock { $0 } }

  /// - Parameter local: The moment on our clock, in Stripe's time; unchanged before the first answer.
  package func now(local: Timestamp) -> Timestamp { offset.map { local + $0 } ?? local }

  /// Takes the `Date` of an answer that has just arrived, if it has one.
  package func hear(_ date: Timestamp?) {
    heard.withLock { $0 = true }
    guard let date else { return }
    let offset = date - localNow()
    learned.withLock { $0 = offset }
  }
}
