package import Foundation

/// A JSON value, or one of a form: there a leaf has no type yet, and a list is a map by index.
package enum OpenAPIValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case fraction(Double)
  case string(String)
  case array([OpenAPIValue])
  case object([String: OpenAPIValue])
  /// A leaf of a form: whatever its schema says it is, if it can be read so.
  case text(String)
  /// A level of a form, in sending order: an object, or a list whose names are indexes.
  case fields([String: OpenAPIValue])

  /// Reads a JSON document; `nil` if it is none.
  package init?(json: Data) {
    do {
      self.init(any: try JSONSerialization.jsonObject(with: json, options: [.fragmentsAllowed]))
    } catch {
      return nil
    }
  }

  private init(any value: Any) {
    switch value {
    case let text as String: self = .string(text)
    case let list as [Any]: self = .array(list.map(Self.init(any:)))
    case let map as [String: Any]: self = .object(map.mapValues(Self.init(any:)))
    case let number as NSNumber:
      switch UInt8(bitPattern: number.objCType.pointee) {
      case UInt8(ascii: "c"), UInt8(ascii: "B"): self = .bool(number.boolValue)
      case UInt8(ascii: "d"), UInt8(ascii: "f"): self = .fraction(number.doubleValue)
      default: self = .integer(number.int64Value)
      }
    default: self = .null
    }
  }

  package subscript(name: String) -> OpenAPIValue? {
    switch self {
    case .object(let map), .fields(let map): map[name]
    default: nil
    }
  }

  package var text: String? {
    switch self {
    case .string(let text), .text(let text): text
    default: nil
    }
  }

  package var list: [OpenAPIValue]? {
    if case .array(let list) = self { list } else { nil }
  }

  package var members: [String: OpenAPIValue]? {
    switch self {
    case .object(let map), .fields(let map): map
    default: nil
    }
  }

  /// For messages: the value itself where it is short.
  var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .fraction(let value): "\(value)"
    case .string(let text), .text(let text): text.count <= 60 ? "\"\(text)\"" : "a text of \(text.count) characters"
    case .array(let list): "a list of \(list.count)"
    case .object(let map), .fields(let map): "an object of \(map.count)"
    }
  }
}

/// The part of OpenAPI 3.0 that occurs in Stripe's file, compiled once.
final class OpenAPISchema: Sendable {
  enum Kind: String, Sendable { case object, array, string, integer, number, boolean }
  enum Additional: Sendable { case allowed, forbidden, matching(OpenAPISchema) }

  let kind: Kind?
  let properties: [String: OpenAPISchema]
  let required: [String]
  let additional: Additional
  let items: OpenAPISchema?
  let alternatives: [OpenAPISchema]
  let choices: Set<OpenAPIValue>?
  let maxLength: Int?
  let isNullable: Bool
  /// The name under `components.schemas`, looked up on use: the schemas are recursive.
  let reference: String?

  init(_ source: OpenAPIValue) {
    kind = source["type"]?.text.flatMap(Kind.init(rawValue:))
    properties = (source["properties"]?.members ?? [:]).mapValues(OpenAPISchema.init)
    required = (source["required"]?.list ?? []).compactMap(\.text)
    switch source["additionalProperties"] {
    case .bool(false): additional = .forbidden
    case .object(let schema) where !schema.isEmpty: additional = .matching(OpenAPISchema(.object(schema)))
    default: additional = .allowed
    }
    items = source["items"].map(OpenAPISchema.init)
    alternatives = (source["anyOf"]?.list ?? []).map(OpenAPISchema.init)
    choices = source["enum"]?.list.map(Set.init)
    if case .integer(let length) = source["maxLength"] { maxLength = Int(length) } else { maxLength = nil }
    isNullable = source["nullable"] == .bool(true)
    reference = source["$ref"]?.text.map { String($0.split(separator: "/").last ?? "") }
  }

  /// The schema of a query string: only the parameters that the operation lists.
  init(query parameters: [OpenAPIValue]) {
    let listed = parameters.filter { $0["in"]?.text == "query" }
    kind = .object
    properties = Dictionary(
      listed.compactMap { parameter in
        guard let name = parameter["name"]?.text, let schema = parameter["schema"] else { return nil }
        return (name, OpenAPISchema(schema))
      }, uniquingKeysWith: { first, _ in first })
    required = listed.filter { $0["required"] == .bool(true) }.compactMap { $0["name"]?.text }
    additional = .forbidden
    items = nil
    alternatives = []
    choices = nil
    maxLength = nil
    isNullable = false
    reference = nil
  }
}
