/// All chance of a world: one seed, the same numbers (SplitMix64, Steele et al. 2014).
///
/// A class, because everything in a world draws from it, on the world's one thread.
package final class Chance: Sendable {
  nonisolated(unsafe) private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A stream of its own, so that one thing more or less here does not change everything there.
  package func fork() -> Chance { Chance(seed: next()) }

  package func int(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// True so many times in a thousand.
  package func happens(_ perMille: Int) -> Bool { int(0...999) < perMille }

  package func pick<Element>(_ elements: [Element]) -> Element {
    precondition(!elements.isEmpty, "nothing to pick from")
    return elements[int(0...(elements.count - 1))]
  }

  package func pickIfAny<Element>(_ elements: [Element]) -> Element? { elements.isEmpty ? nil : pick(elements) }

  /// One of several, each as often as its weight says.
  package func pick<Element>(weighted elements: [(weight: Int, element: Element)]) -> Element {
    var left = int(0...(elements.map(\.weight).reduce(0, +) - 1))
    for (weight, element) in elements {
      left -= weight
      if left < 0 { return element }
    }
    preconditionFailure("weights that do not add up")
  }

  /// Between two durations, to the millisecond.
  package func duration(_ low: Duration, _ high: Duration) -> Duration {
    .milliseconds(int(low.ms...high.ms))
  }
}

extension Duration {
  var ms: Int { Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000) }
}
