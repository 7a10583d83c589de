import Transport

/// "Your bank asks" for an intent outside Checkout.
extension Account {
  func authenticationPage(_ id: String) -> HTTPResponse {
    guard let intent = object(id), intent["status"] == "requires_action" else { return Pages.notFound }
    return HTML(
      title: "Your bank asks",
      body: """
        <h1>Your bank asks: is this you?</h1>
        <form method="post">
        <button name="bank" value="confirm">Confirm</button>
        <button class="other" name="bank" value="refuse">Refuse</button>
        </form>
        """
    ).response()
  }

  /// Takes the answer, and goes back to the intent's `return_url` if it has one.
  mutating func answerAuthentication(_ id: String, confirmed: Bool) -> HTTPResponse {
    guard let intent = object(id), intent["status"] == "requires_action" else { return Pages.notFound }
    let back = intent["next_action"]["redirect_to_url"]["return_url"].text
    do {
      if id.hasPrefix("seti_") {
        try authenticate(setup: id, confirmed: confirmed)
      } else {
        try authenticate(intent: id, confirmed: confirmed)
      }
    } catch {
      if back == nil {
        return HTML(title: "Refused", body: "<h1>\(HTML.escape(error.message))</h1>").response(status: 402)
      }
    }
    guard let back else { return HTML(title: "Done", body: "<h1>Your bank has your answer.</h1>").response() }
    let mark = back.contains("?") ? "&" : "?"
    return Pages.redirect(to: "\(back)\(mark)payment_intent=\(id)")
  }
}
