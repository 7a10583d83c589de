import Foundation
import Transport

/// What one seed came to.
package struct WorldResult: Sendable {
  package let seed: UInt64
  package let hash: UInt64
  package let violations: [Violation]
  package let coverage: Coverage
  /// Charges that lived in it.
  package let lives: Int
  /// Those of them that met three faults or more, of their own, or such as met all that were there; the weeks of quiet come
  /// after that, so that each lived for three weeks at least.
  package let hardLives: Int
  /// Those of these that met three before they had come to rest.
  package let hardLivesBeforeRest: Int
  /// Each line of its trace, if they were asked for.
  package let trace: [String]
}

/// Runs worlds.
package enum Simulation {
  /// One seed replays one world exactly.
  ///
  /// - Parameters:
  ///   - staged: what happens as if this defect was to show; `nil`: as for `planted`.
  ///   - keepsLedger: leaves the ledger's file where it is, for who wants to look into it.
  package static func run(
    seed: UInt64, size: WorldSize = .whole, planted: Planted? = nil, staged: Planted? = nil, keepsTrace: Bool = false,
    keepsLedger: Bool = false
  ) throws -> WorldResult {
    let directory = try makeDirectory()
    defer { if !keepsLedger { remove(directory) } }
    let world = try SimulatedWorld(
      seed: seed, size: size, planted: planted, staged: staged ?? planted, directory: directory, keepsLines: keepsTrace)
    if !world.timeline.run({ await world.live() }) { world.book.report("world", "\(seed)", "everybody waits for ever") }
    let lives = try world.judge.lives()
    let book = world.book
    if keepsLedger { book.note("the ledger is kept in \(directory)") }
    try world.close()
    return WorldResult(
      seed: seed, hash: book.hash, violations: book.violations, coverage: book.coverage, lives: lives.all,
      hardLives: lives.hard, hardLivesBeforeRest: lives.hardBeforeRest, trace: book.lines
    )
  }

  /// The first world in which a planted defect was seen, as what it is.
  ///
  /// - Returns: `nil`: none of the seeds has shown it.
  package static func firstCatch(of planted: Planted, seeds: ClosedRange<UInt64>) throws -> WorldResult? {
    for seed in seeds {
      let world = try run(seed: seed, size: .small, planted: planted)
      let seen = Set(world.violations.map(\.law)).intersection(planted.complaints)
      guard !seen.isEmpty else { continue }
      // What the same world shows without the defect is not the defect.
      let sound = try run(seed: seed, size: .small, staged: planted)
      if !seen.isSubset(of: sound.violations.map(\.law)) { return world }
    }
    return nil
  }

  /// Runs many seeds on a few threads; `each` is called as they end, one at a time.
  package static func run(
    seeds: [UInt64], size: WorldSize, planted: Planted? = nil, threads: Int,
    each: @escaping @Sendable (Result<WorldResult, any Error>) -> Bool
  ) async {
    let left = Locked(seeds[...])
    await withDiscardingTaskGroup { group in
      for number in 0..<threads {
        group.addTask {
          await withCheckedContinuation { done in
            let thread = Thread {
              while let seed = left.withLock({ $0.popFirst() }) {
                let result = Result { try run(seed: seed, size: size, planted: planted) }
                  .mapError { error in WorldFailure(seed: seed, error: error) as any Error }
                if !left.withLock({ _ in each(result) }) { left.withLock { $0 = [] } }
              }
              done.resume()
            }
            thread.name = "worlds \(number)"
            thread.stackSize = 16 << 20
            thread.start()
          }
        }
      }
    }
  }

  /// In memory where the system has such a place.
  private static func makeDirectory() throws -> String {
    let memory = "/dev/shm"
    let root =
      FileManager.default.isWritableFile(atPath: memory)
      ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
    let directory = root.appendingPathComponent("dues-world-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    return directory.path
  }

  private static func remove(_ directory: String) {
    do {
      try FileManager.default.removeItem(atPath: directory)
    } catch {
      FileHandle.standardError.write(Data("cannot remove \(directory): \(error)\n".utf8))
    }
  }
}

/// A world that could not be made, or lived in.
package struct WorldFailure: Error, CustomStringConvertible {
  let seed: UInt64
  let error: any Error
  package var description: String { "seed \(seed): \(error)" }
}
