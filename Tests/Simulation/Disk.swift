import Domain
import GRDB
import Transport

/// The disk under the ledger: full for an hour, or failing for one process. What it does not take is not written at all.
final class Disk: Sendable {
  private let timeline: Timeline
  private let chance: Chance
  private let book: Book
  private let isFull: [ClosedRange<Timestamp>]
  private let failuresPerMille: Int
  private let isCalm = Locked(false)

  init(timeline: Timeline, chance: Chance, plan: Plan, from start: Timestamp, book: Book) {
    self.timeline = timeline
    self.chance = chance
    self.book = book
    isFull = plan.fullDisks.map { (start + .hours(Int64($0)))...(start + .hours(Int64($0) + 1)) }
    failuresPerMille = plan.diskFailuresPerMille
  }

  /// From now on it is sound, and has room.
  func calm() { isCalm.withLock { $0 = true } }

  /// Something is about to be written.
  ///
  /// - Throws: what SQLite says when a write is not possible.
  func write(by process: SimulatedProcess?) throws {
    guard let process, !isCalm.withLock({ $0 }) else { return }
    let now = timeline.now
    if isFull.contains(where: { $0.contains(now) }) {
      try fail(process, .SQLITE_FULL, "database or disk is full")
    } else if process.isOnBadDisk(elseBegins: failuresPerMille > 0 && chance.happens(failuresPerMille)) {
      try fail(process, .SQLITE_IOERR, "disk I/O error")
    }
  }

  private func fail(_ process: SimulatedProcess, _ code: ResultCode, _ message: String) throws {
    process.forgets()
    book.note("\(process.name): \(message)")
    book.cover { $0.happened("a write fails: \(message)") }
    book.wentWrong(
      for: nil, isShared: process.name.hasPrefix("tick") || process.name.hasPrefix("serve"),
      once: "\(process.name) disk")
    throw DatabaseError(resultCode: code, message: message)
  }
}
