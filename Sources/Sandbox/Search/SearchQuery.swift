/// A query in Stripe's search language (docs.stripe.com/search), read and checked against a resource's fields.
///
///     status:'succeeded' AND -metadata['order']:null
struct SearchQuery: Sendable, Equatable {
  /// What a field can be asked.
  enum FieldType: Sendable {
    /// Equal, without regard to case.
    case token
    /// The words in their order, or a part of three characters and more.
    case string
    case numeric
  }

  enum Operator: String, Sendable {
    case equal = ":"
    case contains = "~"
    case over = ">"
    case atLeast = ">="
    case under = "<"
    case atMost = "<="
  }

  struct Clause: Sendable, Equatable {
    var isNegated: Bool
    var field: String
    /// Of `metadata['key']`.
    var key: String?
    var comparison: Operator
    /// Nil for `null`.
    var value: String?
  }

  /// What a resource lets itself be searched by.
  struct Fields: Sendable {
    var resource: String
    var types: [String: FieldType]

    static let customers = Fields(
      resource: "customers",
      types: ["created": .numeric, "email": .string, "metadata": .token, "name": .string, "phone": .string])
    static let paymentIntents = Fields(
      resource: "payment_intents",
      types: [
        "amount": .numeric, "created": .numeric, "currency": .token, "customer": .token, "metadata": .token,
        "status": .token,
      ])
  }

  static let mostClauses = 10
  static let shortestPart = 3

  private(set) var clauses: [Clause]
  private var isAny: Bool
  private var types: [String: FieldType]

  init(_ text: String, _ fields: Fields) throws(StripeError) {
    var reader = SearchReader(text)
    (clauses, isAny) = try reader.query()
    types = fields.types
    guard clauses.count <= Self.mostClauses else {
      throw .invalid("You can combine up to \(Self.mostClauses) query clauses in a search; this one has more.")
    }
    for clause in clauses { try check(clause, fields) }
  }

  private func check(_ clause: Clause, _ fields: Fields) throws(StripeError) {
    guard let type = fields.types[clause.field], (clause.field == "metadata") == (clause.key != nil) else {
      let page = fields.resource.replacing("_", with: "-")
      throw .invalid(
        "Field `\(clause.field)` is an unsupported search field for resource `\(fields.resource)`. See"
          + " http://stripe.com/docs/search#query-fields-for-\(page) for a list of supported fields.")
    }
    let fits =
      switch clause.comparison {
      case .equal: true
      case .contains: type == .string && clause.value != nil
      case .over, .atLeast, .under, .atMost: type == .numeric && clause.value != nil
      }
    guard fits else {
      throw .invalid("Operator `\(clause.comparison.rawValue)` is not supported for field `\(clause.field)`.")
    }
    guard let value = clause.value else { return }
    if type == .numeric, Int(value) == nil {
      throw .invalid("Field `\(clause.field)` is numeric; `\(value)` is no number.")
    }
    if clause.comparison == .contains, value.count < Self.shortestPart {
      throw .invalid("Substring matches must have at least \(Self.shortestPart) characters; `\(value)` has fewer.")
    }
  }

  func matches(_ object: JSON) -> Bool {
    isAny ? clauses.contains { holds($0, object) } : clauses.allSatisfy { holds($0, object) }
  }

  private func holds(_ clause: Clause, _ object: JSON) -> Bool {
    let found = clause.key.map { object["metadata"][$0] } ?? object[clause.field]
    return compare(found, clause) != clause.isNegated
  }

  private func compare(_ found: JSON, _ clause: Clause) -> Bool {
    guard let value = clause.value else { return found.isNull }
    if types[clause.field] == .numeric {
      guard let left = found.integer, let right = Int(value) else { return false }
      switch clause.comparison {
      case .over: return left > right
      case .atLeast: return left >= right
      case .under: return left < right
      case .atMost: return left <= right
      case .equal, .contains: return left == right
      }
    }
    guard let text = found.text?.lowercased() else { return false }
    let wanted = value.lowercased()
    if clause.comparison == .contains { return text.contains(wanted) }
    guard types[clause.field] == .string else { return text == wanted }
    let words = wanted.split(whereSeparator: \.isWhitespace)
    return !words.isEmpty && text.split(whereSeparator: \.isWhitespace).contains(words)
  }
}
