/// The hosted page of a session: pay, save a card, answer the bank, or read that it is over.
struct CheckoutPage {
  let session: JSON
  let lineItems: [JSON]
  /// The customer's reusable cards, newest first.
  let saved: [JSON]
  let bankAsks: Bool
  /// What was typed before a refusal; never a number or a code.
  var typed = FormValue.empty
  var error: String?
  /// Set when the intent's parameters say `setup_future_usage`.
  var savesCard = false
  /// Where the owner of a bank account names the small deposits.
  var verifyURL: String?

  var html: HTML {
    switch session["status"].text {
    case "open": bankAsks ? bankStep : form
    case "complete": HTML(title: doneTitle, body: over(doneSentence) + verifyLink)
    default:
      HTML(title: "This page has expired", body: over("This page has expired. No money has been taken here."))
    }
  }

  private var doneTitle: String {
    if verifyURL != nil { return "Verify your account" }
    return isSetup ? "Card saved" : isPaid ? "Paid" : "Your bank is confirming"
  }

  private var doneSentence: String {
    if verifyURL != nil {
      return "A small deposit is on its way to your account. It takes one or two working days; then tell us its code."
    }
    if isSetup { return "Your card is saved." }
    return isPaid ? "You have paid \(amount)." : "Your bank is still confirming. You do not need to pay again."
  }

  /// In a window of its own where the page is in a frame: that page lets itself be framed by nobody.
  private var verifyLink: String {
    let target = session["ui_mode"] == "embedded_page" ? " target=\"_blank\"" : ""
    return verifyURL.map { "\n<p><a\(target) href=\"\(HTML.escape($0))\">Verify your account</a></p>" } ?? ""
  }

  private var isPaid: Bool { session["payment_status"] == "paid" }
  private var isSetup: Bool { session["mode"] == "setup" }
  private var amount: String {
    Amounts.display(session["amount_total"].integer ?? 0, session["currency"].text ?? "usd")
  }
  private var action: String { isSetup ? "Save card" : "Pay \(amount)" }

  private func over(_ sentence: String) -> String {
    let back = session[session["status"] == "complete" ? "success_url" : "cancel_url"].text
    let id = session["id"].text ?? ""
    let link = back.map {
      "<p><a href=\"\(HTML.escape($0.replacing("{CHECKOUT_SESSION_ID}", with: id)))\">Back to the shop</a></p>"
    }
    return "<h1>\(HTML.escape(sentence))</h1>\n\(link ?? "")"
  }

  private var bankStep: HTML {
    HTML(
      title: "Your bank asks",
      body: """
        <h1>Your bank asks: is this you?</h1>
        <p>\(isSetup ? "Saving your card" : "Paying \(HTML.escape(amount))") needs your confirmation.</p>
        <form method="post">
        <button name="bank" value="confirm">Confirm</button>
        <button class="other" name="bank" value="refuse">Refuse</button>
        </form>
        """)
  }

  private var form: HTML {
    HTML(
      title: isSetup ? "Save a card" : "Payment due",
      body: """
        \(header)
        <form method="post" class="card" novalidate>
        \(error.map { "<p class=\"error\" role=\"alert\" tabindex=\"-1\" \(focus)>\(HTML.escape($0)) Check the details, or use another card.</p>" } ?? "")
        \(choices)
        \(cardFields)
        \(ticks)
        \(agreement)
        <button type="submit">\(HTML.escape(action))</button>
        </form>
        <form method="post" id="removal"></form>
        \(cancel)
        \(testCards)
        """)
  }

  /// A browser refuses autofocus in a frame of another origin; there the frame's script does it.
  private var focus: String { session["ui_mode"] == "embedded_page" ? "data-focus" : "autofocus" }

  private var header: String {
    if isSetup { return "<h1>Save a card</h1>\n<p>No money has been taken, and none is taken now.</p>" }
    let items = lineItems.map { item in
      let price = Amounts.display(item["amount_total"].integer ?? 0, item["currency"].text ?? "usd")
      return "<li><span>\(HTML.escape(item["description"].text ?? ""))</span><span>\(HTML.escape(price))</span></li>"
    }
    return """
      <h1>Payment due</h1>
      <p class="amount">\(HTML.escape(amount))</p>
      <ul class="plain">\(items.joined())</ul>
      <p>No money has been taken yet.</p>
      """
  }

