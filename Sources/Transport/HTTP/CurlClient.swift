import CCurl
import Foundation

/// The real HTTP client: libcurl, driven by one thread, with connections kept alive between requests.
///
/// ```swift
/// let curl = CurlClient(configuration: CurlConfiguration(userAgent: "Dues/1.0"))
/// let response = try await curl.http.send(HTTPRequest(method: .get, url: url, timeout: .seconds(80)))
/// ```
///
/// HTTP/1.1, or HTTP/2 where TLS negotiates it. No proxy is taken from the environment, no redirect is followed, nothing
/// but `http` and `https` is spoken.
///
/// **libcurl may itself send a request twice.** When a connection that was kept alive is closed by the server without a
/// byte of answer, libcurl sends the same request again, `POST` included, on another connection, and reports only the
/// second. So one `send` may be two requests at the server: everything that changes something there must carry an
/// idempotency key, or be harmless twice.
///
/// An answer with neither `Content-Length` nor chunks ends where the connection ends; whether it was cut cannot be
/// told from here. Whoever reads it must judge by its contents.
package final class CurlClient: Sendable {
  private let inbox: CurlInbox

  package init(configuration: CurlConfiguration) {
    CurlEasy.prepareLibrary()
    let inbox = CurlInbox()
    self.inbox = inbox
    let thread = Thread { CurlLoop(inbox: inbox, configuration: configuration).run() }
    thread.name = "dues-http"
    thread.start()
  }

  deinit {
    inbox.close()
  }

  /// Usable as long as the client is not shut down; it keeps the client alive.
  package var http: HTTPClient {
    HTTPClient { (request) async throws(TransportError) -> HTTPResponse in
      try await self.send(request)
    }
  }

  /// Ends the thread and its connections; does not wait for it.
  ///
  /// What is in flight ends as if canceled, what comes later is not sent. May be called more than once.
  package func shutdown() {
    inbox.close()
  }

  private func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let ticket = CurlTicket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { answer in
        if !inbox.post(.start(ticket, request, answer)) {
          answer.resume(returning: .failure(.notSent("the HTTP client is shut down")))
        }
      }
    } onCancel: {
      ticket.cancel()
      _ = inbox.post(.cancel(ticket))
    }
    return try result.get()
  }
}
