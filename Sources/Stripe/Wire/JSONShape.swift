import Foundation

/// The shape of JSON, by its brackets and strings alone.
///
/// Sees a body that was cut short, that goes on after its end, or that is not JSON's shape at all, in one pass and without
/// memory for what it holds. What is inside is judged by who reads it.
enum JSONShape {
  /// How deep brackets may stand in each other; Foundation's decoder goes no deeper.
  static let deepest = 512

  /// One object from its first byte to its last, with nothing but whitespace around it.
  static func isWholeObject(_ body: Data) -> Bool {
    body.withUnsafeBytes { bytes in
      let start = endOfSpace(bytes, from: 0)
      guard start < bytes.count, bytes[start] == UInt8(ascii: "{"), let end = endOfBrackets(bytes, from: start) else {
        return false
      }
      return endOfSpace(bytes, from: end) == bytes.count
    }
  }

  /// Behind the bracket that closes the one at `start`; `nil` if none does.
  private static func endOfBrackets(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    // What is to close each bracket that is open.
    var closers: [UInt8] = []
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let end = endOfString(bytes, from: index) else { return nil }
        index = end
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard closers.count < deepest else { return nil }
        closers.append(byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard closers.popLast() == byte else { return nil }
        if closers.isEmpty { return index }
      default: break
      }
    }
    return nil
  }

  /// Behind the quote that ends the string whose inside begins at `start`; `nil` if none does.
  private static func endOfString(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): return index + 1
      case UInt8(ascii: "\\"): index += 2
      default: index += 1
      }
    }
    return nil
  }

  private static func endOfSpace(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while index < bytes.count, isSpace(bytes[index]) { index += 1 }
    return index
  }

  /// RFC 8259, section 2.
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
