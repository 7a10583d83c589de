/// Everything that is wrong with a configuration, in the order of its lines; the program exits with 78.
struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// At least one.
  var problems: [ConfigurationProblem]

  init(problems: [ConfigurationProblem]) {
    self.problems = problems
  }

  init(_ problem: ConfigurationProblem) {
    self.problems = [problem]
  }

  /// One line for each problem.
  var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong: where, what, and what to write instead.
struct ConfigurationProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// As the operator named it; `nil` when no file was found at all.
  var file: String?
  var line: Int?
  /// Only where the text is not TOML.
  var column: Int?
  /// Dotted, such as `stripe.timeout`; `nil` when the whole file is meant.
  var key: String?
  /// Never holds a secret.
  var problem: String
  /// An imperative: `write "80s"`.
  var remedy: String

  /// `config.toml:12: stripe.timeout: "10 x" is not a duration; write "80s", "15m", "24h" or "3d"`.
  var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    return [place, key ?? "", "\(problem); \(remedy)"].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
