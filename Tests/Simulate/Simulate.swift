import ArgumentParser
import Foundation
import Simulation

/// `make simulate`: worlds by the thousand, judged; exit 1 on any broken law.
@main struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Lives through simulated worlds, one for each seed, and judges them.",
    discussion: """
      Example:
        simulate --seeds 1...1000
        simulate --seeds 17 --verbose
        simulate --seeds 1...50 --planted swallowedExpire
      """)

  @Option(help: "One seed, or a range such as 1...1000.")
  var seeds = "1...1000"

  @Option(help: "Goes on with further seeds until so many charges have lived with three faults or more.")
  var lives: Int?

  @Option(help: "Begins no further world after so many minutes.")
  var minutes: Int64?

  @Option(
    help:
      "A defect that is planted, or all, one after another: \(Planted.allCases.map { "\($0)" }.joined(separator: ", "))."
  )
  var planted: String?

  @Option(help: "Worlds at once.")
  var threads = 2

  @Flag(help: "Small worlds, as `make test` has them.")
  var small = false

  @Flag(help: "Prints the whole trace of each world.")
  var verbose = false

  @Flag(help: "With --verbose: leaves each ledger where it is, and says where.")
  var keep = false

  func run() async throws {
    let range = seeds.split(separator: ".", omittingEmptySubsequences: true).compactMap { UInt64($0) }
    guard let first = range.first, let last = range.last, first <= last else {
      throw ValidationError("--seeds \(seeds) is not FIRST...LAST")
    }
    if planted == "all" { return try catchAll(first...last) }
    let defect = try planted.map { name in
      guard let found = Planted.allCases.first(where: { "\($0)" == name }) else {
        throw ValidationError("there is no planted defect \(name)")
      }
      return found
    }
    let size = small ? WorldSize.small : .whole
    if verbose {
      for seed in first...last {
        try tell(Simulation.run(seed: seed, size: size, planted: defect, keepsTrace: true, keepsLedger: keep))
      }
      return
    }
    let total = Tally(limit: minutes.map { .seconds($0 * 60) })
    var next = first
    var end = last
    repeat {
      await Simulation.run(
        seeds: Array(next...end), size: size, planted: defect, threads: threads
      ) { result in total.take(result) }
      next = end + 1
      end = next + 199
    } while !total.isOver && (lives.map { total.hardLives < $0 } ?? false)
    print(total.summary)
    // A run that is to be a proof has lived long enough, and been everywhere.
    let isShort = lives.map { total.hardLives < $0 || total.hasRareCells } ?? false
    if total.hasViolations || isShort { throw ExitCode(1) }
  }

  /// Each planted defect, and the first seed that shows it.
  private func catchAll(_ seeds: ClosedRange<UInt64>) throws {
    var missed = 0
    for defect in Planted.allCases {
      let world = try Simulation.firstCatch(of: defect, seeds: seeds)
      if world == nil { missed += 1 }
      let seen = world.map { "seed \($0.seed): \($0.violations[0])" } ?? "NOT CAUGHT"
      print("\(defect) (\(defect.rawValue)): \(seen)")
    }
    if missed > 0 { throw ExitCode(1) }
  }

  private func tell(_ world: WorldResult) throws {
    for line in world.trace { print(line) }
    print("seed \(world.seed): hash \(String(world.hash, radix: 16)), \(world.lives) lives")
    for violation in world.violations { print("  \(violation)") }
  }
}
