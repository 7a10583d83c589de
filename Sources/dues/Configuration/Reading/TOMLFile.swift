import Foundation
import TOMLKit

/// A TOML file on the way to its values.
enum TOMLFile {
  /// Nobody writes more by hand.
  private static let largestFile = 1 << 20

  static func text(of path: String) throws(ConfigurationError) -> String {
    func problem(_ problem: String, _ remedy: String) -> ConfigurationError {
      ConfigurationError(ConfigurationProblem(file: path, problem: problem, remedy: remedy))
    }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw problem("cannot be read (\(FilePlace.reason(error)))", "name a file that this user can read")
    }
    guard bytes.count <= largestFile else { throw problem("is larger than 1 MiB", "name a TOML file") }
    // A NUL would end the text for TOMLKit, silently.
    guard let text = String(bytes: bytes, encoding: .utf8), !bytes.contains(0) else {
      throw problem("is not UTF-8 text", "save it as UTF-8")
    }
    return text
  }

  /// The reader of the outermost table. Without an environment, references are refused.
  static func read(
    _ text: String, file: String, environment: [String: String]?
  ) throws(ConfigurationError) -> TableReader {
    if let hazard = TOMLHazards.first(in: text) {
      throw ConfigurationError(
        ConfigurationProblem(file: file, line: hazard.line, problem: hazard.problem, remedy: hazard.remedy))
    }
    let node: TOMLNode
    do {
      node = try TOMLNode(document: text)
    } catch let error as TOMLParseError {
      let (problem, remedy) = wording(error.description)
      throw ConfigurationError(
        ConfigurationProblem(
          file: file, line: error.source.begin.line, column: error.source.begin.column, problem: problem,
          remedy: remedy))
    } catch {
      throw ConfigurationError(ConfigurationProblem(file: file, problem: "is not TOML", remedy: "mend it"))
    }
    guard case .table(let values) = node else { preconditionFailure("a TOML document is a table") }
    let resolver = ReferenceResolver(environment: environment, directory: FilePlace.directory(of: file))
    let findings = Findings(file: file, lines: KeyLines(document: text))
    return TableReader(path: [], values: values, findings: findings, resolver: resolver)
  }

  /// The parser's words for a person. What it quotes from the file is left out, for it may be a secret; a single letter
  /// and the name of a key that is there twice are not.
  private static func wording(_ description: String) -> (problem: String, remedy: String) {
    let words = description.replacing("Error while parsing ", with: "").trimmingCharacters(in: .whitespacesAndNewlines)
    if words.contains("cannot redefine existing") { return ("is not TOML (\(words))", "remove one of the two") }
    let parts = words.split(separator: "'", omittingEmptySubsequences: false)
    let safe = parts.enumerated().map { $0 % 2 == 1 && $1.count > 2 ? "…" : String($1) }.joined(separator: "'")
    return ("is not TOML (\(safe))", "mend this line; texts want quotes")
  }
}
