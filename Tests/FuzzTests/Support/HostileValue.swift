import Foundation

/// Values of a mail or page that try to be more than text.
///
/// Each begins with a letter, and after every character that means something in HTML comes a mark that no template has:
/// such a character in front of a mark is one that was not escaped.
enum HostileValue {
  private static let special: [Unicode.Scalar] = ["<", ">", "\"", "'", "&"]
  private static let marks: [Unicode.Scalar] = ["§", "\u{301}", "\u{338}", "\u{200D}", "\u{FE0F}", "\u{20DD}"]
  private static let between = [
    "{{reason}}", "{{{content}}}", "{{#card}}", "\r\nBcc: x@evil.example", "\n\n", "\r", "\u{1E}", "\u{0}", "\u{2028}",
    "script>", "👩‍👩‍👧",
    "日本語", "עברית", "\u{202E}", "=?UTF-8?B?PGI+?=", "%0d%0a", " ", "  ", "\u{A0}", "[Pay](https://evil.example)",
    "- item", "\\", "x",
  ]

  static let all: [String] = special.flatMap { character in marks.map { "v\(character)\($0)w" } }

  static func random(_ dice: inout Dice) -> String {
    var text = "v"
    for _ in 0...dice.size(upTo: 12) {
      if dice.once(in: 2) {
        text.unicodeScalars.append(dice.pick(special))
        text.unicodeScalars.append(dice.pick(marks))
      } else {
        text.unicodeScalars.append(contentsOf: dice.pick(between).unicodeScalars)
      }
    }
    return text
  }

  /// Where a character of HTML stands in front of a mark, as it came; `nil` if nowhere.
  static func unescaped(in html: String) -> String? {
    let bytes = Array(html.utf8)
    // A mark after `>` may also be the beginning of a value; a value begins with a letter.
    let specials = special.filter { $0 != "&" }.map { UInt8($0.value) }
    for index in bytes.indices where specials.contains(bytes[index]) {
      let rest = bytes[(index + 1)...]
      if marks.contains(where: { rest.starts(with: String($0).utf8) }) {
        return bytes[max(0, index - 60)..<min(bytes.count, index + 60)].shown()
      }
    }
    return nil
  }
}
