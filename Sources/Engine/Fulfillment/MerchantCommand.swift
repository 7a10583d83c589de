import Foundation

/// The merchant's program: started without a shell, the message on its stdin.
struct MerchantCommand: Sendable {
  let words: [String]

  func run(_ body: Data) async throws(DeliveryError) {
    guard let program = words.first else { throw DeliveryError(reason: "fulfillment.command is empty") }
    do {
      let status = try await start(program, body)
      guard status == 0 else { throw DeliveryError(reason: "\(program) ended with \(status)") }
    } catch let error as DeliveryError {
      throw error
    } catch {
      throw DeliveryError(reason: "\(program) could not be started: \(error.localizedDescription)")
    }
  }

  private func start(_ program: String, _ body: Data) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
    process.arguments = program.contains("/") ? Array(words.dropFirst()) : words
    let input = Pipe()
    process.standardInput = input
    // Its words belong to our log, not into our JSON.
    process.standardOutput = FileHandle.standardError
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: body)
        try input.fileHandleForWriting.close()
      } catch {
        if process.isRunning {
          // It closed its stdin; its exit status tells.
        } else {
          process.terminationHandler = nil
          continuation.resume(throwing: error)
        }
      }
    }
  }
}
