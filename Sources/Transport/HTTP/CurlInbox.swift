import CCurl

/// One request's identity between the task that waits for it and the thread that runs it.
final class CurlTicket: Sendable {
  private let canceled = Locked(false)

  /// Holds even if the request has not reached the thread yet.
  func cancel() {
    canceled.withLock { $0 = true }
  }

  var isCanceled: Bool {
    canceled.withLock { $0 }
  }
}

/// What tasks on any thread leave for the one thread that drives libcurl.
final class CurlInbox: Sendable {
  typealias Answer = CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

  enum Order: Sendable {
    case start(CurlTicket, HTTPRequest, Answer)
    case cancel(CurlTicket)
  }

  private struct State {
    var orders: [Order] = []
    var isOpen = true
    var hasLoop = true
  }

  private let state = Locked(State())
  /// libcurl's multi handle. Other threads than the loop's only wake it, and only while `hasLoop`: `curl_multi_wakeup`
  /// is the one call that libcurl allows from anywhere.
  nonisolated(unsafe) let multi: UnsafeMutableRawPointer

  init() {
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for a multi handle") }
    self.multi = multi
  }

  /// False if the inbox is closed; the order is then not taken.
  func post(_ order: Order) -> Bool {
    state.withLock { state in
      guard state.isOpen else { return false }
      state.orders.append(order)
      curl_multi_wakeup(multi)
      return true
    }
  }

  func close() {
    state.withLock { state in
      state.isOpen = false
      if state.hasLoop { curl_multi_wakeup(multi) }
    }
  }

  /// What was posted since the last time, and whether more may come.
  func take() -> (orders: [Order], isOpen: Bool) {
    state.withLock { state in
      defer { state.orders = [] }
      return (state.orders, state.isOpen)
    }
  }

  /// To be called by the loop when the inbox is closed, before it frees the multi handle.
  func leave() {
    state.withLock { $0.hasLoop = false }
  }
}
