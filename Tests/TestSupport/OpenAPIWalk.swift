/// One value beside its schema, from the top down; `$ref` is resolved where the value goes, never ahead.
struct OpenAPIWalk {
  let schemas: [String: OpenAPISchema]
  /// Method and path, in front of every finding.
  let place: String
  /// An unlisted enum value is a violation in a request and a warning in an answer.
  var isRequest: Bool
  var findings = OpenAPIValidator.Findings()

  init(schemas: [String: OpenAPISchema], place: String, isRequest: Bool) {
    self.schemas = schemas
    self.place = place
    self.isRequest = isRequest
  }

  mutating func violation(at name: String, _ text: String) {
    findings.violations.append(name.isEmpty ? "\(place): \(text)" : "\(place): \(name): \(text)")
  }

  mutating func visit(_ value: OpenAPIValue, _ schema: OpenAPISchema, at name: String) {
    if case .null = value {
      if schema.isNullable || isAny(schema) { return }
      if schema.reference == nil, schema.alternatives.isEmpty { return violation(at: name, "is null") }
    }
    if let reference = schema.reference {
      guard let target = schemas[reference] else { return violation(at: name, "no schema \(reference)") }
      return visit(value, target, at: name)
    }
    if !schema.alternatives.isEmpty { return visitAlternatives(value, schema.alternatives, at: name) }
    if let choices = schema.choices, !isListed(value, in: choices) {
      if isRequest {
        violation(at: name, "\(value.summary) is not one of the \(choices.count) values allowed")
      } else {
        findings.warnings.append("\(place): \(name): \(value.summary) is not listed")
      }
    }
    switch schema.kind {
    case .object: visitObject(value, schema, at: name)
    case .array: visitArray(value, schema, at: name)
    case .string, .integer, .number, .boolean, nil: visitLeaf(value, schema, at: name)
    }
  }

  private func isAny(_ schema: OpenAPISchema) -> Bool {
    schema.kind == nil && schema.reference == nil && schema.alternatives.isEmpty && schema.choices == nil
  }

  private func isListed(_ value: OpenAPIValue, in choices: Set<OpenAPIValue>) -> Bool {
    switch value {
    case .text(let text): choices.contains(.string(text)) || Int64(text).map { choices.contains(.integer($0)) } == true
    default: choices.contains(value)
    }
  }

  /// Takes the first branch without a finding, else the one without a violation, else reports the closest one.
  private mutating func visitAlternatives(_ value: OpenAPIValue, _ branches: [OpenAPISchema], at name: String) {
    var best: OpenAPIValidator.Findings?
    for branch in branches {
      var walk = OpenAPIWalk(schemas: schemas, place: place, isRequest: isRequest)
      walk.visit(value, branch, at: name)
      if walk.findings == OpenAPIValidator.Findings() { return }
      let isBetter = best.map { Self.rank(walk.findings, name) < Self.rank($0, name) } ?? true
      if isBetter { best = walk.findings }
    }
    guard let best else { return }
    findings.violations += best.violations
    findings.warnings += best.warnings
  }

  /// Findings inside the value say more than one about the value itself: that branch was not of its kind.
  private static func rank(_ findings: OpenAPIValidator.Findings, _ name: String) -> Int {
    if findings.violations.isEmpty { return findings.warnings.count }
    let isWrongKind = findings.violations.contains { $0.contains(": \(name): \(wrongKind)") }
    return (isWrongKind ? 1_000_000 : 1000) + findings.violations.count
  }

  private static let wrongKind = "should be"

  private mutating func visitObject(_ value: OpenAPIValue, _ schema: OpenAPISchema, at name: String) {
    guard let members = value.members else {
      return violation(at: name, "\(Self.wrongKind) an object, is \(value.summary)")
    }
    for required in schema.required where members[required] == nil {
      violation(at: inner(name, required), "is missing")
    }
    // Sorted, so that the same exchange always gives the same list.
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      if let property = schema.properties[key] {
        visit(member, property, at: inner(name, key))
      } else {
        switch schema.additional {
        case .allowed: break
        case .forbidden: violation(at: inner(name, key), "no such parameter")
        case .matching(let other): visit(member, other, at: inner(name, key))
        }
      }
    }
  }

  private mutating func visitArray(_ value: OpenAPIValue, _ schema: OpenAPISchema, at name: String) {
    switch value {
    case .array(let list):
      guard let items = schema.items else { return }
      for (index, item) in list.enumerated() { visit(item, items, at: inner(name, String(index))) }
    case .fields(let fields):
      for (key, item) in fields.sorted(by: { $0.key < $1.key }) {
        guard Int(key) != nil else {
          violation(at: inner(name, key), "\(Self.wrongKind) an index of a list")
          continue
        }
        if let items = schema.items { visit(item, items, at: inner(name, key)) }
      }
    default: violation(at: name, "\(Self.wrongKind) a list, is \(value.summary)")
    }
  }

  private mutating func visitLeaf(_ value: OpenAPIValue, _ schema: OpenAPISchema, at name: String) {
    guard let kind = schema.kind else { return }
    let fits =
      switch (kind, value) {
      case (.string, .string), (.string, .text): true
      case (.integer, .integer), (.number, .integer), (.number, .fraction), (.boolean, .bool): true
      case (.integer, .text(let text)): Int64(text) != nil
      case (.number, .text(let text)): Double(text) != nil
      case (.boolean, .text(let text)): text == "true" || text == "false"
      default: false
      }
    guard fits else { return violation(at: name, "\(Self.wrongKind) \(kind.rawValue), is \(value.summary)") }
    if let maxLength = schema.maxLength, let text = value.text, text.count > maxLength {
      violation(at: name, "has \(text.count) characters, at most \(maxLength) are allowed")
    }
  }

  private func inner(_ name: String, _ key: String) -> String {
    if name.isEmpty { return key }
    return isRequest ? "\(name)[\(key)]" : "\(name).\(key)"
  }
}
