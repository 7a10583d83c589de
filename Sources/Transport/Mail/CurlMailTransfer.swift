import CCurl
import CCurlShim
import Foundation

/// One SMTP session, or one more mail in it: the options, the mail, and what the server said.
final class CurlMailTransfer {
  private let easy: CurlEasy
  private let isCanceled: Locked<Bool>
  private let errorText = CurlErrorText()
  private var headers = CurlList()
  private var recipients = CurlList()
  private var mime: OpaquePointer?
  /// The last line with which the server said no. After a no, libcurl still says QUIT and gets a kind word.
  private var lastRefusal = ""

  init(easy: CurlEasy, isCanceled: Locked<Bool>) {
    self.easy = easy
    self.isCanceled = isCanceled
  }

  /// libcurl must have let go of the mail before it is freed.
  func free() {
    curl_easy_reset(easy.handle)
    curl_mime_free(mime)
    headers.free()
    recipients.free()
    errorText.free()
  }

  // MARK: Where to

  func prepare(_ route: MailRoute) {
    easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    easy.set(CURLOPT_PROXY, "")
    easy.set(CURLOPT_NOSIGNAL, 1)
    setCallbacks()
    switch route {
    case .server(let configuration):
      set(configuration)
    case .outbox(let name):
      set(outbox: name)
    }
  }

  private func set(_ configuration: SMTPConfiguration) {
    easy.set(CURLOPT_URL, "\(configuration.url)/\(configuration.ehloName)")
    easy.set(CURLOPT_TIMEOUT_MS, configuration.timeout.atLeastOneMillisecond)
    // Also for QUIT after a timeout, where libcurl would wait for two minutes; in whole seconds.
    easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, Int(clamping: configuration.timeout.components.seconds)))
    // Greeting, TLS and login included.
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, min(configuration.timeout, .seconds(30)).atLeastOneMillisecond)
    let encryption =
      switch configuration.startTLS {
      case .required: CURLUSESSL_ALL
      case .ifOffered: CURLUSESSL_TRY
      case .off: CURLUSESSL_NONE
      }
    easy.set(CURLOPT_USE_SSL, Int(encryption.rawValue))
    if let caFile = configuration.caFile { easy.set(CURLOPT_CAINFO, caFile) }
    guard let username = configuration.username, let password = configuration.password else { return }
    easy.set(CURLOPT_USERNAME, username)
    easy.set(CURLOPT_PASSWORD, password)
    easy.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
    easy.set(CURLOPT_SASL_IR, 1)
  }

  private func set(outbox name: String) {
    easy.set(CURLOPT_URL, "smtp://localhost/outbox")
    easy.set(CURLOPT_ABSTRACT_UNIX_SOCKET, name)
    easy.set(CURLOPT_USE_SSL, Int(CURLUSESSL_NONE.rawValue))
    easy.set(CURLOPT_TIMEOUT_MS, Duration.seconds(30).atLeastOneMillisecond)
    easy.set(CURLOPT_FRESH_CONNECT, 1)
    easy.set(CURLOPT_FORBID_REUSE, 1)
  }

  private func setCallbacks() {
    let me = Unmanaged.passUnretained(self).toOpaque()
    easy.set(CURLOPT_ERRORBUFFER, pointer: errorText.buffer)
    easy.set(CURLOPT_HEADERDATA, pointer: me)
    easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      let reply = UnsafeRawBufferPointer(start: bytes, count: size * count)
      if reply.first == UInt8(ascii: "4") || reply.first == UInt8(ascii: "5") {
        CurlMailTransfer.at(context).lastRefusal = String(decoding: reply.prefix(512), as: UTF8.self)
      }
      return size * count
    }
    easy.set(CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    easy.set(CURLOPT_NOPROGRESS, 0)
    easy.set(CURLOPT_XFERINFODATA, pointer: me)
    let code = dues_setopt_progress(easy.handle) { context, _, _, _, _ in
      CurlMailTransfer.at(context).isCanceled.withLock { $0 } ? 1 : 0
    }
    easy.check(code, CURLOPT_XFERINFOFUNCTION)
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> CurlMailTransfer {
    guard let context else { preconditionFailure("libcurl lost the context of a mail") }
    return Unmanaged<CurlMailTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  // MARK: What

  func put(_ letter: Letter) {
    letter.headers.forEach { headers.append($0) }
    recipients.append("<\(letter.recipient)>")
    let mime = curl_mime_init(easy.handle)
    self.mime = mime
    addPart(letter.text, type: "text/plain; charset=utf-8")
    addPart(letter.html, type: "text/html; charset=utf-8")
    easy.set(CURLOPT_MAIL_FROM, "<\(letter.sender)>")
    easy.set(CURLOPT_MAIL_RCPT, list: recipients.head)
    easy.set(CURLOPT_HTTPHEADER, list: headers.head)
    easy.check(dues_setopt_mime(easy.handle, mime), CURLOPT_MIMEPOST)
  }

  func putNothing() {
    easy.set(CURLOPT_CUSTOMREQUEST, "NOOP")
    easy.set(CURLOPT_NOBODY, 1)
  }

  private func addPart(_ bytes: [UInt8], type: String) {
    let part = curl_mime_addpart(mime)
    let codes = [
      bytes.isEmpty
        ? curl_mime_data(part, "", 0)
        : bytes.withUnsafeBytes { curl_mime_data(part, $0.bindMemory(to: CChar.self).baseAddress, bytes.count) },
      curl_mime_type(part, type),
      curl_mime_encoder(part, "quoted-printable"),
    ]
    codes.forEach { easy.check($0, CURLOPT_MIMEPOST) }
  }

  // MARK: The server's word

  func perform() throws(MailError) {
    let code = curl_easy_perform(easy.handle)
    guard code != CURLE_OK else { return }
    if code == CURLE_ABORTED_BY_CALLBACK { throw .unavailable("canceled") }
    let status = easy.number(CURLINFO_RESPONSE_CODE)
    let reason = reason(code, status)
    throw isAboutThisMail(code, status) ? .refused(reason) : .unavailable(reason)
  }

  /// Whether the server refused this mail, for good.
  ///
  /// A 5xx to the greeting, to TLS or to the login says that *we* are not welcome: the mail is as good as before, and is
  /// worth another try once somebody has mended that.
  private func isAboutThisMail(_ code: CURLcode, _ status: Int) -> Bool {
    guard (500...599).contains(status) else { return false }
    // RFC 4954 §6: login missing, too weak, failed, not encrypted.
    if [530, 534, 535, 538].contains(status) { return false }
    switch code {
    // MAIL, RCPT or DATA was answered with no.
    case CURLE_SEND_ERROR: return true
    // The mail itself was; or, with nothing of it sent, the greeting.
    case CURLE_WEIRD_SERVER_REPLY: return easy.offset(CURLINFO_SIZE_UPLOAD_T) > 0
    default: return false
    }
  }

  /// libcurl's sentence, and what the server said where it is no part of a login.
  private func reason(_ code: CURLcode, _ status: Int) -> String {
    let sentence = errorText.sentence(for: code)
    guard status >= 400 else { return sentence }
    let isLogin = code == CURLE_LOGIN_DENIED || [530, 534, 535, 538].contains(status)
    let said = isLogin || !lastRefusal.hasPrefix(String(status)) ? "" : lastRefusal.dropFirst(3).prefix(200)
    let words = said.components(separatedBy: .controlCharacters).joined(separator: " ")
      .trimmingCharacters(in: .whitespaces)
    return "the mail server said \(status)\(words.isEmpty ? "" : " \(words)"): \(sentence)"
  }
}
