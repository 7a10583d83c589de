import Foundation

/// The subject and the text of a mail in the outbox, for showing in a terminal. Only for mails that Dues wrote itself.
struct MailPreview {
  let subject: String
  let text: String

  var lines: [String] {
    ["Subject: \(subject)", ""] + text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  init(_ raw: String) throws {
    let mail = raw.replacing("\r\n", with: "\n")
    guard let subject = mail.split(separator: "\n").first(where: { $0.hasPrefix("Subject: ") }),
      let part = mail.range(of: "Content-Type: text/plain"),
      let start = mail.range(of: "\n\n", range: part.upperBound..<mail.endIndex),
      let end = mail.range(of: "\n--", range: start.upperBound..<mail.endIndex)
    else { throw CommandFailure(exit: .needsHuman, message: "the mail has no text part") }
    self.subject = String(subject.dropFirst("Subject: ".count))
    self.text = Self.decode(mail[start.upperBound..<end.lowerBound]).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Quoted-printable (RFC 2045 §6.7).
  private static func decode(_ encoded: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = encoded.replacing("=\n", with: "").utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "="), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
