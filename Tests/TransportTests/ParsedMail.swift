import Foundation

/// A mail read back as a mail program would: headers unfolded and decoded, parts by their type.
struct ParsedMail {
  private(set) var headers: [(name: String, value: String)] = []
  private(set) var parts: [String: String] = [:]
  private(set) var lines: [String] = []

  init(_ raw: String) {
    lines = raw.components(separatedBy: "\r\n")
    let (head, body) = Self.split(lines)
    headers = head
    guard let boundary = Self.parameter("boundary", of: self["Content-Type"] ?? "") else { return }
    var part: [String]?
    for line in body {
      if line == "--\(boundary)" || line == "--\(boundary)--" {
        if let part { add(part) }
        part = []
      } else {
        part?.append(line)
      }
    }
  }

  subscript(name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  private mutating func add(_ lines: [String]) {
    let (head, body) = Self.split(lines)
    let type = head.first { $0.name == "Content-Type" }?.value ?? ""
    let encoding = head.first { $0.name == "Content-Transfer-Encoding" }?.value
    guard encoding == "quoted-printable" else { return }
    parts[type] = Self.unquoted(body.joined(separator: "\r\n"))
  }

  private static func split(_ lines: [String]) -> (headers: [(name: String, value: String)], body: [String]) {
    var headers: [(name: String, value: String)] = []
    for (index, line) in lines.enumerated() {
      if line.isEmpty { return (headers, Array(lines[(index + 1)...])) }
      if line.hasPrefix(" ") {
        headers[headers.count - 1].value += line
      } else {
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        headers.append((String(line[..<colon]), String(line[colon...].dropFirst(2))))
      }
    }
    return (headers, [])
  }

  private static func parameter(_ name: String, of value: String) -> String? {
    guard let start = value.range(of: "\(name)=") else { return nil }
    return value[start.upperBound...].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
  }

  private static func unquoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.replacingOccurrences(of: "=\r\n", with: "").utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "=") else {
        bytes.append(byte)
        continue
      }
      bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// RFC 2047: the blank between two encoded words is none.
  static func decoded(_ value: String) -> String {
    var words: [String] = []
    var wasEncoded = false
    for word in value.components(separatedBy: " ") {
      let fields = word.components(separatedBy: "?")
      if fields.count == 5, let bytes = Data(base64Encoded: fields[3]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if wasEncoded { words[words.count - 1] += text } else { words.append(text) }
        wasEncoded = true
      } else {
        words.append(word)
        wasEncoded = false
      }
    }
    return words.joined(separator: " ")
  }
}
