import Foundation

/// A JSON tree: what the sandbox keeps its objects in, so that every field Stripe has can be there.
///
/// Numbers are integers only; Stripe's API has no others where money is.
enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  subscript(key: String) -> JSON {
    get {
      guard case .object(let members) = self else { return .null }
      return members[key] ?? .null
    }
    set {
      guard case .object(var members) = self else { preconditionFailure("\(key): set in what is no object") }
      self = .null  // lets go of the storage, so that it is changed in place
      members[key] = newValue
      self = .object(members)
    }
  }

  var text: String? { if case .string(let value) = self { value } else { nil } }
  var integer: Int? { if case .int(let value) = self { value } else { nil } }
  var isTrue: Bool { self == .bool(true) }
  var isNull: Bool { self == .null }
  var elements: [JSON] { if case .array(let value) = self { value } else { [] } }
  var members: [String: JSON] { if case .object(let value) = self { value } else { [:] } }

  /// Null for nil.
  init(_ text: String?) { self = text.map(JSON.string) ?? .null }
  init(_ integer: Int?) { self = integer.map(JSON.int) ?? .null }

  /// This object without the members named.
  func without(_ keys: String...) -> JSON {
    guard case .object(var members) = self else { return self }
    for key in keys { members[key] = nil }
    return .object(members)
  }

  /// This object with the other's members in place of its own.
  func merging(_ other: JSON) -> JSON {
    .object(members.merging(other.members) { _, new in new })
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(nilLiteral: ()) { self = .null }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int) { self = .int(value) }
  init(stringLiteral value: String) { self = .string(value) }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Dictionary(uniqueKeysWithValues: elements)) }
}

extension JSON {
  /// Compact, `id` and `object` first and the other keys in order: the same tree gives the same bytes.
  var encoded: Data {
    var out: [UInt8] = []
    write(to: &out)
    return Data(out)
  }

  /// For a person: a member a line.
  func indented(_ depth: Int = 0) -> String {
    let inner = String(repeating: "  ", count: depth + 1)
    let outer = String(repeating: "  ", count: depth)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      return "[\n" + elements.map { inner + $0.indented(depth + 1) }.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members) where !members.isEmpty:
      let lines = JSON.ordered(members).map { "\(inner)\"\($0)\": \(members[$0, default: .null].indented(depth + 1))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    default: return String(decoding: encoded, as: UTF8.self)
    }
  }

  private func write(to out: inout [UInt8]) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .int(let value): out += String(value).utf8
    case .string(let value): JSON.write(value, to: &out)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, key) in JSON.ordered(members).enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSON.write(key, to: &out)
        out.append(UInt8(ascii: ":"))
        members[key, default: .null].write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func ordered(_ members: [String: JSON]) -> [String] {
    let first = ["id", "object"].filter { members[$0] != nil }
    return first + members.keys.filter { $0 != "id" && $0 != "object" }.sorted()
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): out += #"\""#.utf8
      case UInt8(ascii: "\\"): out += #"\\"#.utf8
      case 0x0A: out += #"\n"#.utf8
      case 0..<0x20: out += String(format: "\\u%04x", Int(byte)).utf8
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
