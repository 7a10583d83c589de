import Foundation
import Glibc

/// A TCP connection for what no well-behaved client does: HEAD, half a request, an upload that stalls.
enum RawConnection {
  struct Failure: Error {
    let what: String
  }

  /// Sends the text and reads until the server hangs up.
  static func exchange(_ base: String, _ text: String) async throws -> String {
    guard let port = base.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Failure(what: base) }
    return try await withCheckedThrowingContinuation { answer in
      // Blocking calls stay off the threads that serve.
      Thread { answer.resume(with: Result { try converse(port, Array(text.utf8)) }) }.start()
    }
  }

  private static func converse(_ port: UInt16, _ bytes: [UInt8]) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = port.bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard connected == 0 else { throw Failure(what: "connect") }
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
      answer += buffer[..<count]
    }
  }
}
