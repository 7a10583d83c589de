import Domain
import Foundation

@testable import dues

extension CSVReader {
  /// Reads from bytes in memory, in pieces of a size.
  init(bytes: [UInt8], pieces: Int = .max) {
    var rest = bytes[...]
    self.init { () throws(CSVError) in
      guard !rest.isEmpty else { return nil }
      let piece = Array(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
      return piece
    }
  }
}

extension ImportFile {
  /// All that a text comes to.
  static func all(of text: String) -> (drafts: [Draft], errors: [ImportError]) {
    var file = ImportFile(CSVReader(bytes: Array(text.utf8)))
    let drafts = file.next(atMost: .max)
    return (drafts, file.errors)
  }
}

extension Scratch {
  /// Runs `body`, which may wait, with a directory of its own.
  static func during<T>(_ body: (Scratch) async throws -> T) async throws -> T {
    let directory = FileManager.default.temporaryDirectory.appending(path: "dues-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let result: Result<T, any Error>
    do {
      result = .success(try await body(Scratch(directory: directory.path)))
    } catch {
      result = .failure(error)
    }
    try FileManager.default.removeItem(at: directory)
    return try result.get()
  }

  /// Writes a file in place: whoever has it open sees what is written.
  func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: URL(filePath: path(name))) }
}
