import Foundation

/// A second opinion about JSON that looks at its structure only: brackets that pair outside of texts, in one object, and
/// nothing after it. An answer that was cut never passes.
enum JSONShape {
  static func isWholeObject(_ body: [UInt8]) -> Bool {
    var open: [UInt8] = []
    var isInText = false
    var isEscaped = false
    var isOver = false
    for byte in body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...] {
      if isInText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInText = false
        }
        continue
      }
      if [0x20, 0x09, 0x0A, 0x0D].contains(byte) { continue }
      if isOver || (open.isEmpty && byte != UInt8(ascii: "{")) { return false }
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(byte)
      case UInt8(ascii: "}"): if open.popLast() != UInt8(ascii: "{") { return false }
      case UInt8(ascii: "]"): if open.popLast() != UInt8(ascii: "[") { return false }
      default: break
      }
      isOver = open.isEmpty
    }
    return isOver
  }

  /// JSON may also come in UTF-16 and UTF-32, which hold NUL bytes or begin with a mark.
  static func isPerhapsWide(_ body: [UInt8]) -> Bool {
    body.contains(0) || body.starts(with: [0xFE, 0xFF]) || body.starts(with: [0xFF, 0xFE])
  }

  /// What stands at a path in a body, read by Foundation's other reader; empty if nothing does, or it cannot be read.
  /// Several, where a body spells a name in several ways that our reader takes for one.
  static func members(_ path: [String], of body: [UInt8]) -> [Any] {
    do {
      let root = try JSONSerialization.jsonObject(with: Data(body))
      return path.reduce([root]) { values, name in
        values.compactMap { $0 as? [String: Any] }.flatMap { object in
          object.filter { plain($0.key) == plain(name) }.map(\.value)
        }
      }
    } catch {
      return []
    }
  }

  private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}
