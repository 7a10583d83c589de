/// The mail server, as `[mail]` in the configuration names it.
package struct SMTPConfiguration: Sendable {
  package enum StartTLS: String, Sendable, CaseIterable {
    /// No TLS, no mail.
    case required
    /// Whoever sits between can take the offer away, and then reads mail and password.
    case ifOffered = "if_offered"
    case off
  }

  /// `smtp://host:587`, or `smtps://host:465` for TLS from the first byte. Without user, path or query.
  package var url: String
  package var username: String?
  package var password: String?
  /// Means nothing for `smtps://`.
  package var startTLS: StartTLS
  /// A PEM file with the authorities to trust instead of the system's.
  package var caFile: String?
  /// The name that we give ourselves: a host name.
  package var ehloName: String
  /// For one mail, from the start of the connection to the server's last word; the farewell after a timeout may take as long again.
  package var timeout: Duration

  package init(
    url: String, username: String? = nil, password: String? = nil, startTLS: StartTLS = .required,
    caFile: String? = nil, ehloName: String = "localhost", timeout: Duration = .seconds(60)
  ) {
    self.url = url
    self.username = username
    self.password = password
    self.startTLS = startTLS
    self.caFile = caFile
    self.ehloName = ehloName
    self.timeout = timeout
  }

  /// What is wrong with it, if anything, in words for whoever wrote it. Never holds a secret.
  var flaw: String? {
    let lower = url.lowercased()
    guard let scheme = ["smtp://", "smtps://"].first(where: lower.hasPrefix) else {
      return "the mail server's URL must begin with smtp:// or smtps://"
    }
    let authority = lower.dropFirst(scheme.utf8.count)
    if authority.contains("@") { return "the mail server's URL must not hold a user: there are keys for that" }
    let isHost = authority.utf8.allSatisfy { byte in
      MailAddress.isAtomText(byte) && !"/?#".utf8.contains(byte) || ".:[]".utf8.contains(byte)
    }
    guard !authority.isEmpty, isHost else { return "the mail server's URL must be a host, with a port or without" }
    let isName = ehloName.utf8.allSatisfy { byte in
      MailAddress.isAtomText(byte) && !"/?#%".utf8.contains(byte) || ".:[]".utf8.contains(byte)
    }
    guard !ehloName.isEmpty, isName else { return "the name for EHLO is not a host name" }
    for (what, value) in [("username", username), ("password", password)] {
      if let value, value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
        return "the mail server's \(what) has a control character"
      }
    }
    if (username == nil) != (password == nil) { return "of the mail server's username and password only one is given" }
    return nil
  }
}
