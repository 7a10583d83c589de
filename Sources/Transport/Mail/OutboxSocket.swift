import Foundation
import Glibc

/// The mail server that libcurl talks to when a mail goes into a directory: an ``SMTPSink`` for one session.
///
/// It listens on a Unix socket in Linux's abstract namespace, under a name that the kernel chooses: no port, no file, and
/// nobody but this process is let in. (libcurl 7.88 cannot be given a socket that is connected already.)
final class OutboxSocket: Sendable {
  /// For `CURLOPT_ABSTRACT_UNIX_SOCKET`.
  let name: String
  private let listener: Int32
  private let kept = Locked<[UInt8]?>(nil)

  /// Must be closed.
  init() throws(MailError) {
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw Self.failure(errno) }
    guard let name = Self.bind(listener), listen(listener, 8) == 0 else {
      let code = errno
      Glibc.close(listener)
      throw Self.failure(code)
    }
    self.name = name
    let thread = Thread { self.serve() }
    thread.name = "dues-outbox"
    thread.start()
  }

  /// What libcurl sent as the mail, once it has been told that the mail is taken.
  var mail: [UInt8]? {
    kept.withLock { $0 }
  }

  /// Lets nobody in any more; the thread then ends, and frees the listener.
  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// An address without a name makes the kernel choose one (unix(7), "Autobind feature").
  private static func bind(_ listener: Int32) -> String? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var size = socklen_t(MemoryLayout<sa_family_t>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        guard Glibc.bind(listener, pointer, size) == 0 else { return false }
        size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return getsockname(listener, pointer, &size) == 0
      }
    }
    guard isBound else { return nil }
    // After the family comes a zero byte, then the name, without an end.
    let start = MemoryLayout<sa_family_t>.size + 1
    return withUnsafeBytes(of: &address) { String(decoding: $0[start..<Int(size)], as: UTF8.self) }
  }

  private func serve() {
    defer { Glibc.close(listener) }
    while true {
      let end = accept(listener, nil, nil)
      guard end >= 0 else { return }
      if isOurs(end) { talk(end) }
      Glibc.close(end)
    }
  }

  /// Abstract names are open to everyone on the machine.
  private func isOurs(_ end: Int32) -> Bool {
    // struct ucred: process, user, group. Glibc shows it to C with _GNU_SOURCE only.
    var peer: [pid_t] = [-1, -1, -1]
    var size = socklen_t(MemoryLayout<pid_t>.size * peer.count)
    return getsockopt(end, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer[0] == getpid()
  }

  private func talk(_ end: Int32) {
    var sink = SMTPSink()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    guard say(SMTPSink.greeting, to: end) else { return }
    while !sink.isOver {
      let count = recv(end, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      let answer = sink.receive(buffer[..<count])
      // Before the answer, so that whoever has it finds the mail.
      let mail = sink.mail
      kept.withLock { $0 = mail }
      guard say(answer, to: end) else { return }
    }
  }

  private func say(_ words: String, to end: Int32) -> Bool {
    // Short enough for any socket's buffer to take at once.
    let bytes = Array(words.utf8)
    return bytes.isEmpty || send(end, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  private static func failure(_ code: Int32) -> MailError {
    .unavailable("no socket for the mail outbox: \(String(cString: strerror(code)))")
  }
}
