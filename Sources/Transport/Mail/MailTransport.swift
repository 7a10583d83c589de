/// The mail seam: hands one message to the world.
///
/// The real ones are ``SMTPMail`` (a mail server, over libcurl) and ``OutboxMail`` (a directory of `.eml` files).
package struct MailTransport: Sendable {
  package var send: @Sendable (MailMessage) async throws(MailError) -> Void

  package init(send: @escaping @Sendable (MailMessage) async throws(MailError) -> Void) {
    self.send = send
  }
}

/// A mail with the same words twice: as text and as HTML.
package struct MailMessage: Sendable, Equatable {
  package var from: MailAddress
  package var replyTo: MailAddress?
  package var to: MailAddress
  package var subject: String
  package var text: String
  package var html: String
  /// With angle brackets, as it is to appear: `<not_…@example.com>`. The same notice always has the same.
  package var messageID: String
  /// RFC 5322 date, as it is to appear: `Mon, 31 Aug 2026 09:00:00 +0000`.
  package var date: String

  package init(
    from: MailAddress, replyTo: MailAddress?, to: MailAddress, subject: String, text: String, html: String,
    messageID: String, date: String
  ) {
    self.from = from
    self.replyTo = replyTo
    self.to = to
    self.subject = subject
    self.text = text
    self.html = html
    self.messageID = messageID
    self.date = date
  }
}

/// A mailbox, with a name for people or without: `Acme <billing@acme.example>`.
package struct MailAddress: Sendable, Equatable {
  package var name: String?
  package var address: String

  package init(name: String? = nil, address: String) {
    self.name = name
    self.address = address
  }
}

/// Why a mail was not taken.
package enum MailError: Error, Sendable, Equatable {
  /// The server said no for good (5xx), or the address cannot be written in a mail at all.
  case refused(String)
  /// Try again later: no connection, a 4xx, a timeout.
  case unavailable(String)
}
