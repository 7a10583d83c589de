package import Domain
package import Foundation

/// An object of Stripe's that has an id.
package protocol StripeIdentified: Decodable, Sendable, Hashable {
  associatedtype IDName
  var id: Identifier<IDName> { get }
}

/// An object that Stripe sends as its id, or whole where it was asked to.
package enum Expandable<Object: StripeIdentified>: Decodable, Sendable, Hashable {
  case id(Identifier<Object.IDName>)
  case object(Object)

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = .id(Identifier(try container.decode(String.self)))
    } catch DecodingError.typeMismatch {
      self = .object(try container.decode(Object.self))
    }
  }

  package var id: Identifier<Object.IDName> {
    switch self {
    case .id(let id): id
    case .object(let object): object.id
    }
  }

  package var object: Object? {
    if case .object(let object) = self { object } else { nil }
  }
}

/// An enumeration of Stripe's, which may grow any month: what we do not know is `unknown`.
package protocol OpenEnum: RawRepresentable<String>, Decodable, Sendable, Hashable {
  static var unknown: Self { get }
}

extension OpenEnum {
  package init(from decoder: any Decoder) throws {
    self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .unknown
  }
}

/// One page of a list.
package struct StripeList<Element: Decodable & Sendable>: Decodable, Sendable {
  package let data: [Element]
  package let hasMore: Bool

  private enum CodingKeys: String, CodingKey {
    case data
    case hasMore = "has_more"
  }
}

extension StripeList: Equatable where Element: Equatable {}

/// How Stripe's JSON is read: each type writes down Stripe's names of its own members, because a strategy would turn over
/// every name of every answer.
package enum StripeJSON {
  private static let decoder = JSONDecoder()

  package static func decode<Value: Decodable>(_ type: Value.Type, from body: Data) throws -> Value {
    try decoder.decode(type, from: body)
  }
}
