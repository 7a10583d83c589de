package import Domain
import Transport

/// What is written down of a world while it lives: its trace as a hash, its lines if somebody wants to read them, what was
/// reached, and every law that was broken.
package final class Book: Sendable {
  private struct State: Sendable {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var lines: [String] = []
    var coverage = Coverage()
    var violations: [Violation] = []
    var seen: Set<String> = []
    var wrongs: [Wrong] = []
    var causes: Set<String> = []
  }

  /// Something that went wrong for one charge, or for all that lived at that moment.
  struct Wrong: Sendable {
    let at: Timestamp
    /// `nil`: all of them.
    let charge: String?
  }

  private let state = Locked(State())
  private let keepsLines: Bool
  private let now: @Sendable () -> Timestamp

  package init(keepsLines: Bool, now: @escaping @Sendable () -> Timestamp) {
    self.keepsLines = keepsLines
    self.now = now
  }

  /// One line of the trace; the hash of all of them tells one world from another.
  package func note(_ line: String) {
    let text = "\(now().milliseconds) \(line)"
    state.withLock { state in
      for byte in text.utf8 { state.hash = (state.hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      if keepsLines { state.lines.append("\(now()) \(line)") }
    }
  }

  package func cover(_ body: (inout Coverage) -> Void) { state.withLock { body(&$0.coverage) } }

  /// - Parameters:
  ///   - isShared: it counts for every charge that is not over; else only for `charge`.
  ///   - cause: what happens again for the same cause, as when a process tries three times, counts once.
  func wentWrong(for charge: String?, isShared: Bool, once cause: String? = nil) {
    guard isShared || charge != nil else { return }
    let wrong = Wrong(at: now(), charge: isShared ? nil : charge)
    state.withLock { state in
      if let cause, !state.causes.insert(cause).inserted { return }
      state.wrongs.append(wrong)
    }
  }

  var wrongs: [Wrong] { state.withLock { $0.wrongs } }

  /// A broken law; said once for each subject.
  package func report(_ law: String, _ subject: String, _ detail: String) {
    let violation = Violation(law: law, subject: subject, detail: detail, at: now())
    let isNew = state.withLock { state in
      guard state.seen.insert("\(law) \(subject)").inserted else { return false }
      state.violations.append(violation)
      return true
    }
    if isNew { note("VIOLATION \(law): \(subject): \(detail)") }
  }

  package var hash: UInt64 { state.withLock { $0.hash } }
  package var lines: [String] { state.withLock { $0.lines } }
  package var coverage: Coverage { state.withLock { $0.coverage } }
  package var violations: [Violation] { state.withLock { $0.violations } }
}
