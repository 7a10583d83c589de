import Foundation
import Transport

/// The merchant's program: started without a shell, the message on its stdin.
struct MerchantCommand: Sendable {
  /// One that hangs must not hold the tick, and with it the lock, for ever.
  static let limit = Duration.seconds(60)

  let words: [String]
  /// How long it may take; then it is killed, and the message is tried again later.
  var limit = Self.limit

  func run(_ body: Data) async throws(DeliveryError) {
    guard let program = words.first else { throw DeliveryError(reason: "fulfillment.command is empty") }
    let status: Int32?
    do {
      status = try await start(program, body)
    } catch {
      throw DeliveryError(reason: "\(program) could not be started: \(error.localizedDescription)")
    }
    switch status {
    case 0: return
    case let status?: throw DeliveryError(reason: "\(program) ended with \(status)")
    case nil: throw DeliveryError(reason: "\(program) did not end within \(limit), and was killed")
    }
  }

  /// - Returns: its exit status; `nil` if it had to be killed.
  private func start(_ program: String, _ body: Data) async throws -> Int32? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
    process.arguments = program.contains("/") ? Array(words.dropFirst()) : words
    let input = Pipe()
    process.standardInput = input
    // Its words belong to our log, not into our JSON.
    process.standardOutput = FileHandle.standardError
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = {
      end.yield($0.terminationStatus)
      end.finish()
    }
    try process.run()
    let identifier = process.processIdentifier
    let writing = input.fileHandleForWriting
    // One that does not read may hold the writer until it is killed: on a thread of its own, so that the limit still runs.
    Thread.detachNewThread { Self.write(body, to: writing) }
    let isKilled = Locked(false)
    return await withTaskGroup(of: Int32?.self) { group in
      group.addTask { await ends.first { _ in true } }
      group.addTask { [limit] in
        do { try await Task.sleep(for: limit) } catch { return nil }
        isKilled.withLock { $0 = true }
        // Children inherit our signal mask: only this one cannot be refused.
        kill(identifier, SIGKILL)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      // Its end may be heard of before the kill that brought it.
      return first != 0 && isKilled.withLock { $0 } ? nil : first
    }
  }

  /// One that closes its stdin without reading is judged by its exit status.
  private static func write(_ body: Data, to handle: FileHandle) {
    do {
      try handle.write(contentsOf: body)
      try handle.close()
    } catch {
      return
    }
  }
}
