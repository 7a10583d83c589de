import CCurl
import CCurlShim
import Foundation
import Glibc

/// One request on its way: libcurl's handle, what has been received, and whether anything may have left.
final class CurlTransfer {
  let easy: CurlEasy
  let ticket: CurlTicket
  let answer: CurlInbox.Answer
  private let maxBytes: Int
  private let errorText = CurlErrorText()
  private var requestHeaders = CurlList()

  /// Set when the connection, with TLS, is ready and the request is about to be written, for every try that libcurl
  /// makes of it, and never taken back. Until then nothing of the request can have reached the server, whatever the
  /// error; from then on it may have, whatever the error. Holds for HTTP/1.1 and HTTP/2 alike.
  private var mayHaveLeft = false
  private var status = 0
  private var headers: [HTTPHeader] = []
  private var headersEnded = false
  private var body = Data()
  private var receivedBytes = 0
  private var isTooLarge = false

  init(easy: CurlEasy, ticket: CurlTicket, answer: CurlInbox.Answer, maxBytes: Int) {
    self.easy = easy
    self.ticket = ticket
    self.answer = answer
    self.maxBytes = maxBytes
  }

  /// To be called once, after libcurl has let go of the handle.
  func free() {
    requestHeaders.free()
    errorText.free()
  }

  // MARK: Sending

  func prepare(_ request: HTTPRequest, _ configuration: CurlConfiguration) {
    setRules(configuration)
    setCallbacks()
    easy.set(CURLOPT_URL, request.url)
    easy.set(CURLOPT_TIMEOUT_MS, request.timeout.atLeastOneMillisecond)
    // One connection for all, if TLS finds HTTP/2; plain HTTP has nothing to wait for.
    easy.set(CURLOPT_PIPEWAIT, request.url.lowercased().hasPrefix("https:") ? 1 : 0)
    setBody(request)
    request.curlHeaders.forEach { requestHeaders.append($0) }
    easy.set(CURLOPT_HTTPHEADER, list: requestHeaders.head)
  }

  private func setRules(_ configuration: CurlConfiguration) {
    easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    easy.set(CURLOPT_FOLLOWLOCATION, 0)
    easy.set(CURLOPT_PROXY, "")
    easy.set(CURLOPT_PATH_AS_IS, 1)
    easy.set(CURLOPT_NOSIGNAL, 1)
    easy.set(CURLOPT_USERAGENT, configuration.userAgent)
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.atLeastOneMillisecond)
    if let caFile = configuration.caFile { easy.set(CURLOPT_CAINFO, caFile) }
    // Without it, ending a request whose name is still being looked up would hold up all others.
    easy.set(CURLOPT_QUICK_EXIT, 1)
    easy.set(CURLOPT_TCP_KEEPALIVE, 1)
    easy.set(CURLOPT_TCP_KEEPIDLE, 30)
    easy.set(CURLOPT_TCP_KEEPINTVL, 15)
    // An HTTP/2 connection outlives the requests that time out on it. If the network under it is gone, the kernel
    // must say so, or every later request would wait on it in vain.
    let code = dues_setopt_socket_options(easy.handle) { _, socket, _ in
      var milliseconds: UInt32 = 30_000
      setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
      return CURL_SOCKOPT_OK
    }
    easy.check(code, CURLOPT_SOCKOPTFUNCTION)
  }

  private func setBody(_ request: HTTPRequest) {
    switch request.method {
    case .get where request.body.isEmpty, .delete where request.body.isEmpty:
      easy.set(CURLOPT_HTTPGET, 1)
    case .get, .post, .delete:
      easy.set(CURLOPT_POST, 1)
      easy.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: request.body.count)
      request.body.withUnsafeBytes { bytes in
        // A copy of libcurl's own, which it can send again.
        if let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress), !bytes.isEmpty {
          easy.set(CURLOPT_COPYPOSTFIELDS, pointer: start)
        } else {
          easy.set(CURLOPT_COPYPOSTFIELDS, "")
        }
      }
    }
    if request.method != .post { easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
  }

  private func setCallbacks() {
    let me = Unmanaged.passUnretained(self).toOpaque()
    easy.set(CURLOPT_ERRORBUFFER, pointer: errorText.buffer)
    easy.set(CURLOPT_WRITEDATA, pointer: me)
    easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      CurlTransfer.at(context).receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    easy.set(CURLOPT_HEADERDATA, pointer: me)
    easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      CurlTransfer.at(context).receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    easy.set(CURLOPT_PREREQDATA, pointer: me)
    let code = dues_setopt_prerequest(easy.handle) { context, _, _, _, _ in
      CurlTransfer.at(context).mayHaveLeft = true
      return CURL_PREREQFUNC_OK
    }
    easy.check(code, CURLOPT_PREREQFUNCTION)
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
    guard let context else { preconditionFailure("libcurl lost the context of a transfer") }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  // MARK: Receiving

  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard fits(bytes.count) else { return 0 }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  /// One line, with its end; libcurl also hands over status lines, the empty line, and trailers.
  private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard fits(bytes.count) else { return 0 }
    let line = bytes[...].trimmed
    if line.starts(with: "HTTP/".utf8) {
      // Interim answers (1xx) come first and are not the answer.
      status = line.split(separator: UInt8(ascii: " ")).dropFirst().first.flatMap { Int($0.text) } ?? 0
      headers = []
      headersEnded = false
    } else if line.isEmpty {
      headersEnded = status >= 200
    } else if !headersEnded, let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      headers.append(HTTPHeader(line[..<colon].text, line[(colon + 1)...].trimmed.text))
    }
    return bytes.count
  }

  private func fits(_ count: Int) -> Bool {
    receivedBytes += count
    isTooLarge = receivedBytes > maxBytes
    return !isTooLarge
  }

  // MARK: Judging

  /// The answer, or what its absence means.
  func result(_ code: CURLcode) -> Result<HTTPResponse, TransportError> {
    if isTooLarge { return failure("the answer is larger than \(maxBytes) bytes") }
    guard code == CURLE_OK else { return failure(errorText.sentence(for: code)) }
    // libcurl 7.88 calls it a success when the connection ends among the headers.
    guard headersEnded else { return failure("the connection ended before the headers did") }
    return .success(HTTPResponse(status: status, headers: headers, body: body))
  }

  func failure(_ reason: String) -> Result<HTTPResponse, TransportError> {
    let left = mayHaveLeft || easy.number(CURLINFO_REQUEST_SIZE) > 0
    return .failure(left ? .noAnswer(reason) : .notSent(reason))
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }

  /// Without the blanks and line ends around it.
  fileprivate var trimmed: Self {
    guard let first = firstIndex(where: { !$0.isBlank }), let last = lastIndex(where: { !$0.isBlank }) else {
      return self[endIndex...]
    }
    return self[first...last]
  }
}

extension UInt8 {
  fileprivate var isBlank: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
