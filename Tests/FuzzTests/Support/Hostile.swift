/// What has broken parsers before.
enum Hostile {
  static let texts: [String] = [
    // Structure of some format or other.
    "[", "]", "{", "}", "[[[[[[[[", "]]]]]]]]", "{{", "}}", "{{{", "}}}", "{{#", "{{/", "{{^", "[]", "[0]", "[][x]",
    "((",
    "\"", "'", "\"\"\"", "'''", "\\", "\\\"", "`", "<", ">", "</", "<!--", "]]>", "&", "&amp;", "=", "==", ";", ",",
    ":",
    "/", "//", "../", "?", "#", "|", "$(x)", "${x}", "<script>alert(1)</script>", "\"><img src=x onerror=x>",
    "=?UTF-8?B?",
    // Percent and plus.
    "%", "%%", "%0", "%00", "%0d%0a", "%zz", "%u1234", "%C3%28", "%25", "+", "%2B", "%5B", "%5D", "%s%n",
    // Numbers.
    "0", "-0", "00", "-1", "+1", "1e999", "1e2", "1.5", "0x7f", "NaN", "Infinity", "9007199254740993", "2147483648",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999", "١٢٣", "１２３",
    // Words.
    "null", "true", "false", "undefined", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\ud83d\\ude00", "\\x41",
    // Lines and controls.
    "\n", "\r", "\r\n", "\n\n", "\t", "\u{0}", "\u{1}", "\u{7}", "\u{8}", "\u{B}", "\u{C}", "\u{1B}[31m", "\u{1E}",
    "\u{7F}",
    "\u{85}", "\u{2028}", "\u{2029}", "\r\nBcc: x@evil.example\r\n\r\n",
    // Unicode that is not one letter after the other.
    "\u{301}", "e\u{301}", "<\u{301}", "\"\u{301}", "{\u{301}{", "\u{301}\u{302}\u{303}\u{304}\u{305}", "\u{200D}",
    "\u{FE0F}",
    "\u{200B}", "\u{A0}", "\u{AD}", "\u{202E}", "\u{2066}", "\u{200F}", "\u{FEFF}", "\u{FFFD}", "\u{FFFF}",
    "\u{10FFFF}",
    "👨‍👩‍👧‍👦", "🇩🇪🇩", "İ", "ß", "ﬁ", "Ǆ", "ﷺ", "日本語", "עברית", "مرحبا", "é", "Å", "Å", "𝔘",
  ]

  /// The same, and what is no UTF-8 at all: stray and cut sequences, overlong ones, surrogates, beyond the last scalar.
  static let bytes: [[UInt8]] =
    texts.map { Array($0.utf8) } + [
      [0xFF], [0xFE, 0xFF], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC0, 0x80], [0xC1, 0xBF],
      [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80], [0xEF, 0xBB, 0xBF],
    ]
}
