package import Domain
package import Templates
package import Transport

/// What sending mail takes: where it goes out, who it is from, and the words.
package struct MailDesk: Sendable {
  package let transport: MailTransport
  package let from: MailAddress
  package let replyTo: MailAddress?
  package let templates: MailTemplates
  package let business: Business

  package init(
    transport: MailTransport, from: MailAddress, replyTo: MailAddress?, templates: MailTemplates, business: Business
  ) {
    self.transport = transport
    self.from = from
    self.replyTo = replyTo
    self.templates = templates
    self.business = business
  }

  /// - Parameter id: of the notice; the same notice always has the same Message-ID.
  package func message(_ mail: RenderedMail, id: String, to: MailAddress, at now: Timestamp) -> MailMessage {
    message(subject: mail.subject, text: mail.text, html: mail.html, id: id, to: to, at: now)
  }

  func message(subject: String, text: String, html: String, id: String, to: MailAddress, at now: Timestamp)
    -> MailMessage
  {
    let domain = from.address.split(separator: "@").last.map(String.init) ?? "localhost"
    return MailMessage(
      from: from, replyTo: replyTo, to: to, subject: subject, text: text, html: html, messageID: "<\(id)@\(domain)>",
      date: MailDate.text(now))
  }
}
