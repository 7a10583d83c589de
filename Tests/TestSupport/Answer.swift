package import Foundation
package import Transport

/// An answer and its JSON.
package struct Answer {
  package let status: Int
  package let headers: [HTTPHeader]
  package let text: String
  package let json: JSONValue

  package init(_ response: HTTPResponse) {
    status = response.status
    headers = response.headers
    text = String(decoding: response.body, as: UTF8.self)
    do { json = try JSONValue(response.body) } catch { json = JSONValue(nil) }
  }

  package var id: String? { json["id"].text }
  package var error: JSONValue { json["error"] }
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// JSON as read, for asking after members.
package struct JSONValue: CustomStringConvertible {
  package let value: Any?

  package init(_ value: Any?) { self.value = value is NSNull ? nil : value }
  package init(_ data: Data) throws { self.init(try JSONSerialization.jsonObject(with: data) as Any?) }

  package subscript(key: String) -> JSONValue { JSONValue((value as? [String: Any])?[key]) }
  package subscript(index: Int) -> JSONValue {
    let elements = elements
    return index < elements.count ? elements[index] : JSONValue(nil)
  }
  package var text: String? { value as? String }
  package var integer: Int? { value as? Int }
  package var flag: Bool? { value as? Bool }
  package var isNull: Bool { value == nil }
  package var elements: [JSONValue] { (value as? [Any])?.map { JSONValue($0) } ?? [] }
  package var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }
  package var description: String { value.map { "\($0)" } ?? "null" }
}
