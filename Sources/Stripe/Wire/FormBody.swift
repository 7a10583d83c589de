package import Foundation

/// The fields of a request in sending order, encoded as they are added: the same calls give the same bytes.
///
/// Names are ours and are written as they are; in a query their brackets are percent-encoded, in a body they stay
/// raw, as the official libraries do. Values and the keys of maps are always encoded.
package struct FormBody: Sendable {
  private var bytes: [UInt8] = []
  private let isQuery: Bool

  package init() { isQuery = false }
  private init(isQuery: Bool) { self.isQuery = isQuery }

  /// For what comes after the question mark of a GET.
  package static var query: FormBody { FormBody(isQuery: true) }

  package var data: Data { Data(bytes) }
  package var text: String { String(decoding: bytes, as: UTF8.self) }
  package var isEmpty: Bool { bytes.isEmpty }

  package mutating func add(_ name: String, _ value: String) {
    begin(name)
    FormEncoder.append(value.utf8, to: &bytes)
  }

  /// Leaves the field out if there is no value.
  package mutating func add(_ name: String, _ value: String?) {
    if let value { add(name, value) }
  }

  package mutating func add(_ name: String, _ value: Int64) {
    begin(name)
    bytes.append(contentsOf: String(value).utf8)
  }

  package mutating func add(_ name: String, _ value: Bool) {
    begin(name)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// `name[0]=…&name[1]=…`
  package mutating func add(_ name: String, list: [String]) {
    for (index, value) in list.enumerated() { add("\(name)[\(index)]", value) }
  }

  /// `name[key]=value` for each entry, in the order given.
  package mutating func add(_ name: String, map: [(String, String)]) {
    for (key, value) in map {
      begin(name, key: key)
      FormEncoder.append(value.utf8, to: &bytes)
    }
  }

  private mutating func begin(_ name: String, key: String? = nil) {
    if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
    append(name: name)
    if let key {
      append(name: "[")
      FormEncoder.append(key.utf8, to: &bytes)
      append(name: "]")
    }
    bytes.append(UInt8(ascii: "="))
  }

  private mutating func append(name: String) {
    guard isQuery else { return bytes.append(contentsOf: name.utf8) }
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "["): bytes.append(contentsOf: "%5B".utf8)
      case UInt8(ascii: "]"): bytes.append(contentsOf: "%5D".utf8)
      default: bytes.append(byte)
      }
    }
  }
}

/// Percent-encoding of all but the unreserved characters of RFC 3986; a space is `%20`.
enum FormEncoder {
  static func append(_ text: String.UTF8View, to bytes: inout [UInt8]) {
    for byte in text {
      if isUnreserved(byte) {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "%"))
        bytes.append(hex(byte >> 4))
        bytes.append(hex(byte & 0xF))
      }
    }
  }

  /// One segment of a path. Ids may come from a person: an empty one must not turn `/v1/customers/ID` into the list of
  /// customers, nor may dots climb out of the path.
  static func segment(_ text: String) -> String {
    var bytes: [UInt8] = []
    append(text.utf8, to: &bytes)
    let encoded = String(decoding: bytes, as: UTF8.self).replacing(".", with: "%2E")
    return encoded.isEmpty ? "-" : encoded
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func hex(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
  }
}
