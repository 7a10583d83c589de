/// Finds keys that stand in a file twice, and names the line on which such a one stood before.
///
/// It keeps no key, but 64 bits of its hash and its line: of a million keys some 25 MB. That two of them share a hash happens
/// to one such file in 37 million, which is then refused; a second run, with another seed, takes it.
struct DoubledKeys {
  private var lines: [Int: UInt32] = [:]

  /// - Returns: the line on which the same key stood last; `nil` if it is new.
  mutating func put(_ key: some Hashable, on line: Int) -> Int? {
    lines.updateValue(UInt32(clamping: line), forKey: key.hashValue).map { Int($0) }
  }
}
