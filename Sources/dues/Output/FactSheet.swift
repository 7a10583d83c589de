/// Names and values in two columns: what `show` commands print.
struct FactSheet {
  private var facts: [(name: String, value: String)] = []

  /// A value that is absent is left out.
  mutating func add(_ name: String, _ value: String?) {
    if let value { facts.append((name, value)) }
  }

  var lines: [String] {
    let width = facts.map(\.name.count).max() ?? 0
    return facts.flatMap { fact in
      fact.value.wrapped(
        indent: width + 2, first: fact.name + String(repeating: " ", count: width + 2 - fact.name.count))
    }
  }
}
