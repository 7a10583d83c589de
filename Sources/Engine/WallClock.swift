package import Domain

/// The clock seam: what time it is, and waiting. Nothing in the engine asks the system itself.
package struct WallClock: Sendable {
  package var now: @Sendable () -> Timestamp
  package var sleep: @Sendable (Duration) async throws -> Void

  package init(now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    self.now = now
    self.sleep = sleep
  }
}
