import Domain
import Foundation

/// Reads the values of one TOML table, resolves references, and reports what is wrong instead of throwing, so that one
/// run finds all mistakes. A value that is wrong reads as `nil`, like one that is absent.
struct TableReader {
  let path: [String]
  let findings: Findings
  let resolver: ReferenceResolver
  let values: [String: TOMLNode]

  init(path: [String], values: [String: TOMLNode], findings: Findings, resolver: ReferenceResolver) {
    self.path = path
    self.values = values
    self.findings = findings
    self.resolver = resolver
  }

  /// A value, and how messages may name it.
  private struct Reading {
    var node: TOMLNode
    /// `"10 x"` for a text in the file, `the value of env:NAME` for a reference.
    var shown: String
    var isReferenced: Bool
  }
}

// MARK: - Typed values

extension TableReader {
  func has(_ key: String) -> Bool { values[key] != nil }

  /// Whether a key holds this very text, or refers to it.
  func isText(_ key: String, _ text: String) -> Bool {
    guard case .text(let written)? = values[key] else { return false }
    guard let reference = Reference(written) else { return written == text }
    do throws(ValueProblem) {
      return try resolver.resolve(reference) == text
    } catch {
      // Whoever reads the value reports it.
      return false
    }
  }

  func text(_ key: String) -> String? {
    value(key) { text throws(ValueProblem) in text }
  }

  /// A text that is read further; what `convert` throws is reported with the value quoted.
  func value<T>(_ key: String, _ convert: (String) throws(ValueProblem) -> T) -> T? {
    reading(key).flatMap { converted($0, at: path + [key], convert) }
  }

  /// A text that is never quoted in a message.
  func secret(_ key: String) -> Secret? {
    guard var reading = reading(key) else { return nil }
    if !reading.isReferenced {
      reading.shown = "the value"
      if case .text(let text) = reading.node, !text.isEmpty {
        findings.warn(path + [key], "a secret stands in the file itself", Self.secretRemedy)
      }
    }
    return converted(reading, at: path + [key]) { text throws(ValueProblem) in Secret(text) }
  }

  static let secretRemedy = "write \"env:NAME\", \"file:/path\" or \"credential:NAME\""

  /// A secret that is looked for even if nothing is written: absent when it is nowhere.
  func secret(_ key: String, orEnvironment name: String) -> Secret? {
    if has(key) { return secret(key) }
    findings.noteKnown(path + [key])
    return resolver.environment?[name].flatMap { $0.isEmpty ? nil : Secret($0) }
  }

  func duration(_ key: String) -> Duration? { value(key, DurationText.parse) }

  /// A path, resolved against the file.
  func path(_ key: String) -> String? {
    text(key).map { FilePlace.resolved($0, in: resolver.directory) }
  }

  /// The path of a file that must be readable.
  func readableFile(_ key: String) -> String? {
    guard let place = path(key) else { return nil }
    if FileManager.default.isReadableFile(atPath: place) { return place }
    report(key, "\(Self.quoted(place)) cannot be read", "name a file that this user can read")
    return nil
  }

