import Foundation
import Glibc

/// `openssl s_server` with a certificate that nobody has signed but itself.
final class TLSServer {
  let port: Int
  /// The certificate, which is also its own authority.
  let caFile: String
  private let directory: String
  private let process: Process

  init() throws {
    directory = NSTemporaryDirectory() + "tls-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    caFile = directory + "/cert.pem"
    let key = directory + "/key.pem"
    let request = Self.openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
      "-out", caFile, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
    ])
    request.standardError = FileHandle.nullDevice
    try request.run()
    request.waitUntilExit()

    let output = Pipe()
    process = Self.openssl(["s_server", "-accept", "127.0.0.1:0", "-cert", caFile, "-key", key, "-www"])
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var words = ""
    while !words.contains("\n") || !words.contains("ACCEPT") {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw LoopbackFailure(what: "openssl s_server") }
      words += String(decoding: more, as: UTF8.self)
    }
    let digits = words.components(separatedBy: "ACCEPT").last?.components(separatedBy: ":").last ?? ""
    guard let port = Int(digits.prefix { $0.isNumber }) else { throw LoopbackFailure(what: "openssl's port: \(words)") }
    self.port = port
  }

  deinit {
    // A process started from a task's thread inherits its signal mask: SIGTERM would stay pending for ever.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    do { try FileManager.default.removeItem(atPath: directory) } catch { return }
  }

  private static func openssl(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    return process
  }
}
