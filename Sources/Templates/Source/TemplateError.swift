/// What is wrong with the operator's templates: every problem found, each with its file and line.
package struct TemplateError: Error, Hashable, CustomStringConvertible {
  package struct Problem: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    /// Counted from 1; `nil` where the whole file is meant.
    package let line: Int?
    package let message: String

    package init(file: String, line: Int?, message: String) {
      self.file = file
      self.line = line
      self.message = message
    }

    package var description: String {
      line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
    }
  }

  /// Never empty.
  package let problems: [Problem]

  package init(problems: [Problem]) { self.problems = problems }

  init(file: String, line: Int?, _ message: String) {
    problems = [Problem(file: file, line: line, message: message)]
  }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
