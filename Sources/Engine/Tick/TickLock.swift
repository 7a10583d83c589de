import Foundation

/// The lock of a tick: one per ledger, held by the operating system, so that it dies with the process.
package enum TickLock {
  /// Runs `body` while holding the lock.
  ///
  /// - Throws: ``TickLockError`` if another tick is running, or the file beside the ledger cannot be made; else what
  ///   `body` throws.
  package static func holding<Result>(ledgerPath: String, _ body: () async throws -> Result) async throws -> Result {
    let descriptor = try take(ledgerPath + ".tick-lock")
    defer {
      // Closing alone leaves it to a child that was forked meanwhile (a merchant's program), until that has become its own.
      flock(descriptor, LOCK_UN)
      close(descriptor)
    }
    return try await body()
  }

  private static func take(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw TickLockError.cannotLock(path, String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      close(descriptor)
      if reason == EWOULDBLOCK { throw TickLockError.running }
      throw TickLockError.cannotLock(path, String(cString: strerror(reason)))
    }
    return descriptor
  }
}

package enum TickLockError: Error, Sendable, Equatable, CustomStringConvertible {
  case running
  case cannotLock(String, String)

  package var description: String {
    switch self {
    case .running: "another tick is running on this ledger; this one has nothing to do"
    case .cannotLock(let path, let reason): "cannot lock \(path): \(reason); check the directory's permissions"
    }
  }
}
