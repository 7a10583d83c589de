import Domain
import Foundation

/// The small file beside a ledger that holds how far it has come. It stays behind when the ledger alone is put back, and
/// that is how an older copy is known.
///
/// Written after each commit that counts, before anything is sent, in place and without a sync: after a power cut it may
/// say less than the ledger, which proves nothing against it; it never says more.
struct ProgressFile: Sendable {
  enum Reading: Sendable, Equatable {
    /// No file, or none that can be read as one of this ledger.
    case none
    case reached(Int64)
  }

  let path: String

  init(ledgerPath: String) { path = ledgerPath + ".progress" }

  /// - Throws: ``LedgerError/progressFile(path:reason:)`` if it is there and cannot be read at all.
  func read(of ledger: LedgerID) throws -> Reading {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return .none }
      throw failure()
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count >= 0 else { throw failure() }
    let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 3, words[0] == "dues", words[1] == ledger.text, let reached = Int64(words[2]) else {
      return .none
    }
    return .reached(reached)
  }

  /// - Throws: ``LedgerError/progressFile(path:reason:)``: then nothing may be sent.
  func write(_ reached: Int64, of ledger: LedgerID) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure() }
    defer { close(file) }
    // Of one width, so that a process that dies while writing leaves no other number behind.
    let digits = String(reached)
    let line = "dues \(ledger) \(String(repeating: "0", count: max(0, 19 - digits.count)))\(digits)\n"
    let bytes = Array(line.utf8)
    guard pwrite(file, bytes, bytes.count, 0) == bytes.count, ftruncate(file, off_t(bytes.count)) == 0 else {
      throw failure()
    }
  }

  private func failure() -> LedgerError { .progressFile(path: path, reason: String(cString: strerror(errno))) }
}
