/// Puts mails into a directory instead of sending them: one `.eml` file a mail, as it would have gone to a server.
///
/// A file is named by date and `Message-ID`, and appears whole or not at all. The same notice sent again replaces its
/// file.
package struct OutboxMail: Sendable {
  private let line = CurlMailLine()
  private let directory: OutboxDirectory

  /// - Parameter directory: made when the first mail comes, if it is missing.
  package init(directory: String) {
    self.directory = OutboxDirectory(path: directory)
  }

  package var transport: MailTransport {
    MailTransport { (message) async throws(MailError) in
      let letter = try Letter(message)
      let socket = try OutboxSocket()
      defer { socket.close() }
      try await line.deliver(letter, over: .outbox(socket.name)) { () throws(MailError) in
        guard let mail = socket.mail else { throw .unavailable("the outbox has not got the mail") }
        try directory.put(mail, messageID: message.messageID, date: message.date)
      }
    }
  }

  /// Makes the directory if it is missing, and throws ``MailError/unavailable(_:)`` unless a file can be written there.
  package func check() throws(MailError) {
    try directory.check()
  }
}
