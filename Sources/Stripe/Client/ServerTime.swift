package import Domain
import Transport

/// How far Stripe's clock is from ours, learned from the `Date` of its answers, and from what has passed since.
///
/// `expires_at` and the age of a signature are Stripe's to judge, so they are reckoned in its time. A clock of ours that is
/// set, or jumps, between two answers is seen at once. One `Date` alone that neither what has passed nor our clock confirms
/// is not believed, but doubted until the next.
package final class ServerTime: Sendable {
  private struct Told: Sendable {
    let date: Timestamp
    /// When it came, as `elapsed` tells.
    let at: Duration

    func now(_ elapsed: Duration) -> Timestamp { date + (elapsed - at) }
  }

  private struct State: Sendable {
    var hasAnswered = false
    var believed: Told?
    var doubted: Told?
  }

  /// Two that are no more apart than this agree.
  package static let tolerance = Duration.minutes(5)

  private let localNow: @Sendable () -> Timestamp
  private let elapsed: @Sendable () -> Duration
  private let state = Locked(State())

  /// - Parameter elapsed: what has passed since some moment, also while the machine slept; `nil`: as `localNow` tells it.
  package init(localNow: @escaping @Sendable () -> Timestamp, elapsed: (@Sendable () -> Duration)? = nil) {
    self.localNow = localNow
    self.elapsed = elapsed ?? { .milliseconds(localNow().milliseconds) }
  }

  /// Stripe's clock minus ours, to about a second; `nil` before the first answer.
  package var offset: Duration? {
    state.withLock { $0.believed }.map { $0.now(elapsed()) - localNow() }
  }

  /// Stripe's newest `Date` was confirmed by nothing: which time it is, the next will tell.
  package var isDoubtful: Bool { state.withLock { $0.doubted != nil } }

  /// Stripe has answered; it may have told the time.
  package var hasAnswered: Bool { state.withLock { $0.hasAnswered } }

  /// - Parameter local: The moment on our clock, in Stripe's time; unchanged before the first answer.
  package func now(local: Timestamp) -> Timestamp { offset.map { local + $0 } ?? local }

  /// Takes the `Date` of an answer that has just arrived, if it has one.
  package func hear(_ date: Timestamp?) {
    let (elapsed, local) = (elapsed(), localNow())
    state.withLock { state in
      state.hasAnswered = true
      guard let date else { return }
      let told = Told(date: date, at: elapsed)
      let witnesses = [state.believed?.now(elapsed), state.doubted?.now(elapsed), local].compactMap { $0 }
      guard state.believed == nil || witnesses.contains(where: { Self.agree($0, date) }) else {
        state.doubted = told
        return
      }
      state.believed = told
      state.doubted = nil
    }
  }

  private static func agree(_ a: Timestamp, _ b: Timestamp) -> Bool { max(a - b, b - a) <= tolerance }
}
