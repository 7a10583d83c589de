import Domain
import Engine
import Transport

/// A rehearsal's time: it stands still while something is done, and is moved from one moment to the next.
final class RehearsalClock: Sendable {
  private let time: Locked<Timestamp>

  init(_ start: Timestamp) { time = Locked(start) }

  var now: Timestamp { time.withLock { $0 } }

  /// Never back.
  func move(to moment: Timestamp) { time.withLock { $0 = max($0, moment) } }

  var wall: WallClock {
    WallClock(now: { self.now }, sleep: { duration in self.move(to: self.now + duration) })
  }
}
