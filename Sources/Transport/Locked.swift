import Foundation

/// A value that several threads share, behind a lock that ThreadSanitizer understands.
package final class Locked<Value: Sendable>: Sendable {
  private let lock = NSLock()
  /// Touched only while `lock` is held.
  nonisolated(unsafe) private var value: Value

  package init(_ value: Value) {
    self.value = value
  }

  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
