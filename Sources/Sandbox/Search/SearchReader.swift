/// Reads the text of a query, clause by clause.
struct SearchReader {
  private var rest: Substring

  init(_ text: String) { rest = text[...] }

  /// - Returns: the clauses, and whether one of them is enough.
  mutating func query() throws(StripeError) -> ([SearchQuery.Clause], isAny: Bool) {
    var clauses: [SearchQuery.Clause] = []
    var joints: Set<String> = []
    skipBlanks()
    while !rest.isEmpty {
      if !clauses.isEmpty { joints.insert(takeJoint()) }
      clauses.append(try clause())
      let isParted = rest.isEmpty || rest.first?.isWhitespace == true
      guard isParted else { throw .unreadableQuery }
      skipBlanks()
    }
    guard !clauses.isEmpty else { throw .unreadableQuery }
    guard joints.count < 2 else {
      throw .invalid("You cannot combine AND and OR in one search query; use one or the other.")
    }
    return (clauses, joints.contains("or"))
  }

  /// `AND`, `OR`, or the blank between two clauses, which means AND.
  private mutating func takeJoint() -> String {
    let word = rest.prefix { $0.isLetter }.lowercased()
    let isJoint = word == "and" || word == "or"
    guard isJoint, rest.dropFirst(word.count).first?.isWhitespace == true else { return "and" }
    rest = rest.dropFirst(word.count)
    skipBlanks()
    return word
  }

  private mutating func clause() throws(StripeError) -> SearchQuery.Clause {
    let isNegated = take("-")
    let field = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    guard !field.isEmpty else { throw .unreadableQuery }
    rest = rest.dropFirst(field.count)
    var key: String?
    if take("[") {
      key = try quoted()
      guard take("]") else { throw .unreadableQuery }
    }
    let comparison = try comparison()
    return SearchQuery.Clause(
      isNegated: isNegated, field: field, key: key, comparison: comparison, value: try value())
  }

  private mutating func comparison() throws(StripeError) -> SearchQuery.Operator {
    for sign in [SearchQuery.Operator.atLeast, .atMost, .over, .under, .contains, .equal] where take(sign.rawValue) {
      return sign
    }
    throw .unreadableQuery
  }

  /// A quoted text, a bare number, or `null`.
  private mutating func value() throws(StripeError) -> String? {
    if let first = rest.first, first == "'" || first == "\"" { return try quoted() }
    let word = rest.prefix { !$0.isWhitespace }
    rest = rest.dropFirst(word.count)
    if word.lowercased() == "null" { return nil }
    guard Int(word) != nil else { throw .unreadableQuery }
    return String(word)
  }

  /// A backslash takes the next character as it is.
  private mutating func quoted() throws(StripeError) -> String {
    guard let quote = rest.popFirst(), quote == "'" || quote == "\"" else { throw .unreadableQuery }
    var text = ""
    while let character = rest.popFirst() {
      if character == quote { return text }
      if character == "\\" {
        guard let escaped = rest.popFirst() else { break }
        text.append(escaped)
      } else {
        text.append(character)
      }
    }
    throw .unreadableQuery
  }

  private mutating func take(_ sign: String) -> Bool {
    guard rest.hasPrefix(sign) else { return false }
    rest = rest.dropFirst(sign.count)
    return true
  }

  private mutating func skipBlanks() { rest = rest.drop(while: \.isWhitespace) }
}

extension StripeError {
  fileprivate static let unreadableQuery = StripeError.invalid(
    "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query for metadata"
      + " or key:\"value\" to query for other fields.")
}
