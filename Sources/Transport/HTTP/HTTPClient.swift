package import Foundation

/// The HTTP seam: sends one request and returns its answer.
///
/// A struct of one closure, so that tests and the simulator can put anything behind it. The real one is
/// ``CurlClient``.
package struct HTTPClient: Sendable {
  /// Sends a request. Any status is an answer; only the absence of one is thrown.
  package var send: @Sendable (HTTPRequest) async throws(TransportError) -> HTTPResponse

  package init(send: @escaping @Sendable (HTTPRequest) async throws(TransportError) -> HTTPResponse) {
    self.send = send
  }
}

/// One HTTP request, complete: what is in here is what goes over the wire, byte for byte.
package struct HTTPRequest: Sendable, Equatable {
  package enum Method: String, Sendable { case get = "GET", post = "POST", delete = "DELETE" }

  package var method: Method
  /// Absolute, `http://` or `https://`.
  package var url: String
  /// In sending order; names as they are to appear.
  package var headers: [HTTPHeader]
  package var body: Data
  /// From the start of the connection to the last byte of the answer.
  package var timeout: Duration

  package init(method: Method, url: String, headers: [HTTPHeader] = [], body: Data = Data(), timeout: Duration) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
  }
}

package struct HTTPHeader: Sendable, Equatable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var headers: [HTTPHeader]
  package var body: Data

  package init(status: Int, headers: [HTTPHeader] = [], body: Data = Data()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The value of the first header of that name, compared without regard to case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name.utf8.elementsEqual(name.utf8) { $0.lowercasedASCII == $1.lowercasedASCII } }?.value
  }
}

extension UInt8 {
  /// Header names are ASCII (RFC 9110 §5.6.2).
  fileprivate var lowercasedASCII: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}

/// Why a request has no answer. The difference between the two is money.
package enum TransportError: Error, Sendable, Equatable {
  /// Certainly nothing reached the server: no connection, no TLS, or canceled before the first byte.
  case notSent(String)
  /// Something may have reached it: a timeout, a reset or a truncated answer after the first byte left.
  case noAnswer(String)

  /// What happened, for logs and history. Never holds a secret.
  package var reason: String {
    switch self {
    case .notSent(let reason), .noAnswer(let reason): reason
    }
  }
}
