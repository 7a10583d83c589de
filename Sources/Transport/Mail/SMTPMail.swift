/// Hands mails to a mail server, over one connection that is kept between them.
///
/// A mail that was handed over but whose last answer was lost is ``MailError/unavailable(_:)``: sent again it may reach
/// the customer twice, under one `Message-ID`.
package struct SMTPMail: Sendable {
  private let line = CurlMailLine()
  private let route: MailRoute

  /// Throws ``MailError/refused(_:)`` if the configuration cannot be used; the reason is for its author.
  package init(configuration: SMTPConfiguration) throws(MailError) {
    if let flaw = configuration.flaw { throw .refused(flaw) }
    route = .server(configuration)
  }

  package var transport: MailTransport {
    MailTransport { (message) async throws(MailError) in
      let letter = try Letter(message)
      try await line.deliver(letter, over: route)
    }
  }

  /// Connects, encrypts and logs in as for a mail, and sends none.
  package func check() async throws(MailError) {
    try await line.knock(over: route)
  }
}
