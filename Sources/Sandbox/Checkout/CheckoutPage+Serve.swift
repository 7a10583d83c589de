import Foundation
import Transport

extension Account {
  /// `GET /c/pay/:id`.
  func checkoutPage(_ id: String, typed: FormValue = .empty, error: String? = nil) -> HTTPResponse {
    guard let session = sessions[id], session["ui_mode"] == "hosted_page" else { return Pages.notFound }
    let intent = session["setup_intent"].text ?? sessionNotes[id]?.hiddenIntent
    let page = CheckoutPage(
      session: session, lineItems: sessionNotes[id]?.lineItems ?? [], saved: savedCards(for: session),
      bankAsks: intent.flatMap { object($0) }?["status"] == "requires_action", typed: typed, error: error,
      savesCard: sessionNotes[id]?.intentParameters.text("setup_future_usage") != nil)
    return page.html.response(status: error == nil ? 200 : 402)
  }

  /// Saved cards are offered in payment mode, for 30 minutes, and only those the filters let through.
  private func savedCards(for session: JSON) -> [JSON] {
    guard session["mode"] == "payment", let customer = session["customer"].text,
      now < (session["created"].integer ?? 0) + 30 * 60
    else { return [] }
    let filters = session["saved_payment_method_options"]["allow_redisplay_filters"].elements
    return paymentMethods.newestFirst.filter {
      $0["customer"].text == customer && $0["type"] == "card" && filters.contains($0["allow_redisplay"])
    }.prefix(50).map { $0 }
  }

  /// `POST /c/pay/:id`: does what the form says, and redirects, or shows the page again with the reason.
  mutating func submitPage(_ id: String, _ form: FormValue) -> HTTPResponse {
    guard sessions[id] != nil else { return Pages.notFound }
    do {
      switch try submit(session: id, entry(form)) {
      case .redirect(let url): return Pages.redirect(to: url)
      case .bankAsks, .closed: return Pages.redirect(to: "\(pageBase)/c/pay/\(id)")
      case .refused(let reason): return checkoutPage(id, typed: form, error: reason)
      }
    } catch {
      return checkoutPage(id, typed: form, error: error.message)
    }
  }

  private func entry(_ form: FormValue) -> SandboxEntry {
    if let answer = form.text("bank") { return .bankAnswer(confirmed: answer == "confirm") }
    let method = form.text("method") ?? "new"
    if method.hasPrefix("pm_usBankAccount") || method.hasPrefix("pm_sepaDebit") { return .bank(method) }
    if method.hasPrefix("pm_") { return .saved(method) }
    let digits = (form.text("exp") ?? "").filter(\.isNumber)
    let month = Int(digits.prefix(2)) ?? 0
    let year = Int(digits.dropFirst(2)) ?? 0
    return .card(
      number: form.text("number") ?? "", month: month, year: year, name: form.text("name"), email: form.text("email"))
  }
}
