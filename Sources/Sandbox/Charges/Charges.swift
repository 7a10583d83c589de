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
    // `destination`, `dispute` and `order` are in no document of Stripe's, and in every charge it was seen to send.
    charges[id] = [
      "id": .string(id), "object": "charge", "amount": amount, "amount_captured": 0, "amount_refunded": 0,
      "application": nil, "application_fee": nil, "application_fee_amount": nil, "balance_transaction": nil,
      "billing_details": paymentMethods[method]?["billing_details"] ?? Account.noBillingDetails,
      "calculated_statement_descriptor": "SANDBOX", "captured": true, "created": .int(now),
      "currency": intent["currency"], "customer": intent["customer"], "description": intent["description"],
      "destination": nil, "dispute": nil, "disputed": false, "order": nil, "failure_balance_transaction": nil,
      "failure_code": nil, "failure_message": nil,
      "fraud_details": [:], "livemode": false, "metadata": intent["metadata"], "on_behalf_of": nil,
      "outcome": outcome(nil, method), "paid": false, "payment_intent": intent["id"], "payment_method": .string(method),
      "payment_method_details": chargeDetails(method, amount: amount, of: id, result), "radar_options": [:],
      "receipt_email": intent["receipt_email"], "receipt_number": nil, "receipt_url": nil, "refunded": false,
      "review": nil, "shipping": intent["shipping"], "source": nil, "source_transfer": nil, "statement_descriptor": nil,
      "statement_descriptor_suffix": intent["statement_descriptor_suffix"], "status": "pending", "transfer_data": nil,
      "transfer_group": intent["transfer_group"],
    ]
    switch result {
    case .succeeded(captured: true): settle(charge: id)
    case .succeeded(captured: false):
      charges.change(id) {
        $0["status"] = "succeeded"
        $0["paid"] = true
        $0["captured"] = false
      }
    case .failed(let decline): fail(charge: id, decline)
    case .pending: break
    }
    return id
  }

  mutating func settle(charge id: String) {
    capture(charge: id, amount: charges[id]?["amount"].integer ?? 0)
  }

  /// Takes an amount of what was authorized, and lets the rest go: Stripe shows that rest as refunded.
  mutating func capture(charge id: String, amount: Int) {
    guard let charge = charges[id] else { return }
    let transaction = newTransaction(of: charge, amount: amount)
    charges.change(id) {
      $0["status"] = "succeeded"
      $0["paid"] = true
      $0["captured"] = true
      $0["amount_captured"] = .int(amount)
      $0["amount_refunded"] = .int(($0["amount"].integer ?? 0) - amount)
      $0["balance_transaction"] = .string(transaction)
    }
    if case .isDisputed = methodNotes[charge["payment_method"].text ?? ""]?.trait {
      appointments.add(at: now, .openDispute(charge: id))
    }
  }

  mutating func fail(charge id: String, _ decline: SandboxDecline) {
    let outcome = outcome(decline, charges[id]?["payment_method"].text ?? "")
    charges.change(id) {
      $0["status"] = "failed"
      $0["paid"] = false
      $0["captured"] = false
      $0["failure_code"] = .string(decline.chargeCode ?? decline.code)
      $0["failure_message"] = .string(decline.message)
      $0["outcome"] = outcome
    }
  }

  private func outcome(_ decline: SandboxDecline?, _ method: String) -> JSON {
    guard let decline else {
      let isElevated = methodNotes[method]?.trait == .hasElevatedRisk
      return [
        "advice_code": nil, "network_advice_code": nil, "network_decline_code": nil,
        "network_status": "approved_by_network", "reason": nil,
        "risk_level": isElevated ? "elevated" : "normal", "risk_score": isElevated ? 67 : 24,
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

  private func chargeDetails(_ method: String, amount: JSON, of charge: String, _ result: ChargeResult) -> JSON {
    let object = paymentMethods[method] ?? [:]
    let type = object["type"].text ?? "card"
    guard type == "card" else {
      let bank = object[type].without("networks", "status_details", "financial_connections_account", "generated_from")
      // Left out where there is none: Stripe's document does not let it be null.
      let mandate = methodNotes[method]?.mandate
      return .object(["type": .string(type), type: mandate.map { bank.merging(["mandate": .string($0)]) } ?? bank])
    }
    let card = object["card"].without("display_brand", "generated_from", "networks", "three_d_secure_usage")
    var approval: JSON = ["authorization_code": nil, "network_transaction_id": nil]
    if case .succeeded(let captured) = result {
      approval["authorization_code"] = .string(Identifiers.digits(of: "authorization/\(charge)", length: 6))
      approval["network_transaction_id"] = .string(Identifiers.digits(of: "network/\(charge)", length: 15))
      if !captured { approval["capture_before"] = .int(now + 7 * 86_400) }
    }
    return [
      "type": "card",
      "card": card.merging(approval).merging([
        "amount_authorized": amount, "extended_authorization": ["status": "disabled"],
        "incremental_authorization": ["status": "unavailable"], "installments": nil, "mandate": nil,
        "multicapture": ["status": "unavailable"], "network": card["brand"], "network_token": ["used": false],
        "three_d_secure": nil, "wallet": nil,
        "overcapture": ["maximum_amount_capturable": amount, "status": "unavailable"],
      ]),
    ]
  }

  func retrieveCharge(_ call: Call) throws(StripeError) -> JSON {
    guard let charge = charges[call.arguments[0]] else {
      throw .missing("charge", call.arguments[0], param: "id", status: 404)
    }
    return try expanded(charge, call)
  }

  func listCharges(_ call: Call) throws(StripeError) -> JSON {
    let filter = Filter(call, "customer", "payment_intent", "transfer_group")
    return try expanded(try list(charges, call, kind: "charge", where: filter.includes), call)
  }
}
