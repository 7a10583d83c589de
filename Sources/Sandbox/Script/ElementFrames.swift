import Transport

/// The frames of elements: the only place where a card number is typed on a page of the shop's own.
extension Account {
  /// `GET /js/elements/card` and `/js/elements/payment`; with a session's `client_secret` the latter offers saved cards.
  func elementFrame(_ type: String, _ query: FormValue) -> HTTPResponse {
    var frame = HTML.Frame(query, script: "element.js")
    switch type {
    case "card":
      frame.isLight = true
      return HTML(
        title: "Secure card payment input frame", body: ElementForm.card(postal: query.text("postal") != "no"),
        frame: frame
      ).response()
    case "payment":
      let session = owner(ofSecret: query.text("client_secret")) ?? .null
      return HTML(
        title: "Secure payment input frame",
        body: ElementForm.payment(saved: savedCards(for: session), offersSaving: offersSaving(session)), frame: frame
      ).response()
    default: return Pages.notFound
    }
  }

  private func offersSaving(_ session: JSON) -> Bool {
    session["saved_payment_method_options"]["payment_method_save"] == "enabled" && !session["customer"].isNull
  }
}

/// Fields with the names that Stripe's own frames give them.
private enum ElementForm {
  /// One row, as the Card Element is.
  static func card(postal: Bool) -> String {
    """
    <form class="row" novalidate>
    \(field("cardnumber", "Credit or debit card number", "cc-number", "Card number"))
    \(field("exp-date", "Credit or debit card expiration date", "cc-exp", "MM / YY"))
    \(field("cvc", "Credit or debit card CVC/CVV", "cc-csc", "CVC"))
    \(postal ? field("postal", "ZIP", "postal-code", "ZIP", mode: "text") : "")
    </form>
    \(alert)
    """
  }

  private static func field(
    _ name: String, _ label: String, _ completion: String, _ placeholder: String, mode: String = "numeric"
  ) -> String {
    "<input name=\"\(name)\" type=\"text\" inputmode=\"\(mode)\" autocomplete=\"\(completion)\" aria-label=\"\(label)\""
      + " placeholder=\"\(placeholder)\">"
  }

  static func payment(saved: [JSON], offersSaving: Bool) -> String {
    """
    <form novalidate>
    \(choices(saved))
    <div id="card-fields">
    \(labeled("number", "Card number", "cc-number", "1234 1234 1234 1234"))
    <div class="pair">
    <div>\(labeled("expiry", "Expiration date", "cc-exp", "MM / YY"))</div>
    <div>\(labeled("cvc", "Security code", "cc-csc", "CVC"))</div>
    </div>
    <label for="country">Country</label>
    <select id="country" name="country" autocomplete="billing country">\(countries)</select>
    <div id="postal-row">\(labeled("postalCode", "ZIP code", "billing postal-code", "12345", mode: "text"))</div>
    \(offersSaving ? tick : "")
    </div>
    </form>
    \(alert)
    """
  }

  private static let alert = "<p id=\"alert\" class=\"error\" role=\"alert\" hidden></p>"
  private static let tick =
    "<label class=\"choice\"><input type=\"checkbox\" name=\"save\" value=\"yes\"><span>Save my details for next time</span></label>"

  private static func labeled(
    _ name: String, _ label: String, _ completion: String, _ placeholder: String, mode: String = "numeric"
  ) -> String {
    "<label for=\"\(name)\">\(label)</label>\n<input id=\"\(name)\" name=\"\(name)\" type=\"text\" inputmode=\"\(mode)\""
      + " autocomplete=\"\(completion)\" placeholder=\"\(placeholder)\">"
  }

  /// The newest saved card is chosen at first.
  private static func choices(_ saved: [JSON]) -> String {
    guard !saved.isEmpty else { return "" }
    let rows = saved.map { method in
      let card = method["card"]
      let label = "\(card["brand"].text ?? "card") ending \(card["last4"].text ?? "")"
      return radio(method["id"].text ?? "", label, checked: method == saved.first)
    }
    return "<fieldset><legend>Pay with</legend>\(rows.joined())\(radio("new", "New card", checked: false))</fieldset>"
  }

  private static func radio(_ value: String, _ label: String, checked: Bool) -> String {
    "<label class=\"choice\"><input type=\"radio\" name=\"method\" value=\"\(HTML.escape(value))\""
      + "\(checked ? " checked" : "")><span>\(HTML.escape(label))</span></label>"
  }

  private static let countries = [
    ("US", "United States"), ("AT", "Austria"), ("AU", "Australia"), ("BE", "Belgium"), ("BR", "Brazil"),
    ("CA", "Canada"), ("CH", "Switzerland"), ("DE", "Germany"), ("DK", "Denmark"), ("ES", "Spain"), ("FI", "Finland"),
    ("FR", "France"), ("GB", "United Kingdom"), ("IE", "Ireland"), ("IN", "India"), ("IT", "Italy"), ("JP", "Japan"),
    ("LU", "Luxembourg"), ("MX", "Mexico"), ("NL", "Netherlands"), ("NO", "Norway"), ("NZ", "New Zealand"),
    ("PL", "Poland"), ("PT", "Portugal"), ("SE", "Sweden"), ("SG", "Singapore"),
  ].map { "<option value=\"\($0.0)\">\($0.1)</option>" }.joined()
}
