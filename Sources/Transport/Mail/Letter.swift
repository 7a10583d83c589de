/// A mail as libcurl is to get it: checked, headers encoded and folded, every line of the bodies ended by CRLF.
struct Letter: Sendable {
  let sender: String
  let recipient: String
  /// In sending order. One entry is one header, folds included; libcurl adds the boundary of the multipart.
  let headers: [String]
  let text: [UInt8]
  let html: [UInt8]

  /// Throws ``MailError/refused(_:)`` if any part of the message must not stand in a mail.
  init(_ message: MailMessage) throws(MailError) {
    try message.from.validate(as: "the sender")
    try message.to.validate(as: "the recipient")
    try message.replyTo?.validate(as: "the reply address")
    if let flaw = MailAddress.flaw(inText: message.subject) { throw .refused("the subject \(flaw)") }
    guard message.subject.utf8.count <= 2_000 else { throw .refused("the subject is longer than 2000 bytes") }
    guard Self.isMessageID(message.messageID) else { throw .refused("the Message-ID is not of the form <name@domain>") }
    guard MailDate(message.date) != nil else { throw .refused("the date is not of the form of RFC 5322") }

    sender = message.from.address
    recipient = message.to.address
    text = Self.withNetworkLines(message.text)
    html = Self.withNetworkLines(message.html)
    headers =
      [
        "Date: \(message.date)",
        HeaderEncoding.mailbox("From", message.from),
        HeaderEncoding.mailbox("To", message.to),
      ] + (message.replyTo.map { [HeaderEncoding.mailbox("Reply-To", $0)] } ?? []) + [
        HeaderEncoding.text("Subject", message.subject),
        "Message-ID: \(message.messageID)",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative",
      ]
  }

  /// RFC 5322 §3.6.4 without quotes, comments or literals; short enough for one line.
  private static func isMessageID(_ id: String) -> Bool {
    guard id.hasPrefix("<"), id.hasSuffix(">"), id.utf8.count <= 200 else { return false }
    let sides = id.dropFirst().dropLast().split(separator: "@", omittingEmptySubsequences: false)
    let dot = UInt8(ascii: ".")
    return sides.count == 2
      && sides.allSatisfy { side in !side.isEmpty && side.utf8.allSatisfy { MailAddress.isAtomText($0) || $0 == dot } }
  }

  /// Ends every line with CRLF, however it ended before: quoted-printable would write a bare line feed as `=0A`.
  private static func withNetworkLines(_ text: String) -> [UInt8] {
    var lines: [UInt8] = []
    lines.reserveCapacity(text.utf8.count + text.utf8.count / 32)
    var previous: UInt8 = 0
    for byte in text.utf8 {
      switch byte {
      case 0x0d: lines += [0x0d, 0x0a]
      case 0x0a where previous == 0x0d: break
      case 0x0a: lines += [0x0d, 0x0a]
      default: lines.append(byte)
      }
      previous = byte
    }
    return lines
  }
}
