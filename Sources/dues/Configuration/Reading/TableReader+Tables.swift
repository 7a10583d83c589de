import Domain

// MARK: - Tables

extension TableReader {
  /// A table within; an empty one if it is absent.
  func table(_ key: String) -> TableReader {
    findings.noteKnown(path + [key])
    var inner: [String: TOMLNode] = [:]
    switch values[key] {
    case nil: break
    case .table(let values)?: inner = values
    case let other?:
      report(key, "is \(other.kind), not a table", "write a table: [\((path + [key]).joined(separator: "."))]")
    }
    return TableReader(path: path + [key], values: inner, findings: findings, resolver: resolver)
  }

  /// A table of amounts by currency: `{usd = 100000}`.
  func amounts(_ key: String) -> [Currency: Int64] {
    let table = table(key)
    var amounts: [Currency: Int64] = [:]
    for code in table.values.keys.sorted() {
      table.findings.noteKnown(table.path + [code])
      do throws(CurrencyError) {
        let currency = try Currency(code: code)
        if let amount = table.integer(code, in: 1...Int(Money.largestAmount)) { amounts[currency] = Int64(amount) }
      } catch {
        let problem = ValueProblem(sentence: error)
        table.report(code, problem.problem, problem.remedy)
      }
    }
    return amounts
  }

  /// Notes the keys that nothing has asked for. Call it when everything else is read.
  func finish() {
    for key in values.keys where !findings.known.contains(path + [key]) { findings.noteUnknown(path + [key]) }
  }
}

// MARK: - Reporting

extension TableReader {
  func report(_ key: String, _ problem: String, _ remedy: String) {
    findings.report(path + [key], problem, remedy)
  }

  func warn(_ key: String, _ problem: String, _ remedy: String) {
    findings.warn(path + [key], problem, remedy)
  }

  static func alternatives(_ texts: [String]) -> String {
    let quoted = texts.map { "\"\($0)\"" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
  }
}
