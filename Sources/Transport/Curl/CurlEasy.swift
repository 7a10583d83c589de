import CCurl
import CCurlShim

/// A libcurl easy handle, with its option calls spelled so that none can fail unseen.
///
/// It belongs to one thread at a time; whoever makes it also ends it.
struct CurlEasy {
  let handle: UnsafeMutableRawPointer

  /// libcurl's own set-up, once in the life of the process.
  private static let globalInit: Void = {
    let code = curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32))
    precondition(code == CURLE_OK, "libcurl cannot start: \(reason(code))")
  }()

  static func prepareLibrary() {
    ProcessSignals.ignoreBrokenPipe()
    _ = globalInit
  }

  init() {
    Self.prepareLibrary()
    guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
    self.handle = handle
  }

  init(_ handle: UnsafeMutableRawPointer) {
    self.handle = handle
  }

  /// libcurl's sentence for a code.
  static func reason(_ code: CURLcode) -> String {
    String(cString: curl_easy_strerror(code))
  }

  func set(_ option: CURLoption, _ value: Int) {
    check(dues_setopt_long(handle, option, value), option)
  }

  func set(_ option: CURLoption, offset value: Int) {
    check(dues_setopt_offset(handle, option, curl_off_t(value)), option)
  }

  /// libcurl keeps a copy of the string.
  func set(_ option: CURLoption, _ value: String) {
    check(dues_setopt_string(handle, option, value), option)
  }

  func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) {
    check(dues_setopt_pointer(handle, option, value), option)
  }

  /// libcurl keeps no copy: the list must outlive the transfer.
  func set(_ option: CURLoption, list value: UnsafeMutablePointer<curl_slist>?) {
    check(dues_setopt_list(handle, option, value), option)
  }

  func set(_ option: CURLoption, callback: dues_data_callback) {
    check(dues_setopt_callback(handle, option, callback), option)
  }

  func number(_ info: CURLINFO) -> Int {
    var value = 0
    let code = dues_getinfo_long(handle, info, &value)
    precondition(code == CURLE_OK, "libcurl does not know info \(info.rawValue)")
    return value
  }

  func offset(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    let code = dues_getinfo_offset(handle, info, &value)
    precondition(code == CURLE_OK, "libcurl does not know info \(info.rawValue)")
    return Int(value)
  }

  /// An option that this libcurl refuses is a restriction that would silently not hold, so it stops the program.
  func check(_ code: CURLcode, _ option: CURLoption) {
    precondition(code == CURLE_OK, "libcurl refuses option \(option.rawValue): \(Self.reason(code))")
  }
}

/// A list of C strings that libcurl reads and we own.
struct CurlList {
  private(set) var head: UnsafeMutablePointer<curl_slist>?

  mutating func append(_ line: String) {
    guard let longer = curl_slist_append(head, line) else { preconditionFailure("libcurl has no memory for a list") }
    head = longer
  }

  mutating func free() {
    curl_slist_free_all(head)
    head = nil
  }
}

/// The buffer into which libcurl writes what went wrong in a transfer.
struct CurlErrorText {
  let buffer: UnsafeMutablePointer<CChar>

  init() {
    buffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    buffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  /// libcurl's sentence about this transfer, or about the code where it wrote none. Holds no header and no body.
  func sentence(for code: CURLcode) -> String {
    let written = String(cString: buffer)
    return (written.isEmpty ? CurlEasy.reason(code) : written) + " (libcurl \(code.rawValue))"
  }

  func free() {
    buffer.deallocate()
  }
}

extension Duration {
  /// For libcurl's timeouts, where 0 would mean none at all.
  var atLeastOneMillisecond: Int {
    let (seconds, attoseconds) = components
    // A bound that libcurl can hold, and that nobody waits for.
    let wholeSeconds = Int(min(max(seconds, 0), 1_000_000))
    return max(1, wholeSeconds * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}
