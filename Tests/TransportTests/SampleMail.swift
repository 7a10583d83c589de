import Transport

extension MailMessage {
  /// A mail with everything that is hard to write: other alphabets, long lines, dots, odd line ends.
  static func sample(
    from: MailAddress = MailAddress(name: "Acme", address: "billing@acme.example"),
    replyTo: MailAddress? = MailAddress(address: "help@acme.example"),
    to: MailAddress = MailAddress(name: "Zoë Müller", address: "zoe@example.com"),
    subject: String = "Your payment did not go through",
    text: String = "Grüße,\n.\n..two dots\nthe end",
    html: String = "<p>Grüße</p>\r\n",
    messageID: String = "<not_1@acme.example>",
    date: String = "Mon, 31 Aug 2026 09:00:00 +0000"
  ) -> MailMessage {
    MailMessage(
      from: from, replyTo: replyTo, to: to, subject: subject, text: text, html: html, messageID: messageID, date: date)
  }
}

/// How a mail ended: nil if it was taken.
func failure(_ transport: MailTransport, _ message: MailMessage) async -> MailError? {
  do {
    try await transport.send(message)
    return nil
  } catch {
    return error
  }
}

extension MailError {
  var isRefused: Bool {
    if case .refused = self { true } else { false }
  }

  var reason: String {
    switch self {
    case .refused(let reason), .unavailable(let reason): reason
    }
  }
}
