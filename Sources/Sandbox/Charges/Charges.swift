extension Account {
  enum ChargeResult {
    case succeeded(captured: Bool)
    case pending
    case failed(SandboxDecline)
  }

  mutating func newCharge(for intent: JSON, method: String, _ result: ChargeResult) -> String {
    let isBank = paymentMethods[method]?["type"] != "card"
    let id = newID(isBank ? "py_3" : "ch_3", length: 23)
    let amount = intent["amount"]
    charges[id] = [
      "id": .string(id), "object": "charge", "amount": amount, "amount_captured": 0, "amount_refunded": 0,
      "application": nil, "application_fee": nil, "application_fee_amount": nil, "balance_transaction": nil,
      "billing_details": paymentMethods[method]?["billing_details"] ?? Account.noBillingDetails,
      "calculated_statement_descriptor": "SANDBOX", "captured": true, "created": .int(now),
      "currency": intent["currency"], "customer": intent["customer"], "description": intent["description"],
      "disputed": false, "failure_balance_transaction": nil, "failure_code": nil, "failure_message": nil,
      "fraud_details": [:], "livemode": false, "metadata": intent["metadata"], "on_behalf_of": nil,
      "outcome": outcome(nil), "paid": false, "payment_intent": intent["id"], "payment_method": .string(method),
      "payment_method_details": chargeDetails(method, amount: amount), "radar_options": [:],
      "receipt_email": intent["receipt_email"], "receipt_number": nil, "receipt_url": nil, "refunded": false,
      "review": nil, "shipping": nil, "source": nil, "source_transfer": nil, "statement_descriptor": nil,
      "statement_descriptor_suffix": intent["statement_descriptor_suffix"], "status": "pending", "transfer_data": nil,
      "transfer_group": nil,
    ]
    switch result {
    case .succeeded(let captured):
      settle(charge: id)
      if !captured {
        charges.change(id) {
          $0["captured"] = false
          $0["amount_captured"] = 0
        }
      }
    case .failed(let decline): fail(charge: id, decline)
    case .pending: break
    }
    return id
  }

  mutating func settle(charge id: String) {
    guard let charge = charges[id] else { return }
    let transaction = newTransaction(of: charge)
    charges.change(id) {
      $0["status"] = "succeeded"
      $0["paid"] = true
      $0["amount_captured"] = $0["amount"]
      $0["balance_transaction"] = .string(transaction)
    }
  }

  mutating func fail(charge id: String, _ decline: SandboxDecline) {
    let outcome = outcome(decline)
    charges.change(id) {
      $0["status"] = "failed"
      $0["paid"] = false
      $0["captured"] = false
      $0["failure_code"] = .string(decline.code)
      $0["failure_message"] = .string(decline.message)
      $0["outcome"] = outcome
    }
  }

  private func outcome(_ decline: SandboxDecline?) -> JSON {
    guard let decline else {
      return [
        "advice_code": nil, "network_advice_code": nil, "network_decline_code": nil,
        "network_status": "approved_by_network", "reason": nil, "risk_level": "normal", "risk_score": 24,
        "seller_message": "Payment complete.", "type": "authorized",
      ]
    }
    return [
      "advice_code": JSON(decline.adviceCode), "network_advice_code": nil,
      "network_decline_code": JSON(decline.networkDeclineCode),
      "network_status": decline.isBlocked ? "not_sent_to_network" : "declined_by_network",
      "reason": decline.isBlocked ? "highest_risk_level" : .string(decline.declineCode ?? decline.code),
      "risk_level": decline.isBlocked ? "highest" : "normal", "risk_score": decline.isBlocked ? 92 : 24,
      "seller_message": decline.isBlocked
        ? "Stripe blocked this payment as too risky."
        : "The bank did not return any further details with this decline.",
      "type": decline.isBlocked ? "blocked" : "issuer_declined",
    ]
  }

  private func chargeDetails(_ method: String, amount: JSON) -> JSON {
    let object = paymentMethods[method] ?? [:]
    let type = object["type"].text ?? "card"
    guard type == "card" else {
      let bank = object[type].without("networks", "status_details", "financial_connections_account", "generated_from")
      // Left out where there is none: Stripe's document does not let it be null.
      let mandate = methodNotes[method]?.mandate
      return .object(["type": .string(type), type: mandate.map { bank.merging(["mandate": .string($0)]) } ?? bank])
    }
    let card = object["card"].without("display_brand", "generated_from", "networks", "three_d_secure_usage")
    return [
      "type": "card",
      "card": card.merging([
        "amount_authorized": amount, "authorization_code": nil, "extended_authorization": ["status": "disabled"],
        "incremental_authorization": ["status": "unavailable"], "installments": nil, "mandate": nil,
        "multicapture": ["status": "unavailable"], "network": card["brand"], "network_token": ["used": false],
        "network_transaction_id": nil, "three_d_secure": nil, "wallet": nil,
        "overcapture": ["maximum_amount_capturable": amount, "status": "unavailable"],
      ]),
    ]
  }

  mutating func newTransaction(of charge: JSON) -> String {
    let id = newID("txn_3", length: 23)
    let amount = charge["amount"].integer ?? 0
    let fee = amount * 29 / 1000 + 30
    let currency = charge["currency"]
    transactions[id] = [
      "id": .string(id), "object": "balance_transaction", "amount": .int(amount),
      "available_on": .int(now + 7 * 86_400),
      "balance_type": "payments", "created": .int(now), "currency": currency, "description": charge["description"],
      "exchange_rate": nil, "fee": .int(fee), "net": .int(amount - fee), "reporting_category": "charge",
      "fee_details": [
        [
          "amount": .int(fee), "application": nil, "currency": currency, "description": "Stripe processing fees",
          "type": "stripe_fee",
        ]
      ], "source": charge["id"], "status": "pending", "type": "charge",
    ]
    return id
  }

  func retrieveCharge(_ call: Call) throws(StripeError) -> JSON {
    guard let charge = charges[call.arguments[0]] else {
      throw .missing("charge", call.arguments[0], param: "id", status: 404)
    }
    return try expanded(charge, call)
  }

  func listCharges(_ call: Call) throws(StripeError) -> JSON {
    let customer = call.parameters.text("customer")
    let intent = call.parameters.text("payment_intent")
    let list = try list(charges, call, kind: "charge") {
      (customer == nil || $0["customer"].text == customer) && (intent == nil || $0["payment_intent"].text == intent)
    }
    return try expanded(list, call)
  }
}
