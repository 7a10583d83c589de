import Foundation
import Glibc

/// The files of an ``OutboxMail``.
struct OutboxDirectory: Sendable {
  let path: String

  func check() throws(MailError) {
    try create()
    guard access(path, W_OK | X_OK) == 0 else { throw failure("cannot be written to", errno) }
  }

  /// Writes the file under a temporary name, makes it durable, gives it its name, and removes what the same mail
  /// left under another date.
  func put(_ mail: [UInt8], messageID: String, date: String) throws(MailError) {
    guard let moment = MailDate(date) else { throw .refused("the date is not of the form of RFC 5322") }
    let suffix = "-\(Self.fileName(of: messageID)).eml"
    let name = moment.sortable + suffix
    guard name.utf8.count <= 240 else { throw .refused("the Message-ID is too long for a file's name") }
    try create()
    // The dot keeps it from `*.eml`; one mail at a time is written, so that the name is nobody else's.
    let temporary = "\(path)/.\(name).part"
    try write(mail, to: temporary)
    guard rename(temporary, "\(path)/\(name)") == 0 else { throw failure("does not take \(name)", errno) }
    try removeOthers(than: name, endingIn: suffix)
  }

  private func create() throws(MailError) {
    do {
      // The mails hold links that whoever has them can use.
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
    } catch {
      throw .unavailable("the mail outbox \(path) cannot be made: \(error.localizedDescription)")
    }
  }

  private func write(_ bytes: [UInt8], to file: String) throws(MailError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw failure("cannot be written to", errno) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      written += count
    }
    let isDurable = written == bytes.count && fsync(descriptor) == 0
    let reason = errno
    close(descriptor)
    guard isDurable else {
      unlink(file)
      throw failure("does not take the mail", reason)
    }
  }

  private func removeOthers(than name: String, endingIn suffix: String) throws(MailError) {
    guard let listing = opendir(path) else { throw failure("cannot be listed", errno) }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let other = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let isSameMail = other != name && other.utf8.count == name.utf8.count && other.hasSuffix(suffix)
      guard isSameMail, !other.hasPrefix(".") else { continue }
      guard unlink("\(path)/\(other)") == 0 else { throw failure("does not let go of \(other)", errno) }
    }
  }

  private func failure(_ what: String, _ code: Int32) -> MailError {
    .unavailable("the mail outbox \(path) \(what): \(String(cString: strerror(code)))")
  }

  /// A `Message-ID` without its brackets; other characters than these would be trouble in a shell or a path.
  static func fileName(of messageID: String) -> String {
    messageID.dropFirst().dropLast().utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        String(UnicodeScalar(byte))
      case _ where "@._-+=".utf8.contains(byte): String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }
}
