import Foundation
import Glibc

/// A TCP server on 127.0.0.1 whose behavior is the closure it was made with, run on a thread for each connection.
final class LoopbackServer: Sendable {
  let port: Int
  private let listener: Int32
  private let counts = Counter()
  private let isListening = Counter()

  /// - Parameter serve: the n-th connection, from 1; it is closed when the closure returns.
  init(_ serve: @escaping @Sendable (Connection, Int) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    port = try Self.bind(listener)
    guard listen(listener, 256) == 0 else { throw LoopbackFailure(what: "listen") }
    isListening.add()
    Thread { [counts] in
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        let number = counts.add()
        Thread {
          serve(Connection(descriptor: descriptor), number)
          close(descriptor)
        }.start()
      }
    }.start()
  }

  deinit {
    stop()
  }

  /// From here on connections are refused; those that stand go on.
  func stop() {
    guard isListening.takeOne() else { return }
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  var connections: Int { counts.value }

  /// A port on which nobody listens.
  static func deadPort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return try bind(descriptor)
  }

  private static func bind(_ descriptor: Int32) throws -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> UInt16? in
        let isBound = Glibc.bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
        guard isBound else { return nil }
        return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
      }
    }
    guard let port else { throw LoopbackFailure(what: "bind") }
    return Int(port)
  }
}

struct LoopbackFailure: Error {
  let what: String
}

/// One accepted connection, blocking.
final class Connection: Sendable {
  private let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// False if the other side is gone.
  @discardableResult
  func say(_ text: String) -> Bool {
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      let count = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return false }
      bytes.removeFirst(count)
    }
    return true
  }

  private func byte() -> UInt8? {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, 0) == 1 ? byte : nil
  }

  /// One line without its end; nil at the end of the connection.
  func line() -> String? {
    var bytes: [UInt8] = []
    while let next = byte() {
      if next == 0x0a { return String(decoding: bytes.last == 0x0d ? bytes.dropLast() : bytes[...], as: UTF8.self) }
      bytes.append(next)
    }
    return nil
  }

  /// One HTTP request; nil at the end of the connection.
  func request() -> ReceivedRequest? {
    guard let start = line() else { return nil }
    var headers: [String] = []
    while let header = line(), !header.isEmpty { headers.append(header) }
    let length = headers.first { $0.lowercased().hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
    var body: [UInt8] = []
    while body.count < length ?? 0, let next = byte() { body.append(next) }
    return ReceivedRequest(start: start, headers: headers, body: String(decoding: body, as: UTF8.self))
  }

  /// Answers with a whole response.
  func answer(_ status: String = "200 OK", headers: [String] = [], body: String = "") {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
    say(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  /// Ends the connection with a reset instead of an orderly end.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }

  /// Reads until the other side has closed.
  func waitForEnd() {
    while byte() != nil {}
  }
}

struct ReceivedRequest: Sendable {
  let start: String
  let headers: [String]
  let body: String
}

/// A number that threads count up together.
final class Counter: Sendable {
  private let condition = NSCondition()
  nonisolated(unsafe) private var count = 0

  var value: Int {
    condition.lock()
    defer { condition.unlock() }
    return count
  }

  @discardableResult
  func add() -> Int {
    condition.lock()
    defer { condition.unlock() }
    count += 1
    condition.broadcast()
    return count
  }

  /// False if there is none left.
  func takeOne() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard count > 0 else { return false }
    count -= 1
    return true
  }

  /// Blocks a thread of the server until the count is reached; false after two minutes.
  @discardableResult
  func wait(for goal: Int) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let limit = Date(timeIntervalSinceNow: 120)
    while count < goal { if !condition.wait(until: limit) { return false } }
    return true
  }

  /// The same for a task, on a thread of its own.
  @discardableResult
  func reached(_ goal: Int) async -> Bool {
    await withCheckedContinuation { continuation in
      Thread { continuation.resume(returning: self.wait(for: goal)) }.start()
    }
  }
}

/// What threads of a server note down.
final class Notes<Entry: Sendable>: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var entries: [Entry] = []

  func add(_ entry: Entry) {
    lock.lock()
    defer { lock.unlock() }
    entries.append(entry)
  }

  var all: [Entry] {
    lock.lock()
    defer { lock.unlock() }
    return entries
  }
}
