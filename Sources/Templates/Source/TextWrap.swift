/// Plain text for mail: paragraphs wrapped at 72 columns.
enum TextWrap {
  static let columns = 72
  /// Stands for a line break that is kept. Values never contain it (``singleLine``).
  static let hardBreak = "\u{1E}"

  /// Wraps each paragraph of `text`; paragraphs are parted by empty lines, and one line break is a space.
  static func wrap(_ text: String) -> String {
    paragraphs(text).map { paragraph in
      paragraph.split(separator: hardBreak).map { wrapLine($0.trimmed) }.filter { !$0.isEmpty }.joined(separator: "\n")
    }.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func paragraphs(_ text: String) -> [String] {
    var paragraphs: [[String]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = line.trimmed
      if line.isEmpty { paragraphs.append([]) } else { paragraphs[paragraphs.count - 1].append(line) }
    }
    return paragraphs.map { $0.joined(separator: " ") }
  }

  /// Breaks at spaces, and between wide characters, which have none. A word longer than the line, such as a link, stays whole.
  private static func wrapLine(_ text: String) -> String {
    var lines: [String] = []
    var line = ""
    var width = 0
    for (word, hasSpace) in words(text) {
      let wordWidth = word.reduce(0) { $0 + columns(of: $1) }
      let needed = wordWidth + (hasSpace && !line.isEmpty ? 1 : 0)
      if width + needed > columns, !line.isEmpty {
        lines.append(line)
        (line, width) = (word, wordWidth)
      } else {
        if hasSpace, !line.isEmpty { line += " " }
        line += word
        width += needed
      }
    }
    return (lines + [line]).joined(separator: "\n")
  }

  /// What must not be broken, and whether a space stands before it.
  private static func words(_ text: String) -> [(word: String, hasSpace: Bool)] {
    var words: [(word: String, hasSpace: Bool)] = []
    for chunk in text.split(separator: " ") {
      let isLink = chunk.hasPrefix("https://") || chunk.hasPrefix("http://")
      var isFirst = true
      for character in chunk {
        let canBreak = words.last?.word.last.map { mayBreak(between: $0, and: character) } ?? false
        if isFirst || (canBreak && !isLink) {
          words.append((String(character), isFirst))
        } else {
          words[words.count - 1].word.append(character)
        }
        isFirst = false
      }
    }
    return words
  }

  /// Between two wide characters, unless the first opens something or the second closes it, and after a wide comma or
  /// bracket: so a Latin word, a number with its counter (`2026年5月`) and a link stay whole.
  private static func mayBreak(between left: Character, and right: Character) -> Bool {
    guard isWide(left), !opening.contains(left), !notAtStart.contains(right) else { return false }
    return isWide(right) || (pauses.contains(left) && (right.isLetter || right.isNumber || right.isCurrencySymbol))
  }

  private static func columns(of character: Character) -> Int { isWide(character) ? 2 : 1 }

  private static func isWide(_ character: Character) -> Bool {
    guard let value = character.unicodeScalars.first?.value else { return false }
    return (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
      || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value) || (0xFF01...0xFF60).contains(value)
      || (0xFFE0...0xFFE6).contains(value) || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
  }

  /// What does not end a line in Japanese and Chinese.
  private static let opening: Set<Character> = Set("（［｛「『【〔〈《")
  private static let pauses: Set<Character> = Set("、。，：；？！）］｝」』】〕〉》")
  /// What does not begin one: closing marks, and the small kana that belong to the character before.
  private static let notAtStart: Set<Character> = Set(
    "、。，．・：；？！）］｝」』】〕〉》〜ー々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ")
}
