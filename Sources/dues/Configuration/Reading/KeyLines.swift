/// On which line of a TOML document each key stands. TOMLKit tells lines of syntax errors only.
///
/// It reads a document that TOMLKit has already accepted, so it only finds its way; it judges nothing.
struct KeyLines: Sendable {
  /// Keys and, in lists, indices: `["retry", "delays", "0"]`.
  private var lines: [[String]: Int] = [:]
  private var bytes: [UInt8]
  private var index = 0
  private var line = 1

  init(document text: String) {
    bytes = Array(text.utf8)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    scan()
    bytes = []
  }

  /// The line of a key, or of the nearest table around it; `nil` if the document has neither.
  func line(of path: [String]) -> Int? {
    for length in stride(from: path.count, to: 0, by: -1) {
      if let line = lines[Array(path.prefix(length))] { return line }
    }
    return nil
  }

  private mutating func scan() {
    var section: [String] = []
    while true {
      skipTrivia(includingLines: true)
      guard let next = peek else { return }
      if next == "[" {
        while peek == "[" { advance() }
        section = dottedKey(until: ["]"])
        // `[a.b]` is also where `a` stands first.
        for length in 0..<section.count { record(Array(section.prefix(length + 1))) }
        while peek == "]" { advance() }
      } else {
        scanPair(in: section)
      }
      skipLine()
    }
  }

  private mutating func scanPair(in table: [String]) {
    let path = table + dottedKey(until: ["="])
    for length in table.count..<path.count { record(Array(path.prefix(length + 1))) }
    if peek == "=" { advance() }
    skipTrivia(includingLines: false)
    scanValue(at: path)
  }

  private mutating func scanValue(at path: [String]) {
    switch peek {
    case "\"", "'": skipString()
    case "[":
      advance()
      var position = 0
      while enterElement(closing: "]") {
        record(path + [String(position)])
        scanValue(at: path + [String(position)])
        position += 1
      }
    case "{":
      advance()
      while enterElement(closing: "}") { scanPair(in: path) }
    default:
      while let next = peek, !",]}#\n".contains(next) { advance() }
    }
  }

  /// Moves to the next element of a list or inline table; false, and past the bracket, at its end.
  private mutating func enterElement(closing bracket: Character) -> Bool {
    skipTrivia(includingLines: true)
    while peek == "," {
      advance()
      skipTrivia(includingLines: true)
    }
    guard let next = peek else { return false }
    if next == bracket {
      advance()
      return false
    }
    return true
  }

  private mutating func dottedKey(until ends: Set<Character>) -> [String] {
    var keys: [String] = []
    var bare: [UInt8] = []
    while let next = peek, !ends.contains(next), next != "\n" {
      switch next {
      case "\"", "'":
        let start = index + 1
        skipString()
        keys.append(String(decoding: bytes[min(start, index)..<max(min(start, index), index - 1)], as: UTF8.self))
      case ".", " ", "\t", "\r":
        if !bare.isEmpty { keys.append(String(decoding: bare, as: UTF8.self)) }
        bare = []
        advance()
      default:
        bare.append(bytes[index])
        advance()
      }
    }
    if !bare.isEmpty { keys.append(String(decoding: bare, as: UTF8.self)) }
    return keys
  }

  private mutating func skipString() {
    guard let quote = peek else { return }
    let mark = bytes[index]
    let isLong = bytes[index...].starts(with: [mark, mark, mark])
    for _ in 0..<(isLong ? 3 : 1) { advance() }
    while let next = peek {
      if next == "\\", quote == "\"" {
        advance()
        advance()
      } else if isLong, bytes[index...].starts(with: [mark, mark, mark]) {
        // A long string may end with one or two quotes of its own.
        while peek == quote { advance() }
        return
      } else {
        advance()
        if !isLong, next == quote { return }
      }
    }
  }

  private mutating func skipTrivia(includingLines: Bool) {
    while let next = peek {
      switch next {
      case " ", "\t", "\r": advance()
      case "\n" where includingLines: advance()
      case "#" where includingLines: skipLine()
      default: return
      }
    }
  }

  /// Up to the line's end, which stays.
  private mutating func skipLine() {
    while let next = peek, next != "\n" { advance() }
  }

  private var peek: Character? { index < bytes.count ? Character(Unicode.Scalar(bytes[index])) : nil }

  private mutating func advance() {
    guard index < bytes.count else { return }
    if bytes[index] == UInt8(ascii: "\n") { line += 1 }
    index += 1
  }

  private mutating func record(_ path: [String]) {
    if lines[path] == nil { lines[path] = line }
  }
}
