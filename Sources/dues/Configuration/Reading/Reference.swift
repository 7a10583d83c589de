import Foundation

/// A value that stands elsewhere: `env:NAME`, `file:/path` or `credential:NAME`.
enum Reference: Sendable, Equatable {
  case environment(String)
  case file(String)
  /// A systemd credential, in `$CREDENTIALS_DIRECTORY`.
  case credential(String)

  /// `nil` for a text that is simply a text.
  init?(_ text: String) {
    // A quote that is not closed makes a text of lines.
    guard !text.contains(where: \.isNewline) else { return nil }
    if let name = text.suffix(after: "env:") {
      self = .environment(name)
    } else if let path = text.suffix(after: "file:") {
      self = .file(path)
    } else if let name = text.suffix(after: "credential:") {
      self = .credential(name)
    } else {
      return nil
    }
  }
}

extension String {
  fileprivate func suffix(after prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

/// Looks references up.
struct ReferenceResolver: Sendable {
  /// `nil` where references are refused: what a job charges must not depend on who runs it.
  var environment: [String: String]?
  /// Where relative paths begin.
  var directory: String

  /// A secret is a line; a file larger than this is something else.
  private static let largestFile = 64 << 10

  /// The text that a reference stands for; an empty one counts as missing.
  func resolve(_ reference: Reference) throws(ValueProblem) -> String {
    guard let environment else {
      throw ValueProblem("refers to another place, which a job file may not", "write the value itself")
    }
    switch reference {
    case .environment(let name):
      guard !name.isEmpty else { throw ValueProblem("names no variable", "write \"env:NAME\"") }
      guard let value = environment[name] else { throw ValueProblem("is not set", "set $\(name)") }
      guard !value.isEmpty else { throw ValueProblem("is empty", "set $\(name)") }
      return value
    case .file(let path):
      guard !path.isEmpty else { throw ValueProblem("names no file", "write \"file:/path\"") }
      return try read(FilePlace.resolved(path, in: directory), hint: "")
    case .credential(let name):
      guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
        throw ValueProblem("names no credential", "write \"credential:NAME\"")
      }
      guard let place = environment["CREDENTIALS_DIRECTORY"] else {
        throw ValueProblem(
          "is out of reach ($CREDENTIALS_DIRECTORY is not set)",
          "add LoadCredential=\(name):/path to the systemd unit, or write \"env:NAME\" or \"file:/path\"")
      }
      return try read(
        FilePlace.resolved(name, in: place), hint: ", and name it in the systemd unit (LoadCredential=\(name):/path)")
    }
  }

  private func read(_ path: String, hint: String) throws(ValueProblem) -> String {
    let remedy = "make \(path) a text file that this user can read\(hint)"
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw ValueProblem("cannot be read (\(FilePlace.reason(error)))", remedy)
    }
    guard bytes.count <= Self.largestFile, let text = String(bytes: bytes, encoding: .utf8) else {
      throw ValueProblem("is not a short UTF-8 text", remedy)
    }
    let trimmed = text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text
    guard !trimmed.isEmpty else { throw ValueProblem("is empty", remedy) }
    return trimmed
  }
}
