import Foundation
import Simulation

/// What all worlds together came to.
final class Tally: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var worlds = 0
  nonisolated(unsafe) private var count = 0
  /// Those of them that met three faults or more.
  nonisolated(unsafe) private var hardCount = 0
  /// Those of these that met three before they had come to rest.
  nonisolated(unsafe) private var hardBeforeRest = 0
  nonisolated(unsafe) private var violations = 0
  nonisolated(unsafe) private var coverage = Coverage()
  private let began = ContinuousClock.now
  /// No further world begins after it.
  private let limit: Duration?

  init(limit: Duration?) { self.limit = limit }

  var isOver: Bool { limit.map { ContinuousClock.now - began > $0 } ?? false }

  var hardLives: Int { lock.withLock { hardCount } }
  /// Reachable cells that were met too seldom.
  var hasRareCells: Bool { lock.withLock { !coverage.rare(under: Coverage.enough).isEmpty } }
  var hasViolations: Bool { lock.withLock { violations > 0 } }

  /// - Returns: whether to go on.
  func take(_ result: Result<WorldResult, any Error>) -> Bool {
    lock.withLock {
      worlds += 1
      switch result {
      case .failure(let error):
        violations += 1
        print("a world could not be made: \(error)")
      case .success(let world):
        count += world.lives
        hardCount += world.hardLives
        hardBeforeRest += world.hardLivesBeforeRest
        coverage.add(world.coverage)
        violations += world.violations.count
        for violation in world.violations { print("seed \(world.seed): \(violation)") }
      }
      if worlds % 100 == 0 {
        print("\(worlds) worlds, \(count) lives (\(hardCount) hard), \(violations) violations, \(seconds) s")
      }
      return !isOver
    }
  }

  private var seconds: Int64 { (ContinuousClock.now - began).components.seconds }

  var summary: String {
    lock.withLock {
      let time = max(1, seconds)
      return """
        \(coverage.table)

        \(worlds) worlds, \(count) charge-lives (\(hardCount) of them met three faults or more, \(hardBeforeRest) before they had come to rest), \(coverage.faultCount) faults, \(coverage.crashCount) crashes, \
        \(violations) violations in \(time) s (\(Int64(count) / time) lives a second)
        """
    }
  }
}