  private var choices: String {
    var rows: [String] = saved.map { method in
      let card = method["card"]
      let label = "\(card["brand"].text ?? "card") ending \(card["last4"].text ?? "")"
      let id = method["id"].text ?? ""
      return radio(id, label, checked: method == saved.first) + remove(id, label)
    }
    var banks: [String] = []
    if session["payment_method_types"].elements.contains("us_bank_account") {
      banks += [
        radio("pm_usBankAccount_success", "US bank account that pays"),
        radio("pm_usBankAccount_insufficientFunds", "US bank account without funds"),
        radio("pm_usBankAccount_microdeposits", "US bank account that small deposits must verify"),
      ]
    }
    if session["payment_method_types"].elements.contains("sepa_debit") {
      banks += [
        radio("pm_sepaDebit_success", "SEPA account that pays"),
        radio("pm_sepaDebit_fails", "SEPA account that refuses"),
      ]
    }
    rows.append(radio("new", saved.isEmpty ? "Card" : "Another card", checked: saved.isEmpty))
    rows += banks
    guard rows.count > 1 else { return "<input type=\"hidden\" name=\"method\" value=\"new\">" }
    return
      "<fieldset><legend>\(isSetup ? "What to save" : "Pay with")</legend>\(rows.joined(separator: "\n"))</fieldset>"
  }

  /// Belongs to a form of its own: Enter in a field must pay, not remove.
  private func remove(_ id: String, _ label: String) -> String {
    guard session["saved_payment_method_options"]["payment_method_remove"] == "enabled" else { return "" }
    return
      "<button class=\"step\" form=\"removal\" name=\"remove\" value=\"\(HTML.escape(id))\">Remove \(HTML.escape(label))</button>"
  }

  private func radio(_ value: String, _ label: String, checked: Bool = false) -> String {
    let chosen = typed.text("method").map { $0 == value } ?? checked
    return "<label class=\"choice\"><input type=\"radio\" name=\"method\" value=\"\(HTML.escape(value))\""
      + "\(chosen ? " checked" : "")><span>\(HTML.escape(label))</span></label>"
  }

  private var cardFields: String {
    let needsEmail = session["customer_details"]["email"].isNull
    let email =
      needsEmail
      ? """
      <label for="email">Email</label>
      <input id="email" name="email" type="email" autocomplete="email" value="\(HTML.escape(typed.text("email") ?? ""))">
      """ : ""
    return """
      \(email)
      <label for="number">Card number</label>
      <input id="number" name="number" type="text" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242">
      <div class="pair">
      <div><label for="exp">Expiry MM/YY</label>
      <input id="exp" name="exp" type="text" inputmode="numeric" autocomplete="cc-exp" placeholder="12 / 34" value="\(HTML.escape(typed.text("exp") ?? ""))"></div>
      <div><label for="cvc">Security code</label>
      <input id="cvc" name="cvc" type="text" inputmode="numeric" autocomplete="cc-csc" placeholder="123"></div>
      </div>
      <label for="name">Name on card</label>
      <input id="name" name="name" type="text" autocomplete="cc-name" value="\(HTML.escape(typed.text("name") ?? ""))">
      <div class="pair">
      <div><label for="country">Country</label>
      <input id="country" name="country" type="text" maxlength="2" autocomplete="country" value="\(HTML.escape(typed.text("country") ?? "US"))"></div>
      <div><label for="postal">Postal code</label>
      <input id="postal" name="postal_code" type="text" autocomplete="postal-code" placeholder="10001" value="\(HTML.escape(typed.text("postal_code") ?? ""))"></div>
      </div>
      """
  }

  private var agreement: String {
    let isHidden = session["consent_collection"]["payment_method_reuse_agreement"]["position"] == "hidden"
    guard isSetup || savesCard, !isHidden else { return "" }
    return "<p class=\"soft\">Your card is saved, and may be charged later as you have agreed with the shop.</p>"
  }

  /// What the session lets the customer tick.
  private var ticks: String {
    let asked = session["consent_collection"]
    var rows: [String] = []
    if session["saved_payment_method_options"]["payment_method_save"] == "enabled", !session["customer"].isNull {
      rows.append(tick("save", "Save my details for next time"))
    }
    if asked["terms_of_service"] == "required" {
      rows.append(tick("terms", "I agree to the shop's terms of service"))
    }
    if asked["promotions"] == "auto" { rows.append(tick("promotions", "Tell me about news from the shop")) }
    return rows.joined(separator: "\n")
  }

  private func tick(_ name: String, _ label: String) -> String {
    "<label class=\"choice\"><input type=\"checkbox\" name=\"\(name)\" value=\"yes\"\(typed.has(name) ? " checked" : "")>"
      + "<span>\(HTML.escape(label))</span></label>"
  }

  private var cancel: String {
    session["cancel_url"].text.map {
      let url = $0.replacing("{CHECKOUT_SESSION_ID}", with: session["id"].text ?? "")
      return "<p><a href=\"\(HTML.escape(url))\">Back without paying</a></p>"
    } ?? ""
  }

  private var testCards: String {
    let rows = TestPaymentMethods.shown.map { "<tr><td>\($0.number)</td><td>\(HTML.escape($0.does))</td></tr>" }
    return """
      <details class="card"><summary>Test cards</summary>
      <table><thead><tr><th scope="col">Number</th><th scope="col">What it does</th></tr></thead>
      <tbody>\(rows.joined())</tbody></table>
      <p class="soft">Any expiry in the future and any security code will do.</p></details>
      """
  }
}
