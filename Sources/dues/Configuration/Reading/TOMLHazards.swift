/// What TOMLKit's parser (toml++ 3.3) must not be given, because it ends the program instead of saying what is wrong:
///
/// - A dotted key of very many parts: a table in a table for each, and nothing bounds them but the stack. (Lists and
///   inline tables it bounds itself.)
/// - A header that begins with anything but a key, such as `[[[name]`: an assertion.
/// - A date with something other than a time behind it, such as `2027-03-01 9` or `2027-03-01T:`: an assertion. No value
///   of ours is a date, so that all of them are refused.
/// - In a list, where a value is expected, a `}` or a line break of Unicode's: an assertion.
///
/// It reads what may not be TOML. Up to the first mistake it takes strings, comments and brackets for what toml++ does;
/// behind that toml++ reads nothing.
struct TOMLHazards {
  /// More parts than any key of ours has.
  static let deepestKey = 16

  struct Hazard: Equatable {
    let line: Int
    let problem: String
    let remedy: String
  }

  /// The first one in a document.
  static func first(in text: String) -> Hazard? {
    var hazards = TOMLHazards(bytes: Array(text.utf8))
    return hazards.scan()
  }

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  /// Of the key that is being read.
  private var dots = 0
  /// What is open around the next byte: `[` or `{`.
  private var brackets: [UInt8] = []
  /// In a list, behind its bracket or a comma.
  private var expectsValue = false
  /// Where a value stands, not a key.
  private var isInValue = false
  private var isAtLineStart = true

  private init(bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  private mutating func scan() -> Hazard? {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
      case UInt8(ascii: "#"): while let next = peek(), next != .lineFeed { index += 1 }
      default:
        if let hazard = hazard(at: byte) { return hazard }
        index += 1
      }
      if byte.isBlank || byte == .lineFeed || byte == UInt8(ascii: "#") { continue }
      isAtLineStart = false
      expectsValue = (byte == UInt8(ascii: "[") || byte == UInt8(ascii: ",")) && brackets.last == UInt8(ascii: "[")
    }
    return nil
  }

  private mutating func hazard(at byte: UInt8) -> Hazard? {
    if expectsValue, byte == UInt8(ascii: "}") || isLineBreakOfUnicode {
      return Hazard(line: line, problem: "a list goes on without a value", remedy: "write it as [\"…\", \"…\"]")
    }
    switch byte {
    case UInt8(ascii: "["):
      if isAtLineStart, brackets.isEmpty, !headerHasKey {
        return Hazard(line: line, problem: "a table's header has no name", remedy: "write it as [name]")
      }
      begin(inValue: isInValue)
      brackets.append(byte)
    case UInt8(ascii: "{"):
      begin(inValue: false)
      brackets.append(byte)
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      _ = brackets.popLast()
      begin(inValue: true)
    case UInt8(ascii: "="): begin(inValue: true)
    case UInt8(ascii: ","): begin(inValue: brackets.last == UInt8(ascii: "["))
    case UInt8(ascii: "."):
      dots += 1
      if dots >= Self.deepestKey {
        return Hazard(
          line: line, problem: "a key is nested deeper than \(Self.deepestKey)", remedy: "write fewer names with dots")
      }
    case UInt8(ascii: "-")
    where isInValue && index > 0 && (bytes[index - 1].isDigit || bytes[index - 1] == .underscore):
      return Hazard(line: line, problem: "a value is a TOML date", remedy: "write it in quotes")
    case .lineFeed:
      begin(inValue: isInValue && !brackets.isEmpty)
      line += 1
      isAtLineStart = true
    default: break
    }
    return nil
  }

  private mutating func begin(inValue: Bool) { (dots, isInValue) = (0, inValue) }

  /// U+0085, U+2028 and U+2029.
  private var isLineBreakOfUnicode: Bool {
    let next = bytes[index...].prefix(3)
    return next.starts(with: [0xC2, 0x85]) || next.elementsEqual([0xE2, 0x80, 0xA8])
      || next.elementsEqual([0xE2, 0x80, 0xA9])
  }

  /// Behind `[` or `[[` and blanks: a key, the end of an empty header, or the end of the file.
  private var headerHasKey: Bool {
    var place = index + 1
    while let byte = peek(place), byte.isBlank { place += 1 }
    if peek(place) == UInt8(ascii: "[") {
      place += 1
      while let byte = peek(place), byte.isBlank { place += 1 }
    }
    guard let byte = peek(place) else { return true }
    return byte.isInBareKey || [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "]")].contains(byte)
  }

  private mutating func skipString(_ quote: UInt8) {
    let isLong = has(quote, 3)
    index += isLong ? 3 : 1
    while let byte = peek() {
      if byte == .lineFeed {
        if !isLong { return }
        line += 1
      }
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        // What is escaped may be a line break.
        if peek(index + 1) == .lineFeed { line += 1 }
        index += 2
      } else if isLong ? has(quote, 3) : byte == quote {
        index += isLong ? 3 : 1
        // A long string may end with one or two quotes of its own.
        while isLong, peek() == quote { index += 1 }
        return
      } else {
        index += 1
      }
    }
  }

  private func has(_ byte: UInt8, _ count: Int) -> Bool { (index..<index + count).allSatisfy { peek($0) == byte } }

  private func peek(_ place: Int? = nil) -> UInt8? {
    let place = place ?? index
    return place < bytes.count ? bytes[place] : nil
  }
}

extension UInt8 {
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let underscore = UInt8(ascii: "_")

  fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  fileprivate var isInBareKey: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: isDigit
    }
  }
}
