import CCurl
import CCurlShim

/// The one thread that touches libcurl's multi handle: takes orders, moves bytes, hands back answers.
final class CurlLoop {
  private let inbox: CurlInbox
  private let configuration: CurlConfiguration
  private let multi: UnsafeMutableRawPointer
  private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  /// Handles to be used again; libcurl keeps their connections in the multi handle.
  private var idle: [UnsafeMutableRawPointer] = []

  init(inbox: CurlInbox, configuration: CurlConfiguration) {
    self.inbox = inbox
    self.configuration = configuration
    multi = inbox.multi
    set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost)
    set(CURLMOPT_MAXCONNECTS, configuration.maxConnectionsPerHost)
    set(CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
  }

  /// Runs until the inbox is closed, then ends what is in flight and frees everything.
  func run() {
    while true {
      let (orders, isOpen) = inbox.take()
      orders.forEach(obey)
      guard isOpen else { break }
      var running: Int32 = 0
      check(curl_multi_perform(multi, &running))
      collect()
      // Its own timers and curl_multi_wakeup end the wait sooner.
      check(curl_multi_poll(multi, nil, 0, 30_000, nil))
    }
    transfers.values.forEach { end($0, with: $0.failure("the HTTP client is shut down")) }
    inbox.leave()
    idle.forEach { curl_easy_cleanup($0) }
    curl_multi_cleanup(multi)
  }

  private func obey(_ order: CurlInbox.Order) {
    switch order {
    case .start(let ticket, let request, let answer):
      if ticket.isCanceled {
        answer.resume(returning: .failure(.notSent("canceled before it was sent")))
      } else if let flaw = request.flaw {
        answer.resume(returning: .failure(.notSent(flaw)))
      } else {
        start(request, ticket, answer)
      }
    case .cancel(let ticket):
      guard let transfer = transfers.values.first(where: { $0.ticket === ticket }) else { return }
      end(transfer, with: transfer.failure("canceled"))
    }
  }

  private func start(_ request: HTTPRequest, _ ticket: CurlTicket, _ answer: CurlInbox.Answer) {
    let easy = idle.popLast().map(CurlEasy.init) ?? CurlEasy()
    let transfer = CurlTransfer(easy: easy, ticket: ticket, answer: answer, maxBytes: configuration.maxAnswerBytes)
    transfer.prepare(request, configuration)
    transfers[easy.handle] = transfer
    check(curl_multi_add_handle(multi, easy.handle))
  }

  /// Hands back whatever has come to an end.
  private func collect() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
      guard let transfer = transfers[handle] else { preconditionFailure("libcurl ended a transfer that is not ours") }
      // The message is gone as soon as its handle is removed.
      let code = dues_message_result(message)
      end(transfer, with: transfer.result(code))
    }
  }

  private func end(_ transfer: CurlTransfer, with result: Result<HTTPResponse, TransportError>) {
    let handle = transfer.easy.handle
    check(curl_multi_remove_handle(multi, handle))
    transfers[handle] = nil
    curl_easy_reset(handle)
    transfer.free()
    if idle.count < configuration.maxConnectionsPerHost {
      idle.append(handle)
    } else {
      curl_easy_cleanup(handle)
    }
    transfer.answer.resume(returning: result)
  }

  private func set(_ option: CURLMoption, _ value: Int) {
    check(dues_multi_setopt_long(multi, option, value))
  }

  /// These calls fail only for want of memory or by a mistake of ours. Going on could lose an answer about money.
  private func check(_ code: CURLMcode) {
    precondition(code == CURLM_OK, "libcurl: \(String(cString: curl_multi_strerror(code)))")
  }
}
