extension StringProtocol {
  /// Without white space at either end.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }

  /// Byte for byte: with a combining mark behind it `"` is another character to Swift, and the same to a browser.
  var htmlEscaped: String {
    var escaped: [UInt8] = []
    escaped.reserveCapacity(utf8.count)
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "&"): escaped += "&amp;".utf8
      case UInt8(ascii: "<"): escaped += "&lt;".utf8
      case UInt8(ascii: ">"): escaped += "&gt;".utf8
      case UInt8(ascii: "\""): escaped += "&quot;".utf8
      case UInt8(ascii: "'"): escaped += "&#39;".utf8
      default: escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// A value fit for one line of a mail: no line breaks and control characters (they could add a header or a paragraph),
  /// no direction overrides (they could make a text read as another), single spaces. Hard spaces stay as they are.
  var singleLine: String {
    var line = String.UnicodeScalarView()
    for scalar in String(self).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: append(" ")
      case .format where Self.directionControls.contains(scalar.value): continue
      default: append(scalar)
      }
    }
    return String(line).trimmed

    func append(_ scalar: Unicode.Scalar) {
      if scalar == " ", line.last == " " { return }
      line.append(scalar)
    }
  }

  private static var directionControls: [UInt32] { [0x200E, 0x200F] + Array(0x202A...0x202E) + Array(0x2066...0x2069) }
}
