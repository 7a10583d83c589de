/// One line of text as people write it, for keys and descriptions.
enum PlainText {
  /// Whether every character of it can be seen and stands where it was written: no control, no line or paragraph
  /// separator, nothing that turns the direction of what follows. Joiners are part of many scripts and of emoji.
  static func isLine(_ text: String) -> Bool {
    // In ASCII there is nothing to look up.
    if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return true }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
      case .format: scalar == "\u{200C}" || scalar == "\u{200D}" || isTag(scalar)
      default: true
      }
    }
  }

  /// Whether it is a word of 1 to 255 visible ASCII characters: a line without anything that could be written otherwise.
  static func isWord(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Whether something of it can be seen.
  static func isVisible(_ text: String) -> Bool { text.unicodeScalars.contains { !isInvisible($0) } }

  /// Whether it begins or ends with what nobody sees: two texts that look the same would be two.
  static func hasInvisibleEnd(_ text: String) -> Bool {
    [text.unicodeScalars.first, text.unicodeScalars.last].compactMap { $0 }.contains(where: isInvisible)
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar.properties.generalCategory == .format
  }

  /// Of the flags of England, Scotland and Wales.
  private static func isTag(_ scalar: Unicode.Scalar) -> Bool { (0xE0020...0xE007F).contains(scalar.value) }
}
