import Foundation

@testable import dues

/// Files for one test, gone after it.
struct Scratch {
  let directory: String

  /// Runs `body` with a directory of its own that holds `files`, by relative path.
  static func with<T>(_ files: [String: String] = [:], _ body: (Scratch) throws -> T) throws -> T {
    let directory = FileManager.default.temporaryDirectory.appending(path: "dues-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer {
      do {
        try FileManager.default.removeItem(at: directory)
      } catch {
        preconditionFailure("\(directory.path) cannot be removed: \(error)")
      }
    }
    for (name, text) in files {
      let file = directory.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return try body(Scratch(directory: directory.path))
  }

  func path(_ name: String) -> String { "\(directory)/\(name)" }
}

extension Configuration {
  /// A configuration in `config.toml`, for tests.
  static func of(_ text: String, environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration {
    try parse(text, file: "config.toml", environment: environment)
  }

  /// What reading a text complains about; empty if nothing.
  static func complaint(of text: String, environment: [String: String] = [:]) -> String {
    do throws(ConfigurationError) {
      _ = try of(text, environment: environment)
      return ""
    } catch {
      return error.description
    }
  }
}

/// The files of the repository, as they are.
enum Repository {
  static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func text(of file: String) throws -> String {
    try String(contentsOf: URL(filePath: "\(path)/\(file)"), encoding: .utf8)
  }
}
