import Foundation

/// JSON of which only the structure matters. `JSONSerialization` takes `true` for 1 on some systems; this does not.
indirect enum Shape: Decodable, Sendable {
  case null, boolean, number
  case string(String)
  case array([Shape])
  case object([String: Shape])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let read = Self.read({ try container.decode(Bool.self) }, as: { _ in .boolean })
      ?? Self.read({ try container.decode(Double.self) }, as: { _ in .number })
      ?? Self.read({ try container.decode(String.self) }, as: Shape.string)
      ?? Self.read({ try container.decode([Shape].self) }, as: Shape.array)
    {
      self = read
    } else {
      self = .object(try container.decode([String: Shape].self))
    }
  }

  private static func read<Value>(_ decode: () throws -> Value, as shape: (Value) -> Shape) -> Shape? {
    do { return shape(try decode()) } catch { return nil }
  }

  static func read(_ body: Data) throws -> Shape { try JSONDecoder().decode(Shape.self, from: body) }

  var members: [String: Shape] { if case .object(let members) = self { members } else { [:] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var isNull: Bool { if case .null = self { true } else { false } }

  var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

/// One way in which an answer of the sandbox is not like a recorded one.
struct ShapeDifference: Sendable, CustomStringConvertible {
  enum Kind: Sendable {
    /// Stripe has the member, the sandbox lacks it.
    case lacking
    /// The sandbox has the member, Stripe lacks it.
    case added
    /// Both have it, in different JSON types.
    case type
    /// Stripe has a value where the sandbox has null. Allowed by the schema, but somebody may rely on it.
    case null
    /// Stripe answered with another status: the sandbox does not do this.
    case status
  }

  let kind: Kind
  /// From the innermost object of Stripe's on: `charge.outcome.reason`, whatever the charge is a part of.
  let path: String
  let apiVersion: String
  let exchange: Int
  var detail = ""

  var description: String { "#\(exchange) (\(apiVersion)) \(kind): \(path) \(detail)" }
}

/// Compares two answers member by member, both ways.
struct ShapeComparison {
  let apiVersion: String
  let exchange: Int
  private(set) var differences: [ShapeDifference] = []

  init(apiVersion: String, exchange: Int) {
    self.apiVersion = apiVersion
    self.exchange = exchange
  }

  mutating func compare(_ mine: Shape, recorded: Shape, at path: String) {
    switch (mine, recorded) {
    case (_, .null): break
    case (.null, _): note(.null, path, "Stripe has \(Self.article(recorded))")
    case (.object(let ours), .object(let theirs)): compare(ours, recorded: theirs, at: path)
    case (.array(let ours), .array(let theirs)):
      // One element of ours stands for all: what a list holds depends on the account, not on the API.
      guard let first = ours.first else { break }
      for element in theirs { compare(first, recorded: element, at: "\(path)[]") }
    case (.boolean, .boolean), (.number, .number), (.string, .string): break
    case (.boolean, _), (.number, _), (.string, _), (.array, _), (.object, _):
      note(.type, path, "Stripe has \(Self.article(recorded)), the sandbox \(Self.article(mine))")
    }
  }

  private mutating func compare(_ ours: [String: Shape], recorded theirs: [String: Shape], at path: String) {
    let root = theirs["object"]?.text.map { $0 == "list" ? path : $0 } ?? path
    for key in Set(ours.keys).union(theirs.keys).sorted() {
      let place = root.isEmpty ? key : "\(root).\(key)"
      switch (ours[key], theirs[key]) {
      case (let mine?, let recorded?): compare(mine, recorded: recorded, at: place)
      case (nil, _?): note(.lacking, place, "")
      case (_?, nil): note(.added, place, "")
      case (nil, nil): break
      }
    }
  }

  private mutating func note(_ kind: ShapeDifference.Kind, _ path: String, _ detail: String) {
    differences.append(
      ShapeDifference(kind: kind, path: path, apiVersion: apiVersion, exchange: exchange, detail: detail))
  }

  private static func article(_ shape: Shape) -> String {
    switch shape {
    case .array, .object: "an \(shape.typeName)"
    case .null, .boolean, .number, .string: "a \(shape.typeName)"
    }
  }
}
