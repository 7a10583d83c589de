/// As itself: an object is an object in the state file, so that a person can read it there.
extension JSON: Codable {
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let flag = value.ifDecodes(Bool.self) {
      self = .bool(flag)
    } else if let number = value.ifDecodes(Int.self) {
      self = .int(number)
    } else if let text = value.ifDecodes(String.self) {
      self = .string(text)
    } else if let elements = value.ifDecodes([JSON].self) {
      self = .array(elements)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .bool(let flag): try value.encode(flag)
    case .int(let number): try value.encode(number)
    case .string(let text): try value.encode(text)
    case .array(let elements): try value.encode(elements)
    case .object(let members): try value.encode(members)
    }
  }
}

extension SingleValueDecodingContainer {
  /// The value, or nil if it is of another type.
  fileprivate func ifDecodes<Value: Decodable>(_ type: Value.Type) -> Value? {
    do { return try decode(type) } catch { return nil }
  }
}
