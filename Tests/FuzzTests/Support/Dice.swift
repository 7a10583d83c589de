/// Chance with a seed (SplitMix64): the same seed throws the same dice on every machine.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// 0 up to, but not, `bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }

  /// Mostly small, rarely close to `bound`: sizes as life has them.
  mutating func size(upTo bound: Int) -> Int {
    let bits = below(Int.bitWidth - bound.leadingZeroBitCount + 1)
    return min(bound, below(1 << bits))
  }
}

extension Dice {
  /// A text of at most `most` scalars, plain ones among all that breaks programs.
  mutating func text(upTo most: Int) -> String {
    var scalars = String.UnicodeScalarView()
    let count = size(upTo: most)
    while scalars.count < count {
      switch below(5) {
      case 0: scalars.append(contentsOf: pick(Hostile.texts).unicodeScalars)
      case 1: if let scalar = Unicode.Scalar(UInt32(below(0x11_0000))) { scalars.append(scalar) }
      default: scalars.append(Unicode.Scalar(UInt8(0x20 + below(0x5F))))
      }
    }
    return String(String.UnicodeScalarView(scalars.prefix(count)))
  }
}
