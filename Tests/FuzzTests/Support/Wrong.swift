/// What an oracle objects to.
struct Wrong: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Throws ``Wrong`` unless something holds.
func require(_ holds: Bool, _ complaint: @autoclosure () -> String) throws(Wrong) {
  if !holds { throw Wrong(complaint()) }
}

extension StringProtocol {
  /// Byte for byte, not as Unicode takes two spellings for one.
  func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Collection<UInt8> {
  /// As it can be read in a report: text where it is text, at most `most` bytes.
  func shown(most: Int = 600) -> String {
    let cut = String(decoding: prefix(most), as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    return count > most ? "\(cut)… (\(count) bytes)" : cut
  }

  func contains(_ text: String) -> Bool {
    let word = Array(text.utf8)
    guard let first = word.first else { return true }
    var rest = self[...]
    while let start = rest.firstIndex(of: first) {
      if rest[start...].starts(with: word) { return true }
      rest = rest[rest.index(after: start)...]
    }
    return false
  }
}