  func choice<E: RawRepresentable<String> & CaseIterable>(_ key: String, _: E.Type) -> E? {
    value(key) { text throws(ValueProblem) in
      if let choice = E(rawValue: text) { return choice }
      throw ValueProblem("is not known here", "write \(Self.alternatives(E.allCases.map(\.rawValue)))")
    }
  }

  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let reading = reading(key) else { return nil }
    let remedy = "write a whole number from \(range.lowerBound) to \(range.upperBound)"
    let number: Int?
    switch reading.node {
    case .integer(let value): number = value
    case .text(let text) where reading.isReferenced: number = Int(text)
    default: number = nil
    }
    guard let number else {
      let problem = reading.isReferenced ? "is not a whole number" : "is \(reading.node.kind), not a whole number"
      report(key, "\(reading.shown) \(problem)", remedy)
      return nil
    }
    guard range.contains(number) else {
      report(key, "\(reading.shown) is out of range", remedy)
      return nil
    }
    return number
  }

  func flag(_ key: String) -> Bool? {
    guard let reading = reading(key) else { return nil }
    switch reading.node {
    case .flag(let value): return value
    case .text("true") where reading.isReferenced: return true
    case .text("false") where reading.isReferenced: return false
    default:
      report(key, "\(reading.shown) is neither true nor false", "write true or false, without quotes")
      return nil
    }
  }

  /// A share from 0 to 1, in thousandths.
  func perMille(_ key: String) -> Int? {
    guard let reading = reading(key) else { return nil }
    let share: Double?
    switch reading.node {
    case .decimal(let value): share = value
    case .integer(let value): share = Double(value)
    case .text(let text) where reading.isReferenced: share = Double(text)
    default: share = nil
    }
    guard let share, (0...1).contains(share) else {
      report(key, "\(reading.shown) is not a share", "write a number from 0 to 1, such as 0.5")
      return nil
    }
    return Int((share * 1000).rounded())
  }

  /// A list of texts. A reference in place of the list stands for texts between commas or on lines.
  func list<T>(_ key: String, _ convert: (String) throws(ValueProblem) -> T) -> [T]? {
    guard let reading = reading(key) else { return nil }
    switch reading.node {
    case .array(let nodes):
      return nodes.enumerated().compactMap { position, node in
        let place = path + [key, String(position)]
        return resolved(node, at: place).flatMap { converted($0, at: place, convert) }
      }
    case .text(let text) where reading.isReferenced:
      let parts = text.split(whereSeparator: { $0 == "," || $0.isNewline })
      return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.compactMap { part in
        converted(Reading(node: .text(part), shown: reading.shown, isReferenced: true), at: path + [key], convert)
      }
    default:
      report(key, "\(reading.shown) is \(reading.node.kind), not a list", "write it as [\"…\", \"…\"]")
      return nil
    }
  }

  func durations(_ key: String) -> [Duration]? { list(key, DurationText.parse) }

  /// A list of secrets.
  func secrets(_ key: String) -> [Secret]? {
    if case .array(let nodes) = values[key],
      nodes.contains(where: { node in
        if case .text(let text) = node { Reference(text) == nil } else { false }
      })
    {
      findings.warn(path + [key], "a secret stands in the file itself", Self.secretRemedy)
    }
    return list(key) { text throws(ValueProblem) in Secret(text) }
  }
}

// MARK: - References

extension TableReader {
  private func reading(_ key: String) -> Reading? {
    findings.noteKnown(path + [key])
    return values[key].flatMap { resolved($0, at: path + [key]) }
  }

  private func resolved(_ node: TOMLNode, at path: [String]) -> Reading? {
    guard case .text(let text) = node else {
      return Reading(node: node, shown: Self.shown(node), isReferenced: false)
    }
    guard let reference = Reference(text) else {
      return Reading(node: node, shown: Self.quoted(text), isReferenced: false)
    }
    do throws(ValueProblem) {
      let value = try resolver.resolve(reference)
      return Reading(node: .text(value), shown: "the value of \(text)", isReferenced: true)
    } catch {
      findings.report(path, "\(Self.quoted(text)) \(error.problem)", error.remedy)
      return nil
    }
  }

  private func converted<T>(
    _ reading: Reading, at path: [String], _ convert: (String) throws(ValueProblem) -> T
  ) -> T? {
    guard case .text(let text) = reading.node else {
      findings.report(path, "\(reading.shown) is \(reading.node.kind), not a text", "write it in quotes: \"…\"")
      return nil
    }
    do throws(ValueProblem) {
      guard !text.isEmpty else { throw ValueProblem("is empty", "write a value, or remove the key") }
      return try convert(text)
    } catch {
      let sentence =
        error.quotesValue
        ? error.problem.replacing("\"\(text)\"", with: reading.shown) : "\(reading.shown) \(error.problem)"
      findings.report(path, sentence, error.remedy)
      return nil
    }
  }

  /// A text in a message: its first line, cut. A quote that is not closed makes a text of the rest of the file, secrets
  /// and all.
  private static func quoted(_ text: String) -> String {
    let shown = text.prefix { !$0.isNewline }.prefix(100)
    return "\"\(shown)\(shown.endIndex < text.endIndex ? "…" : "")\""
  }

  private static func shown(_ node: TOMLNode) -> String {
    switch node {
    case .text(let text): quoted(text)
    case .integer(let number): "\(number)"
    case .decimal(let number): "\(number)"
    case .flag(let flag): "\(flag)"
    case .moment, .array, .table: "the value"
    }
  }
}
