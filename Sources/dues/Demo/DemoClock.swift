import Domain
import Engine
import Foundation

/// The demo's time: it starts two months ago, is moved by the story, and ends as the real time.
final class DemoClock: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var behind: Duration

  init(behind: Duration) { self.behind = behind }

  var now: Timestamp { lock.withLock { Timestamp(Date()) - behind } }

  func jump(by duration: Duration) { lock.withLock { behind = max(behind - duration, .zero) } }
  func catchUp() { lock.withLock { behind = .zero } }

  var wall: WallClock { WallClock(now: { self.now }, sleep: { try await Task.sleep(for: $0) }) }
}
