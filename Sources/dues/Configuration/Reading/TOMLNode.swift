import TOMLKit

/// A TOML value as a Swift value. TOMLKit's own are pointers into its document.
enum TOMLNode: Sendable, Equatable {
  case text(String)
  case integer(Int)
  /// The only fraction in a configuration is a rate.
  case decimal(Double)
  case flag(Bool)
  /// A TOML date or time, which nothing here takes.
  case moment
  case array([TOMLNode])
  case table([String: TOMLNode])

  /// For messages: "is a text".
  var kind: String {
    switch self {
    case .text: "a text"
    case .integer: "a whole number"
    case .decimal: "a decimal number"
    case .flag: "true or false"
    case .moment: "a TOML date or time"
    case .array: "a list"
    case .table: "a table"
    }
  }
}

extension TOMLNode {
  /// Reads a document; throws TOMLKit's `TOMLParseError` where it is not TOML.
  init(document text: String) throws {
    self = Self.table(of: try TOMLTable(string: text))
  }

  private static func table(of table: TOMLTable) -> TOMLNode {
    .table(Dictionary(table.map { ($0.0, TOMLNode($0.1)) }, uniquingKeysWith: { first, _ in first }))
  }

  private init(_ value: any TOMLValueConvertible) {
    switch value.type {
    case .table: self = value.table.map(Self.table(of:)) ?? .table([:])
    case .array: self = .array(value.array.map { $0.map(TOMLNode.init) } ?? [])
    case .string: self = .text(value.string ?? "")
    case .int: self = .integer(value.int ?? 0)
    case .double: self = .decimal(value.double ?? 0)
    case .bool: self = .flag(value.bool ?? false)
    case .date, .time, .dateTime: self = .moment
    }
  }
}
