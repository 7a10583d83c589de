import Foundation
import Transport

extension Account {
  /// `GET /c/pay/:id`.
  func checkoutPage(_ id: String, typed: FormValue = .empty, error: String? = nil) -> HTTPResponse {
    guard let session = sessions[id], session["ui_mode"] == "hosted_page" else { return Pages.notFound }
    return page(of: session, typed: typed, error: error).html.response(status: error == nil ? 200 : 402)
  }

  private func page(of session: JSON, typed: FormValue, error: String?) -> CheckoutPage {
    let notes = sessionNotes[session["id"].text ?? ""]
    let intent = intent(ofSession: session) ?? .null
    let intentID = intent["id"].text ?? ""
    return CheckoutPage(
      session: session, lineItems: notes?.lineItems ?? [], saved: savedCards(for: session),
      bankAsks: intent["status"] == "requires_action", typed: typed, error: error,
      savesCard: notes?.intentParameters.text("setup_future_usage") != nil,
      verifyURL: awaitsMicrodeposits(intentID) ? "\(pageBase)/c/verify/\(intentID)" : nil)
  }

  /// `GET /c/embedded/:id?client_secret=…&parent=…`: the same page in a frame. Whenever it shows a complete session, the
  /// page around it hears of that: also one that was completed elsewhere, which would be a form without a way on.
  func embeddedPage(
    _ id: String, _ query: FormValue, typed: FormValue = .empty, error: String? = nil
  ) -> HTTPResponse {
    guard let session = embeddedSession(id, query) else { return Pages.notFound }
    var html = page(of: session, typed: typed, error: error).html
    let isComplete = session["status"] == "complete"
    // Without redirect methods there is never a need to redirect.
    let redirects = session["redirect_on_completion"] == "always"
    html.frame = HTML.Frame(
      query, script: "page.js", event: isComplete ? "complete" : nil,
      url: redirects ? session["return_url"].text.map { place($0, of: id) } : nil)
    return html.response(status: error == nil ? 200 : 402)
  }

  mutating func submitEmbeddedPage(_ id: String, _ query: FormValue, _ form: FormValue) -> HTTPResponse {
    guard embeddedSession(id, query) != nil else { return Pages.notFound }
    let secret = query.text("client_secret") ?? ""
    let parent = HTML.percentEncoded(query.text("parent") ?? "")
    let again = "\(pageBase)/c/embedded/\(id)?client_secret=\(secret)&parent=\(parent)"
    switch step(of: id, form) {
    case .again, .leave: return Pages.redirect(to: again)
    case .refused(let reason): return embeddedPage(id, query, typed: form, error: reason)
    }
  }

  private func embeddedSession(_ id: String, _ query: FormValue) -> JSON? {
    guard let session = owner(ofSecret: query.text("client_secret")), session["id"].text == id,
      session["ui_mode"] == "embedded_page"
    else { return nil }
    return session
  }

  /// Saved cards are offered in payment mode, for 30 minutes, only those the filters let through, and only with email, name
  /// and country (in some countries also the postal code; docs/STRIPE.md §8).
  func savedCards(for session: JSON) -> [JSON] {
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
    guard sessions[id] != nil else { return Pages.notFound }
    switch step(of: id, form) {
    case .again: return Pages.redirect(to: "\(pageBase)/c/pay/\(id)")
    case .leave(let url): return Pages.redirect(to: url)
    case .refused(let reason): return checkoutPage(id, typed: form, error: reason)
    }
  }

  /// What a page shows after a form.
  private enum PageStep {
    /// Itself, as the session is now.
    case again
    case leave(url: String)
    case refused(String)
  }

  private mutating func step(of id: String, _ form: FormValue) -> PageStep {
    if let unwanted = form.text("remove") {
      if let session = sessions[id], savedCards(for: session).contains(where: { $0["id"].text == unwanted }),
        session["saved_payment_method_options"]["payment_method_remove"] == "enabled"
      {
        detach(unwanted)
      }
      return .again
    }
    do {
      switch try submit(session: id, entry(form), choices(form)) {
      case .redirect(let url): return .leave(url: url)
      case .bankAsks, .closed: return .again
      case .refused(let reason): return .refused(reason)
      }
    } catch {
      return .refused(error.message)
    }
  }

  func choices(_ form: FormValue) -> SandboxChoices {
    var choices = SandboxChoices()
    choices.acceptsTerms = form.has("terms")
    choices.savesMethod = form.has("save")
    choices.wantsPromotions = form.has("promotions")
    choices.country = form.text("country")
    choices.postalCode = form.text("postal_code")
    return choices
  }

  func entry(_ form: FormValue) -> SandboxEntry {
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
