import Foundation

/// A port on loopback that nobody listens on: the usual one, or any other.
enum FreePort {
  static func find(preferred: UInt16) throws -> Int {
    for candidate in [preferred, 0] {
      if let port = bound(candidate) { return port }
    }
    throw CommandFailure(exit: .unavailable, message: "no free port on 127.0.0.1; close a program that listens there")
  }

  private static func bound(_ port: UInt16) -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0 else { return nil }
    var actual = sockaddr_in()
    var size = length
    let named = withUnsafeMutablePointer(to: &actual) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    return named == 0 ? Int(UInt16(bigEndian: actual.sin_port)) : nil
  }
}
