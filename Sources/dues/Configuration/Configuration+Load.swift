import Domain
import Foundation
import TOMLKit

extension Configuration {
  /// Reads a configuration file and what it refers to. All mistakes are reported together.
  static func load(path: String, environment: [String: String]) throws(ConfigurationError) -> Configuration {
    try parse(TOMLFile.text(of: path), file: path, environment: environment)
  }

  /// Reads a configuration from its text; an empty one has all defaults.
  static func parse(
    _ text: String, file: String, environment: [String: String]
  ) throws(ConfigurationError) -> Configuration {
    try parseNotingKeys(text, file: file, environment: environment).configuration
  }

  /// Also returns every dotted key that was looked for, which is every key that a configuration may hold.
  static func parseNotingKeys(
    _ text: String, file: String, environment: [String: String]
  ) throws(ConfigurationError) -> (configuration: Configuration, keys: [String]) {
    let root = try TOMLFile.read(text, file: file, environment: environment)
    let configuration = Configuration(reading: root, file: file)
    if let error = root.findings.error() { throw error }
    return (configuration, root.findings.known.map { $0.joined(separator: ".") })
  }

  /// Holds defaults in place of what is wrong, which the findings name.
  private init(reading root: TableReader, file: String) {
    let findings = root.findings
    self.file = file
    business = Business(reading: root.table("business"))
    stripe = Stripe(reading: root.table("stripe"))
    store = Store(reading: root.table("store"))
    server = Server(reading: root.table("server"), isLive: stripe.mode == .live)
    mail = Mail(reading: root.table("mail"))
    policy = PolicyReading.policy(retry: root.table("retry"), recovery: root.table("recovery"), over: .standard)
    notices = Notices(reading: root.table("notices"))
    `operator` = Operator(reading: root.table("operator"))
    fulfillment = Fulfillment(reading: root.table("fulfillment"))
    limits = Limits(reading: root.table("limits"))
    paths = Paths(reading: root.table("paths"))
    root.finish()
    if server.publicURL == nil, business.website == nil, stripe.mode != .none {
      findings.warn(
        ["business", "website"], "there is neither this nor server.public_url, so Checkout has nowhere to return to",
        "write one of them")
    }
    if mail.delivery != .none, business.name == nil {
      findings.warn(["business", "name"], "mails have no name to sign with", "write the name that customers know")
    }
    notYet = findings.notYet
    warnings = findings.warnings
  }
}

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
