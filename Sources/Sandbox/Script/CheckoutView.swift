import Transport

/// A session as Stripe's script shows it to a page (docs.stripe.com/js/custom_checkout/session_object).
extension Account {
  /// `GET /js/checkout?client_secret=…&ui_mode=…`.
  func checkoutView(_ query: FormValue) -> HTTPResponse {
    guard let session = owner(ofSecret: query.text("client_secret")), session["object"] == "checkout.session" else {
      return Pages.sharedRefusal(
        "The client_secret provided does not match any Checkout Session of this account.", status: 400)
    }
    let mode = query.text("ui_mode") ?? ""
    guard session["ui_mode"].text == mode else {
      return Pages.sharedRefusal(
        "This Checkout Session has ui_mode \(session["ui_mode"].text ?? ""); \(mode) is wanted here.", status: 400)
    }
    return Pages.shared([
      "mode": session["mode"], "returnUrl": session["return_url"], "session": view(of: session),
    ])
  }

  private func view(of session: JSON) -> JSON {
    let currency = session["currency"].text ?? "usd"
    let intent = intent(ofSession: session) ?? .null
    let error = intent["last_payment_error"].isNull ? intent["last_setup_error"] : intent["last_payment_error"]
    let saved = savedCards(for: session)
    return [
      "id": session["id"], "billingAddress": nil, "businessName": "Sandbox", "canConfirm": false,
      "currency": .string(currency), "currencyOptions": nil, "discountAmounts": nil,
      "email": session["customer_details"]["email"],
      "lastPaymentError": error.isNull ? nil : ["message": .string(wordsForCustomer(error))],
      "lineItems": .array((sessionNotes[session["id"].text ?? ""]?.lineItems ?? []).map { view(of: $0, currency) }),
      "livemode": false, "minorUnitsAmountDivisor": .int(Amounts.divisor(currency)), "phoneNumber": nil,
      "recurring": nil, "savedPaymentMethods": saved.isEmpty ? nil : .array(saved.map(view(ofMethod:))),
      "shipping": nil, "shippingAddress": nil, "shippingOptions": [], "status": status(of: session),
      "tax": ["status": "ready"], "taxAmounts": nil, "taxIdInfo": nil, "total": total(of: session, currency),
    ]
  }

  private func status(of session: JSON) -> JSON {
    guard session["status"] == "complete" else { return ["type": session["status"]] }
    return ["type": "complete", "paymentStatus": session["payment_status"]]
  }

  private func total(of session: JSON, _ currency: String) -> JSON {
    let zero = amount(0, currency)
    return [
      "appliedBalance": zero, "balanceAppliedToNextInvoice": false, "discount": zero, "shippingRate": zero,
      "subtotal": amount(session["amount_subtotal"].integer ?? 0, currency), "taxExclusive": zero,
      "taxInclusive": zero, "total": amount(session["amount_total"].integer ?? 0, currency),
    ]
  }

  private func view(of item: JSON, _ currency: String) -> JSON {
    let zero = amount(0, currency)
    return [
      "id": item["id"], "name": item["description"], "description": nil, "quantity": item["quantity"],
      "discount": zero, "subtotal": amount(item["amount_subtotal"].integer ?? 0, currency),
      "total": amount(item["amount_total"].integer ?? 0, currency), "taxExclusive": zero, "taxInclusive": zero,
      "unitAmount": amount(item["price"]["unit_amount"].integer ?? 0, currency), "discountAmounts": nil,
      "taxAmounts": nil, "recurring": nil, "adjustableQuantity": nil, "images": [],
    ]
  }

  private func view(ofMethod method: JSON) -> JSON {
    let card = method["card"]
    let details = method["billing_details"]
    return [
      "id": method["id"], "type": "card",
      "card": [
        "brand": card["brand"], "expMonth": card["exp_month"], "expYear": card["exp_year"], "last4": card["last4"],
      ],
      "billingDetails": [
        "email": details["email"], "name": details["name"], "phone": details["phone"], "address": details["address"],
      ],
    ]
  }

  private func amount(_ amount: Int, _ currency: String) -> JSON {
    ["amount": .string(Amounts.display(amount, currency)), "minorUnitsAmount": .int(amount)]
  }

  private func wordsForCustomer(_ error: JSON) -> String {
    error["code"].text?.hasSuffix("authentication_failure") == true
      ? Self.authenticationWords : error["message"].text ?? ""
  }
}
