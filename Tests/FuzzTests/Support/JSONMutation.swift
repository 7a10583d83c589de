/// Spoils JSON so that it stays JSON: what a value is changes, or what it says.
struct JSONMutation: Sendable {
  private let corpus: [[UInt8]]

  init(_ corpus: [String]) { self.corpus = corpus.map { Array($0.utf8) } }

  func input(_ dice: inout Dice) -> [UInt8] {
    var bytes = dice.pick(corpus)
    for _ in 0..<dice.below(4) {
      let spans = Self.scalars(in: bytes)
      guard !spans.isEmpty else { break }
      let span = dice.pick(spans)
      bytes.replaceSubrange(span.range, with: span.isKey ? Self.text(&dice) : Self.value(&dice, old: bytes[span.range]))
    }
    return bytes
  }

  private struct Span {
    let range: Range<Int>
    let isKey: Bool
  }

  /// Texts, numbers and words of a good document.
  private static func scalars(in bytes: [UInt8]) -> [Span] {
    var spans: [Span] = []
    var index = 0
    while index < bytes.count {
      let start = index
      if bytes[index] == UInt8(ascii: "\"") {
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
        spans.append(Span(range: start..<index, isKey: index < bytes.count && bytes[index] == UInt8(ascii: ":")))
      } else if "-0123456789truefalsn".utf8.contains(bytes[index]) {
        while index < bytes.count, "-+.eE0123456789truefalsn".utf8.contains(bytes[index]) { index += 1 }
        spans.append(Span(range: start..<index, isKey: false))
      } else {
        index += 1
      }
    }
    return spans
  }

  private static func value(_ dice: inout Dice, old: ArraySlice<UInt8>) -> [UInt8] {
    switch dice.below(8) {
    case 0: Array("null".utf8)
    case 1: Array("[".utf8) + old + Array("]".utf8)
    case 2: Array(#"{"id":"#.utf8) + old + Array("}".utf8)
    case 3, 4: Array(dice.pick(numbers).utf8)
    default: text(&dice)
    }
  }

  private static let numbers = [
    "0", "-0", "-1", "1.0", "1e2", "1.5", "1e400", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "true", "false", "[]", "{}", "100000000000000000000000000000000000000000000000000", "01", "1e-400",
  ]

  private static func text(_ dice: inout Dice) -> [UInt8] {
    if dice.once(in: 3) { return Array(dice.pick(words).utf8) }
    var bytes = [UInt8(ascii: "\"")]
    for byte in dice.text(upTo: 40).utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: bytes += Array((byte < 16 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
    return bytes + [UInt8(ascii: "\"")]
  }

  /// Texts that mean something to Stripe's objects, and escapes that are hard to read.
  private static let words = [
    #""succeeded""#, #""processing""#, #""requires_action""#, #""canceled""#, #""card_error""#, #""idempotency_error""#,
    #""payment_intent_unexpected_state""#, #""resource_missing""#, #""authentication_required""#, #""do_not_honor""#,
    #""\ud800""#, #""\ud83d\ude00""#, #""\u0000""#, #""""#, #""usd""#, #""USD""#, #""evt_\u0000""#, #""customer""#,
  ]
}
