import Foundation
import Glibc

/// Runs one target in a process of its own (see ``FuzzTests``), which prints what it came to.
///
/// The inputs are the same in every run, unless `DUES_FUZZ_SEED` says otherwise; `DUES_FUZZ_INPUTS` is how many there
/// are, `DUES_FUZZ_TARGET` the only target. A failure prints the seed that makes this very input the first.
struct Fuzz {
  /// A few thousand of everything in a few seconds.
  static let standardInputs = 2000
  static let standardSeed: UInt64 = 20_270_301
  /// Longer for one input is a loop without end: the alarm ends the process.
  static let seconds: UInt32 = 60
  /// Inputs are bounded, so what is kept after the warm-up is a leak.
  static let mostGrowth = 30 << 20

  let target: FuzzTarget
  let inputs: Int
  let seed: UInt64
  private let place: InputPlace

  init(_ target: FuzzTarget) throws {
    let environment = ProcessInfo.processInfo.environment
    self.target = target
    inputs = max(1, (Int(environment["DUES_FUZZ_INPUTS"] ?? "") ?? Self.standardInputs) / target.share)
    seed = UInt64(environment["DUES_FUZZ_SEED"] ?? "") ?? Self.standardSeed
    place = try InputPlace(of: target, parent: getppid())
  }

  /// Makes a judge, throws everything at it, and prints the figures or the first failure.
  static func run(_ target: FuzzTarget) async {
    do {
      let fuzz = try Fuzz(target)
      say(try await fuzz.run())
    } catch {
      say("WRONG \(target.rawValue): \(error)")
    }
  }

  /// Read by the parent; each on lines of its own.
  static func say(_ text: String) {
    print("FUZZ \(text.replacing("\n", with: "\nFUZZ "))")
    fflush(nil)
  }

  private func run() async throws -> String {
    let judge = try await target.judge()
    let clock = ContinuousClock()
    let start = clock.now
    let warmUp = max(inputs / 5, 1)
    var before = 0
    var taken = 0
    for number in 0..<inputs {
      if number == warmUp { before = try ResidentMemory.now() }
      taken += try await judgeOne(number, judge) ? 1 : 0
    }
    alarm(0)
    let growth = try inputs > warmUp ? ResidentMemory.now() - before : 0
    place.clear()
    let seconds = (clock.now - start) / .seconds(1)
    let figures =
      "\(inputs) inputs, \(taken) of them good, in \(Self.tenths(seconds)) s, memory \(Self.signed(growth >> 10)) KiB"
    // A replay of a few inputs says nothing about all of them.
    guard taken > 0 || inputs < 1000 else { throw Wrong("nothing was taken: \(figures)") }
    guard growth < Self.mostGrowth + inputs * target.kept || inputs < 1000 else {
      throw Wrong("memory grows: \(figures), seed \(seed)")
    }
    return "DONE \(target.rawValue): \(figures)"
  }

  /// - Returns: whether the input was good after all.
  private func judgeOne(_ number: Int, _ judge: FuzzTarget.Judge) async throws -> Bool {
    let seed = seed &+ UInt64(number)
    let input = Input(seed: seed ^ target.salt, number: number, place: place)
    alarm(Self.seconds)
    do {
      try await judge(input)
      return input.isGood
    } catch {
      let start = number / target.block * target.block
      let again = "DUES_FUZZ_SEED=\(self.seed &+ UInt64(start)) DUES_FUZZ_INPUTS=\((number - start + 1) * target.share)"
      throw Wrong(
        """
        \(error)
        input: \(input.bytes.shown())
        in full: \(place.path)
        again: DUES_FUZZ_TARGET=\(target.rawValue) \(again) swift test --skip-build --filter FuzzTests
        """)
    }
  }

  private static func tenths(_ seconds: Double) -> String { String(format: "%.1f", seconds) }
  private static func signed(_ number: Int) -> String { number < 0 ? "\(number)" : "+\(number)" }
}

/// One input on its way: the dice that make it, and what is told if it fails.
final class Input {
  var dice: Dice
  /// Counted from 0.
  let number: Int
  private(set) var bytes: [UInt8] = []
  /// The program took it, instead of refusing it. For the figures: a fuzz that is always refused at the door tests the door.
  var isGood = false
  private let place: InputPlace

  init(seed: UInt64, number: Int, place: InputPlace) {
    dice = Dice(seed: seed)
    self.number = number
    self.place = place
  }

  /// Keeps the input for the report, also where a crash leaves nobody to write one.
  func note(_ bytes: [UInt8]) {
    self.bytes = bytes
    place.write(bytes)
  }

  func note(_ text: String) { note(Array(text.utf8)) }

  /// An input made by spoiling a good one, noted.
  func mutated(_ mutation: Mutation) -> [UInt8] {
    let bytes = mutation.input(&dice)
    note(bytes)
    return bytes
  }
}
