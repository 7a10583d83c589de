import Simulation
import Testing

/// Whole worlds, each from one seed, judged by checkers that share no code with the engine (docs/PROOF.md).
@Suite struct SimulationTests {
  @Test(arguments: [3, 5, 13] as [UInt64])
  func `one seed replays one world exactly`(seed: UInt64) throws {
    let first = try Simulation.run(seed: seed, size: .small)
    let second = try Simulation.run(seed: seed, size: .small)
    #expect(first.hash == second.hash && first.coverage == second.coverage)
  }

  @Test(arguments: stride(from: 1, to: 200, by: 10).map { UInt64($0) })
  func `no law is broken in any of ten worlds`(from first: UInt64) throws {
    for seed in first..<(first + 10) {
      let world = try Simulation.run(seed: seed, size: .small)
      #expect(world.violations.isEmpty, "simulate --small --verbose --seeds \(seed)")
    }
  }

  @Test func `no law is without a defect that breaks it`() {
    let broken = Set(Planted.allCases.flatMap(\.laws))
    #expect(broken == Set(1...10))
  }

  @Test(arguments: Planted.allCases)
  func `a planted defect is caught`(defect: Planted) throws {
    let world = try Simulation.firstCatch(of: defect, seeds: 1...60)
    #expect(world != nil, "nobody noticed: \(defect.rawValue)")
  }
}
