import Foundation

/// Lines on stdout and stderr. (Swift 6 refuses the C globals of the same name.)
enum StandardStreams {
  static func out(_ line: String) { write(line, to: FileHandle.standardOutput) }
  static func error(_ line: String) { write(line, to: FileHandle.standardError) }

  /// A reader that has gone away is no reason to stop charging.
  private static func write(_ line: String, to handle: FileHandle) {
    do {
      try handle.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      return
    }
  }
}
