import CCurl
import Dispatch

/// Where a mail goes.
enum MailRoute: Sendable {
  case server(SMTPConfiguration)
  /// To an ``OutboxSocket`` of that name.
  case outbox(String)
}

/// One libcurl handle that sends one mail at a time, on a queue of its own.
///
/// A mail may take as long as its server does; the queue's thread waits for it, so that no task's thread must.
final class CurlMailLine: Sendable {
  private let queue = DispatchQueue(label: "dues-mail")
  /// Used on `queue` only; libcurl keeps the connection in it.
  nonisolated(unsafe) private let handle: UnsafeMutableRawPointer

  init() {
    handle = CurlEasy().handle
  }

  deinit {
    curl_easy_cleanup(handle)
  }

  /// - Parameter finish: done on the queue when the mail was taken, before the next mail.
  func deliver(
    _ letter: Letter, over route: MailRoute, finish: @escaping @Sendable () throws(MailError) -> Void = {}
  ) async throws(MailError) {
    try await run { (transfer) throws(MailError) in
      transfer.prepare(route)
      transfer.put(letter)
      try transfer.perform()
      try finish()
    }
  }

  /// A session without a mail.
  func knock(over route: MailRoute) async throws(MailError) {
    try await run { (transfer) throws(MailError) in
      transfer.prepare(route)
      transfer.putNothing()
      try transfer.perform()
    }
  }

  private typealias Steps = @Sendable (CurlMailTransfer) throws(MailError) -> Void

  private func run(_ steps: @escaping Steps) async throws(MailError) {
    let isCanceled = Locked(false)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (answer: CheckedContinuation<Result<Void, MailError>, Never>) in
        queue.async { answer.resume(returning: self.result(of: steps, isCanceled)) }
      }
    } onCancel: {
      isCanceled.withLock { $0 = true }
    }
    try result.get()
  }

  private func result(of steps: Steps, _ isCanceled: Locked<Bool>) -> Result<Void, MailError> {
    guard !isCanceled.withLock({ $0 }) else { return .failure(.unavailable("canceled before it was sent")) }
    let transfer = CurlMailTransfer(easy: CurlEasy(handle), isCanceled: isCanceled)
    defer { transfer.free() }
    return Result { () throws(MailError) in try steps(transfer) }
  }
}
