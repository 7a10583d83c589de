package import Domain

/// The clock seam: what time it is, what has passed, and waiting. Nothing in the engine asks the system itself.
package struct WallClock: Sendable {
  package var now: @Sendable () -> Timestamp
  package var sleep: @Sendable (Duration) async throws -> Void
  /// What has passed since some moment. Goes on while the machine sleeps and is set by nobody, so that a jump of ``now``
  /// shows beside it.
  package var elapsed: @Sendable () -> Duration

  /// - Parameter elapsed: `nil`: as ``now`` tells it, which then cannot jump.
  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void,
    elapsed: (@Sendable () -> Duration)? = nil
  ) {
    self.now = now
    self.sleep = sleep
    self.elapsed = elapsed ?? { .milliseconds(now().milliseconds) }
  }
}
