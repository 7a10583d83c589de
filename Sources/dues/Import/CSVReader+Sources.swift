import Foundation

extension CSVReader {
  private static let chunkSize = 64 << 10

  /// Reads from bytes in memory.
  init(bytes: [UInt8]) {
    var rest: [UInt8]? = bytes
    self.init { () throws(CSVError) in
      defer { rest = nil }
      return rest
    }
  }

  /// Runs `body` with a reader of a file, which is open as long as that takes.
  ///
  /// - Throws: what `body` throws, and ``FileProblem`` if there is no such file.
  static func withFile<Result>(_ path: String, _ body: (inout CSVReader) throws -> Result) throws -> Result {
    let file: FileHandle
    do {
      file = try FileHandle(forReadingFrom: URL(filePath: path))
    } catch {
      throw FileProblem(path: path, reason: FilePlace.reason(error))
    }
    var reader = CSVReader { () throws(CSVError) in
      do {
        let data = try file.read(upToCount: chunkSize)
        return data.flatMap { $0.isEmpty ? nil : Array($0) }
      } catch {
        throw CSVError(line: 1, "the file cannot be read on: \(FilePlace.reason(error))")
      }
    }
    let result = Swift.Result { try body(&reader) }
    try file.close()
    return try result.get()
  }

  /// A file that cannot be opened.
  struct FileProblem: Error, Sendable, Equatable, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path) cannot be read (\(reason)); name a CSV file that this user can read" }
  }
}
