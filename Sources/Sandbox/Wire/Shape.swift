/// What an operation's parameters may be; written as text, close to Stripe's reference:
///
///     amount!: integer, currency!: string, automatic_payment_methods: {enabled!: boolean, allow_redirects: always|never}
///
/// `!` is required, `[string]` a list, `string(22)` has a longest length, `range` is a number or `gt gte lt lte`,
/// `any` is not looked into. What fails here never began to run, and is not kept under an idempotency key.
indirect enum Shape: Sendable, Equatable {
  case string(longest: Int)
  case integer
  case boolean
  case oneOf([String])
  case list(Shape)
  case map([String: Field])
  case metadata
  case range
  case any

  struct Field: Sendable, Equatable {
    var shape: Shape
    var isRequired: Bool
  }

  /// Reads the text of a whole operation. A mistake in it is a mistake of ours, and stops the program.
  init(_ text: String) {
    var reader = ShapeReader(text)
    self = .map(reader.fields())
    precondition(reader.isAtEnd, "shape not understood at: \(reader.rest)")
  }
}

private struct ShapeReader {
  private var characters: ArraySlice<Character>

  init(_ text: String) { characters = Array(text.filter { !$0.isWhitespace })[...] }

  var isAtEnd: Bool { characters.isEmpty }
  var rest: String { String(characters.prefix(40)) }

  mutating func fields() -> [String: Shape.Field] {
    var fields: [String: Shape.Field] = [:]
    while let first = characters.first, first != "}" {
      let name = word()
      let isRequired = take("!")
      precondition(take(":"), "a colon after \(name)")
      fields[name] = Shape.Field(shape: shape(), isRequired: isRequired)
      if !take(",") { break }
    }
    return fields
  }

  private mutating func shape() -> Shape {
    if take("[") {
      let element = shape()
      precondition(take("]"), "a list is closed")
      return .list(element)
    }
    if take("{") {
      let members = fields()
      precondition(take("}"), "a map is closed")
      return .map(members)
    }
    let name = word()
    switch name {
    case "string":
      guard take("(") else { return .string(longest: 5000) }
      let longest = Int(word())
      precondition(take(")") && longest != nil, "a length")
      return .string(longest: longest ?? 5000)
    case "integer": return .integer
    case "boolean": return .boolean
    case "metadata": return .metadata
    case "range": return .range
    case "any": return .any
    default:
      var names = [name]
      while take("|") { names.append(word()) }
      return .oneOf(names)
    }
  }

  private mutating func word() -> String {
    let word = characters.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    characters = characters.dropFirst(word.count)
    return String(word)
  }

  private mutating func take(_ character: Character) -> Bool {
    guard characters.first == character else { return false }
    characters = characters.dropFirst()
    return true
  }
}
