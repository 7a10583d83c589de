import Foundation

/// How far something long has come, on a terminal only, in one line that is written over.
struct Progress {
  private let verb: String
  private let total: Int?
  private let isShown: Bool
  private var done = 0
  private var shownAt: ContinuousClock.Instant?

  /// - Parameters:
  ///   - verb: `looked up`.
  ///   - total: `nil` if nobody knows.
  ///   - linesGoOut: what is done is printed as well; where that goes to the terminal, it says enough.
  init(_ verb: String, of total: Int?, linesGoOut: Bool = false) {
    self.verb = verb
    self.total = total
    isShown = isatty(2) == 1 && !(linesGoOut && isatty(1) == 1)
  }

  /// One more is done. Written four times a second at most.
  mutating func step() {
    done += 1
    guard isShown else { return }
    let now = ContinuousClock.now
    if let shownAt, shownAt.duration(to: now) < .milliseconds(250) { return }
    shownAt = now
    show("\r\(verb) \(done)\(total.map { " of \($0)" } ?? "") …")
  }

  /// Leaves the line empty.
  mutating func end() {
    guard isShown, shownAt != nil else { return }
    show("\r\u{1B}[K")
  }

  private func show(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
