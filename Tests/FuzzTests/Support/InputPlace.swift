import Foundation
import Glibc

/// A file with the input that is being judged, for when the process dies of it.
struct InputPlace {
  let path: String
  private let descriptor: Int32

  /// - Parameter parent: the process that waits for the verdict, so that it finds the file.
  init(of target: FuzzTarget, parent: Int32) throws {
    path = Self.path(of: target, parent: parent)
    descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw Wrong("\(path) cannot be written") }
  }

  static func path(of target: FuzzTarget, parent: Int32) -> String {
    FileManager.default.temporaryDirectory.appending(path: "dues-fuzz-\(parent)-\(target.rawValue)").path
  }

  func write(_ bytes: [UInt8]) {
    let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    precondition(written == bytes.count && ftruncate(descriptor, bytes.count) == 0, "\(path) cannot be written")
  }

  func clear() {
    close(descriptor)
    unlink(path)
  }
}
