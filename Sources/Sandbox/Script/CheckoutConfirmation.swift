import Transport

/// `actions.confirm()` of Checkout elements, as it reaches the sandbox.
extension Account {
  /// `POST /js/checkout/confirm`. Answers `{result, message, wasTried, declineCode}`; `result` is `complete`, `bank`
  /// or `refused`.
  ///
  /// - Parameter isOwnFrame: comes from a frame of the sandbox's; a card's number comes from nowhere else.
  mutating func confirmCheckout(_ form: FormValue, isOwnFrame: Bool) -> HTTPResponse {
    guard let session = owner(ofSecret: form.text("client_secret")), session["ui_mode"] == "elements" else {
      return Pages.sharedRefusal(
        "The client_secret provided does not match any Checkout Session with ui_mode elements.", status: 400)
    }
    guard isOwnFrame || !form.has("number") else {
      return Pages.sharedRefusal("A card number belongs into an Element, and not to the page.", status: 403)
    }
    guard session["status"] == "open" else {
      return Pages.sharedRefusal("This Checkout Session is not open any more.", status: 400)
    }
    let knowsEmail = !session["customer_details"]["email"].isNull || form.text("email")?.contains("@") == true
    guard knowsEmail else { return refused("An email address is required.", session, tried: false) }
    let before = attempts(of: session)
    do {
      switch try submit(session: session["id"].text ?? "", entry(form), choices(form)) {
      case .redirect, .closed: return Pages.shared(["result": "complete"])
      case .bankAsks: return Pages.shared(["result": "bank"])
      case .refused(let reason): return refused(reason, session, tried: attempts(of: session) != before)
      }
    } catch {
      return Pages.sharedRefusal(error.message, status: error.status)
    }
  }

  private func refused(_ reason: String, _ session: JSON, tried: Bool) -> HTTPResponse {
    let intent = intent(ofSession: session) ?? .null
    let error = intent["last_payment_error"].isNull ? intent["last_setup_error"] : intent["last_payment_error"]
    return Pages.shared([
      "result": "refused", "message": .string(reason), "wasTried": .bool(tried),
      "declineCode": tried ? error["decline_code"] : nil,
    ])
  }

  /// Grows with each try at the bank: tells a decline from what was only typed wrong.
  private func attempts(of session: JSON) -> Int {
    let id = intent(ofSession: session)?["id"].text ?? ""
    let setups = setupAttempts.newestFirst.filter { $0["setup_intent"].text == id }.count
    return setups + (intentNotes[id]?.failures ?? 0)
  }
}
