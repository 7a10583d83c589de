import Crypto
import Foundation

/// The bytes of a file to import, which is read twice: to check it, and to insert what it says.
///
/// A pipe gives its bytes only once: they are kept in a temporary file for the second reading. Whether somebody wrote to a
/// file between the two is told by digests of both; one that was replaced under its name is read on as it was.
final class ImportSource {
  private static let chunkSize = 64 << 10
  /// In a larger file lines are not counted.
  private static let mostCounted = 256 << 20

  let path: String
  private let file: FileHandle
  /// What a pipe has given.
  private let copy: FileHandle?
  private var digest = SHA256()
  /// `nil`: it is being read for the first time.
  private var firstDigest: [UInt8]?

  /// - Throws: ``CommandFailure``: 65 if there is no such file.
  init(at path: String) throws {
    let file = try Self.opened(path)
    self.path = path
    self.file = file
    if Self.isReadableTwice(file) {
      copy = nil
    } else {
      copy = try Self.nameless()
    }
  }

  private static func opened(_ path: String) throws(CommandFailure) -> FileHandle {
    do {
      return try FileHandle(forReadingFrom: URL(filePath: path))
    } catch {
      throw .badInput("\(path) cannot be read (\(FilePlace.reason(error))); name a CSV file that this user can read")
    }
  }

  /// In a pipe or a terminal there is no going back.
  private static func isReadableTwice(_ file: FileHandle) -> Bool {
    do {
      try file.seek(toOffset: 0)
      return true
    } catch {
      return false
    }
  }

  /// A temporary file without a name: it is gone however the program ends.
  private static func nameless() throws(CommandFailure) -> FileHandle {
    let directory = FileManager.default.temporaryDirectory.path
    var name = Array("\(directory)/dues-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      throw CommandFailure(
        exit: .unavailable,
        message: "no temporary file can be made in \(directory); set TMPDIR, or name a file that is no pipe")
    }
    unlink(name)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}

extension ImportSource {
  /// Reads it from where its reading stands: the start, unless it was read before.
  func reader() -> CSVReader { CSVReader { () throws(CSVError) in try self.chunk() } }

  /// Ends the first reading: what is read from now on is read again.
  func startAgain() throws {
    firstDigest = Array(digest.finalize())
    digest = SHA256()
    try (copy ?? file).seek(toOffset: 0)
  }

  /// Whether the second reading, once it is at the end, has come upon the same bytes as the first.
  var isUnchanged: Bool { firstDigest == Array(digest.finalize()) }

  private func chunk() throws(CSVError) -> [UInt8]? {
    let isFirst = firstDigest == nil
    let read: Data?
    do {
      read = try (isFirst ? file : copy ?? file).read(upToCount: Self.chunkSize)
    } catch {
      throw CSVError(line: 1, "the file cannot be read on: \(FilePlace.reason(error))")
    }
    guard let data = read, !data.isEmpty else { return nil }
    digest.update(data: data)
    if isFirst { try keep(data) }
    return Array(data)
  }

  private func keep(_ data: Data) throws(CSVError) {
    do {
      try copy?.write(contentsOf: data)
    } catch {
      throw CSVError(
        line: 1, "what the pipe gives does not fit into a temporary file; set TMPDIR, or name a file that is no pipe")
    }
  }

  /// How many rows it seems to have, for who waits: its lines, of which a text in quotes may have several. To be asked before
  /// it is read; `nil`: nobody knows.
  func rows() -> Int? {
    guard copy == nil else { return nil }
    do {
      return try countedRows()
    } catch {
      // The reading will say what is wrong.
      return nil
    }
  }

  private func countedRows() throws -> Int? {
    let lineFeed = UInt8(ascii: "\n")
    var lines = 0
    var counted = 0
    var last = lineFeed
    while counted < Self.mostCounted, let data = try file.read(upToCount: Self.chunkSize), let end = data.last {
      lines += Array(data).count { $0 == lineFeed }
      counted += data.count
      last = end
    }
    try file.seek(toOffset: 0)
    guard counted < Self.mostCounted else { return nil }
    // Without the header, and with a last line that nothing ends.
    return max(0, lines - 1 + (last == lineFeed ? 0 : 1))
  }
}
