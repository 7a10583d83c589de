import Foundation

/// Writes the values of mail headers: RFC 2047 encoded words where ASCII does not do, folded into short lines.
///
/// libcurl sends header lines as they are, so whatever must be encoded or folded is done here. Nothing here accepts a
/// control character; ``MailMessage`` is checked before.
enum HeaderEncoding {
  /// RFC 2047 §2: no encoded word, and no line with one, is longer.
  private static let maxWord = 75
  private static let maxLine = 76

  /// `Name: value` of a header that people read, such as `Subject`.
  static func text(_ name: String, _ value: String) -> String {
    let start = name + ": "
    if isPlain(value), let folded = fold(value, column: start.utf8.count) { return start + folded }
    return start + encodedWords(value, column: start.utf8.count)
  }

  /// `Name: Person <address>` of a header with one mailbox.
  static func mailbox(_ name: String, _ mailbox: MailAddress) -> String {
    let start = name + ": "
    guard let person = mailbox.name, !person.isEmpty else { return start + mailbox.address }
    let phrase = phrase(person, column: start.utf8.count)
    let lastLine = phrase.components(separatedBy: "\r\n").last ?? phrase
    let used = lastLine.utf8.count + (lastLine.utf8.count == phrase.utf8.count ? start.utf8.count : 0)
    let address = "<\(mailbox.address)>"
    return start + phrase + (used + 1 + address.utf8.count > maxLine ? "\r\n " : " ") + address
  }

  /// A person's name: bare, quoted or encoded.
  private static func phrase(_ person: String, column: Int) -> String {
    guard isPlain(person), person.utf8.count + 2 + column <= maxLine else {
      return encodedWords(person, column: column)
    }
    let isAtoms = person.utf8.allSatisfy { $0 == 0x20 || MailAddress.isAtomText($0) }
    if isAtoms { return person }
    return "\"" + person.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// Whether it may stand in a header as it is: printable ASCII, no blanks that folding could lose, and nothing that
  /// a reader would take for an encoded word.
  private static func isPlain(_ value: String) -> Bool {
    value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
      && !value.contains("=?") && !value.contains("  ") && !value.hasPrefix(" ") && !value.hasSuffix(" ")
  }

  /// Breaks plain text before its blanks; nil where a word is too long for any line.
  private static func fold(_ value: String, column: Int) -> String? {
    var folded = ""
    var column = column
    for (index, word) in value.split(separator: " ").enumerated() {
      let length = word.utf8.count + 1
      guard length <= maxLine else { return nil }
      if index > 0 {
        let isFull = column + length > maxLine
        folded += isFull ? "\r\n " : " "
        column = isFull ? 1 : column + 1
      } else if column + length > maxLine {
        return nil
      }
      folded += word
      column += length - 1
    }
    return folded
  }

  /// `=?UTF-8?B?…?=` as often as needed, each on a line of its own, no character split between two.
  private static func encodedWords(_ value: String, column: Int) -> String {
    var words: [String] = []
    var chunk: [UInt8] = []
    var room = bytesFor(columns: min(maxWord, maxLine - column))
    for scalar in value.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if chunk.count + bytes.count > room, !chunk.isEmpty {
        words.append(encodedWord(chunk))
        chunk = []
        room = bytesFor(columns: maxWord)
      }
      chunk += bytes
    }
    words.append(encodedWord(chunk))
    return words.joined(separator: "\r\n ")
  }

  private static func encodedWord(_ bytes: [UInt8]) -> String {
    "=?UTF-8?B?" + Data(bytes).base64EncodedString() + "?="
  }

  private static func bytesFor(columns: Int) -> Int {
    max(0, (columns - "=?UTF-8?B??=".utf8.count) / 4 * 3)
  }
}
