import Foundation

/// Addresses of the web and of mail, as a configuration writes them.
enum WebAddress {
  /// An `https` address without a slash at its end; `http` is taken for loopback only.
  static func parse(_ text: String) throws(ValueProblem) -> String {
    let parts = try components(text, remedy: wholeAddress)
    guard let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
      throw ValueProblem("is not a web address", "write one that begins with https://")
    }
    guard scheme == "https" || isLoopback(parts.host) else {
      throw ValueProblem("is http, which only loopback addresses may be", "write an https:// address")
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// Like ``parse(_:)``, for an address to which paths are appended.
  static func parseBase(_ text: String) throws(ValueProblem) -> String {
    let address = try parse(text)
    let parts = try components(address, remedy: wholeAddress)
    guard parts.query == nil, parts.fragment == nil else {
      throw ValueProblem("has a query or fragment, and paths are appended to it", "write the address before it")
    }
    return address
  }

  /// `smtp://host:port` or `smtps://host:port`.
  static func parseMailServer(_ text: String) throws(ValueProblem) -> String {
    let remedy = "write \"smtp://host:587\" or \"smtps://host:465\""
    let parts = try components(text, remedy: remedy)
    guard let scheme = parts.scheme?.lowercased(), ["smtp", "smtps"].contains(scheme) else {
      throw ValueProblem("is not a mail server's address", remedy)
    }
    guard parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil else {
      throw ValueProblem("has more than a host and a port", remedy)
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  static func isHTTP(_ address: String) -> Bool { address.lowercased().hasPrefix("http://") }

  /// Whether an address names this machine by itself: `localhost`, `127.…`, `::1`.
  static func isLoopback(address: String) -> Bool { isLoopback(URLComponents(string: address)?.host) }

  private static func isLoopback(_ host: String?) -> Bool {
    guard let host = host?.lowercased() else { return false }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return ["localhost", "::1", "[::1]"].contains(host)
      || octets.count == 4 && octets.allSatisfy { $0 != nil } && octets[0] == 127
  }

  private static let wholeAddress = "write a whole one, such as \"https://example.com\""

  /// The parts of an address with a host. A name and password in it are refused, for it would be printed.
  private static func components(_ text: String, remedy: String) throws(ValueProblem) -> URLComponents {
    guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
      !text.contains(where: \.isWhitespace)
    else {
      // What cannot be taken apart may hold a password too.
      guard !text.contains("@") else { throw hiding("the value is not an address", remedy) }
      throw ValueProblem("is not an address", remedy)
    }
    guard parts.user == nil, parts.password == nil else {
      throw hiding("the address holds a user name or password", "write it without them")
    }
    return parts
  }

  /// A problem that is told without the value.
  private static func hiding(_ sentence: String, _ remedy: String) -> ValueProblem {
    var problem = ValueProblem(sentence, remedy)
    problem.quotesValue = true
    return problem
  }
}

/// `host:port`, to listen on.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
  /// Without the brackets of an IPv6 address.
  let host: String
  /// 0 lets the system choose.
  let port: Int

  static func parse(_ text: String) throws(ValueProblem) -> ListenAddress {
    let remedy = "write \"127.0.0.1:8080\" or \"[::1]:8080\""
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw ValueProblem("is not a host and a port", remedy)
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw ValueProblem("is an IPv6 address without brackets", remedy)
    }
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else {
      throw ValueProblem("is not a host and a port", remedy)
    }
    return ListenAddress(host: String(host), port: Int(port))
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
