import Transport

extension Configuration {
  /// `[mail]`: how notices leave.
  struct Mail: Sendable, Equatable {
    /// A mail server.
    struct Server: Sendable, Equatable {
      /// `smtp://…` or `smtps://…`.
      let url: String
      /// There is a password wherever there is a user name.
      let username: String?
      let password: Secret?
      let startTLS: SMTPConfiguration.StartTLS
      let caFile: String?
    }

    enum Delivery: Sendable, Equatable {
      /// Nothing is configured: notices wait.
      case none
      case server(Server)
      /// A directory: one `.eml` file a mail.
      case outbox(String)
    }

    /// There is one wherever there is a delivery.
    let from: MailAddress?
    let replyTo: MailAddress?
    let delivery: Delivery

    init(reading table: TableReader) {
      from = table.value("from", MailAddressText.parse)
      replyTo = table.value("reply_to", MailAddressText.parse)
      let outbox = table.path("outbox")
      let server = Self.server(table)
      delivery = server.map(Delivery.server) ?? outbox.map(Delivery.outbox) ?? .none
      if table.has("smtp_url"), table.has("outbox") {
        table.report("outbox", "mail.smtp_url is there too", "remove one of the two")
      }
      if table.has("smtp_url") || table.has("outbox"), !table.has("from") {
        table.report("from", "is missing", "write \"Example <billing@example.com>\"")
      }
      table.finish()
    }

    private static func server(_ table: TableReader) -> Server? {
      let url = table.value("smtp_url", WebAddress.parseMailServer)
      let username = table.text("username")
      let password = table.secret("password")
      let startTLS = table.choice("starttls", SMTPConfiguration.StartTLS.self) ?? .required
      let caFile = table.readableFile("ca_file")
      if table.has("username"), !table.has("password") {
        table.report("password", "is missing, and there is a mail.username", TableReader.secretRemedy)
      }
      if table.has("password"), !table.has("username") {
        table.report("username", "is missing, and there is a mail.password", "write the name to log in with")
      }
      guard let url else { return nil }
      let mayBePlain = url.lowercased().hasPrefix("smtp:") && startTLS != .required
      if mayBePlain, password != nil, !WebAddress.isLoopback(address: url) {
        table.warn("starttls", "the password may travel in the clear", "write \"required\"")
      }
      return Server(url: url, username: username, password: password, startTLS: startTLS, caFile: caFile)
    }
  }
}
