extension Shape {
  /// Refuses what Stripe refuses before it runs anything: unknown, missing and malformed parameters.
  func check(_ parameters: FormValue, named name: String = "") throws(StripeError) {
    switch self {
    case .any: return
    case .map(let fields): try Shape.check(parameters, fields: fields, named: name)
    case .metadata: try Shape.checkMetadata(parameters, named: name)
    case .list(let element):
      if parameters.text == "" { return }
      guard let elements = parameters.elements else { throw .invalid("Invalid array", param: name) }
      for (index, value) in elements.enumerated() { try element.check(value, named: "\(name)[\(index)]") }
    case .range:
      if case .map(let bounds) = parameters {
        for (bound, value) in bounds.sorted(by: { $0.key < $1.key }) {
          guard ["gt", "gte", "lt", "lte"].contains(bound) else { throw .unknownParameter("\(name)[\(bound)]") }
          try Shape.integer.check(value, named: "\(name)[\(bound)]")
        }
      } else {
        try Shape.integer.check(parameters, named: name)
      }
    case .string, .integer, .boolean, .oneOf:
      guard let text = parameters.text else {
        throw .invalid("Invalid string: expected a value, got a hash.", param: name)
      }
      try checkLeaf(text, named: name)
    }
  }

  private func checkLeaf(_ text: String, named name: String) throws(StripeError) {
    switch self {
    case .string(let longest):
      guard text.unicodeScalars.count <= longest else {
        throw .invalid("Invalid string: must be at most \(longest) characters", param: name)
      }
    case .integer:
      guard Int(text) != nil || text.isEmpty else {
        throw .invalid("Invalid integer: \(text)", code: "parameter_invalid_integer", param: name)
      }
    case .boolean:
      guard text == "true" || text == "false" else { throw .invalid("Invalid boolean: \(text)", param: name) }
    case .oneOf(let values):
      guard values.contains(text) || text.isEmpty else {
        throw .invalid("Invalid \(name): must be one of \(values.joined(separator: ", "))", param: name)
      }
    case .list, .map, .metadata, .range, .any: return
    }
  }

  private static func check(
    _ parameters: FormValue, fields: [String: Field], named name: String
  ) throws(StripeError) {
    if parameters.text == "" { return }  // unsets the whole
    guard case .map(let members) = parameters else { throw .invalid("Invalid object", param: name) }
    func full(_ key: String) -> String { name.isEmpty ? key : "\(name)[\(key)]" }
    let keys = members.keys.sorted()
    if let unknown = keys.first(where: { fields[$0] == nil }) { throw .unknownParameter(full(unknown)) }
    if let missing = fields.keys.sorted().first(where: { fields[$0]?.isRequired == true && members[$0] == nil }) {
      throw .missingParameter(full(missing))
    }
    for key in keys {
      guard let field = fields[key], let value = members[key] else { continue }
      if value.text == "", field.isRequired {
        throw .invalid(
          "You passed an empty string for '\(full(key))'. We assume empty values are an attempt to unset a parameter;"
            + " however '\(full(key))' cannot be unset.", code: "parameter_invalid_empty", param: full(key))
      }
      try field.shape.check(value, named: full(key))
    }
  }

  /// 50 keys, 40 characters a key, 500 a value (api/metadata).
  private static func checkMetadata(_ parameters: FormValue, named name: String) throws(StripeError) {
    if parameters.text == "" { return }
    guard case .map(let members) = parameters else { throw .invalid("Invalid object", param: name) }
    guard members.count <= 50 else { throw .invalid("Metadata can have up to 50 keys.", param: name) }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let text = value.text else {
        throw .invalid(
          "Metadata values must be strings, but for key '\(key)' you passed in a value of type hash", param: name)
      }
      guard key.count <= 40, text.count <= 500 else {
        throw .invalid(
          "Metadata keys can have up to 40 and values up to 500 characters; '\(key)' has more.", param: name)
      }
    }
  }
}
