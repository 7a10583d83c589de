import Domain
import Engine
import Foundation

/// The real clock, or one that was started at another time and runs on from there.
enum SystemClock {
  static func real() -> WallClock {
    let begun = ContinuousClock.now
    return WallClock(
      now: { Timestamp(Date()) }, sleep: { try await Task.sleep(for: $0) }, elapsed: { begun.duration(to: .now) })
  }

  static func starting(at start: Timestamp) -> WallClock {
    let begun = ContinuousClock.now
    return WallClock(now: { start + begun.duration(to: .now) }, sleep: { try await Task.sleep(for: $0) })
  }

  /// `--now`, else `$DUES_NOW`, else the real one.
  ///
  /// - Throws: ``CommandFailure`` (64) if the time cannot be read.
  static func clock(option: String?, environment: [String: String]) throws -> (clock: WallClock, isMoved: Bool) {
    guard let text = option ?? environment["DUES_NOW"], !text.isEmpty else { return (real(), false) }
    guard let start = Timestamp(rfc3339: text) else {
      throw CommandFailure(exit: .usage, message: "\"\(text)\" is not a time; write it like 2026-08-31T09:00:00Z")
    }
    return (starting(at: start), true)
  }
}
