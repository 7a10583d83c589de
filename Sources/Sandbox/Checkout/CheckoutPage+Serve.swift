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
      savesCard: sessionNotes[id]?.intentParameters.text("setup_future_usage") != nil,
      verifyURL: intent.flatMap { awaitsMicrodeposits($0) ? "\(pageBase)/c/verify/\($0)" : nil })
    return page.html.response(status: error == nil ? 200 : 402)
  }

  /// Saved cards are offered in payment mode, for 30 minutes, only those the filters let through, and only with email, name
  /// and country (in some countries also the postal code; docs/STRIPE.md §8).
  private func savedCards(for session: JSON) -> [JSON] {
    guard session["mode"] == "payment", let customer = session["customer"].text,
      now < (session["created"].integer ?? 0) + 30 * 60
    else { return [] }
    let filters = session["saved_payment_method_options"]["allow_redisplay_filters"].elements
    return paymentMethods.newestFirst.filter {
      $0["customer"].text == customer && $0["type"] == "card" && filters.contains($0["allow_redisplay"])
        && Self.canPrefill($0["billing_details"])
    }.prefix(50).map { $0 }
  }

  private static func canPrefill(_ details: JSON) -> Bool {
    guard details["email"].text != nil, details["name"].text != nil, let country = details["address"]["country"].text
    else { return false }
    return !["US", "CA", "GB"].contains(country) || details["address"]["postal_code"].text != nil
  }

  /// `POST /c/pay/:id`: does what the form says, and redirects, or shows the page again with the reason.
  mutating func submitPage(_ id: String, _ form: FormValue) -> HTTPResponse {
    guard let session = sessions[id] else { return Pages.notFound }
    if let unwanted = form.text("remove") {
      if savedCards(for: session).contains(where: { $0["id"].text == unwanted }),
        session["saved_payment_method_options"]["payment_method_remove"] == "enabled"
      {
        detach(unwanted)
      }
      return Pages.redirect(to: "\(pageBase)/c/pay/\(id)")
    }
    do {
      switch try submit(session: id, entry(form), choices(form)) {
      case .redirect(let url): return Pages.redirect(to: url)
      case .bankAsks, .closed: return Pages.redirect(to: "\(pageBase)/c/pay/\(id)")
      case .refused(let reason): return checkoutPage(id, typed: form, error: reason)
      }
    } catch {
      return checkoutPage(id, typed: form, error: error.message)
    }
  }

  private func choices(_ form: FormValue) -> SandboxChoices {
    var choices = SandboxChoices()
    choices.acceptsTerms = form.has("terms")
    choices.savesMethod = form.has("save")
    choices.wantsPromotions = form.has("promotions")
    choices.country = form.text("country")
    choices.postalCode = form.text("postal_code")
    return choices
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
