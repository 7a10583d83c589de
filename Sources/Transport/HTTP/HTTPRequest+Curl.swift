extension HTTPRequest {
  /// Why this request must not be given to libcurl, if so.
  ///
  /// A control character would end a header, or a C string, early; the server would see another request than ours.
  var flaw: String? {
    let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    guard isPlain, url.utf8.count <= 65_536 else { return "the URL has characters that a URL cannot have" }
    for header in headers {
      guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isToken) else {
        return "a header's name is not a token"
      }
      guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
        return "the header \(header.name) has a control character"
      }
    }
    return nil
  }

  /// In libcurl's notation, where `Name;` is an empty header and `Name:` suppresses the one libcurl would add.
  var curlHeaders: [String] {
    let own = headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    let names = Set(headers.map { $0.name.lowercased() })
    return own + ["Expect", "Accept", "Content-Type"].filter { !names.contains($0.lowercased()) }.map { "\($0):" }
  }

  /// RFC 9110 §5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
