import Transport

/// `after_expiration[recovery]`: an expired session leaves a URL for 30 days, and whoever opens it gets a new session, a
/// copy of the old one (docs/STRIPE.md §8).
extension Account {
  private static let recoverySeconds = 30 * 86_400

  mutating func offerRecovery(ofExpired id: String) {
    guard sessions[id]?["after_expiration"]["recovery"]["enabled"].isTrue == true else { return }
    let url: JSON = .string("\(pageBase)/c/recover/\(id)")
    sessions.change(id) {
      $0["after_expiration"]["recovery"]["url"] = url
      $0["after_expiration"]["recovery"]["expires_at"] = .int(now + Self.recoverySeconds)
    }
  }

  /// `GET /c/recover/:id`: makes the copy, and leads to it.
  mutating func recover(session id: String) -> HTTPResponse {
    guard let old = sessions[id], old["status"] == "expired", let notes = sessionNotes[id],
      let until = old["after_expiration"]["recovery"]["expires_at"].integer, now < until
    else { return Pages.notFound }
    var given = notes.parameters.members
    given["expires_at"] = nil
    do {
      let copy = try newSession(
        .map(given), mode: old["mode"].text ?? "payment", customer: old["customer"].text, expiresAt: now + 86_400)
      sessions.change(copy) { $0["recovered_from"] = .string(id) }
      return Pages.redirect(to: "\(pageBase)/c/pay/\(copy)")
    } catch {
      return HTML(title: "Not possible", body: "<h1>\(HTML.escape(error.message))</h1>").response(status: 400)
    }
  }
}
