/// Asking the bank, and what its answer does to an intent.
extension Account {
  private enum Verdict {
    case approved
    case declined(SandboxDecline)
    /// Authentication was wanted where nobody could give it, and no charge was tried.
    case notHandled
    case challenged
    case debited(days: Int)
    /// The owner of the bank account has to name the small deposits first.
    case unverified
  }

  /// Confirms, and throws the 402 of a refusal; the intent has changed by then.
  mutating func confirm(_ id: String, _ confirmation: Confirmation) throws(StripeError) {
    let intent = try paymentIntent(id)
    try requireConfirmable(intent)
    try checkUsable(confirmation, for: intent)
    paymentIntents.change(id) {
      $0["payment_method"] = .string(confirmation.method)
      $0["last_payment_error"] = nil
      $0["next_action"] = nil
    }
    let isAuthenticated = intentNotes[id]?.authenticated?.method == confirmation.method
    intentNotes[id]?.pending = nil
    intentNotes[id]?.authenticated = nil
    try conclude(id, confirmation, verdict(on: confirmation, authenticated: isAuthenticated))
  }

  /// The customer's answer to the bank: confirmed, or refused.
  mutating func authenticate(intent id: String, confirmed: Bool) throws(StripeError) {
    guard let pending = intentNotes[id]?.pending else {
      throw .executed("This PaymentIntent waits for no authentication.", code: "payment_intent_unexpected_state")
    }
    intentNotes[id]?.pending = nil
    paymentIntents.change(id) { $0["next_action"] = nil }
    if confirmed, paymentIntents[id]?["confirmation_method"] == "manual" {
      awaitConfirmation(id, after: pending)
    } else if confirmed {
      try conclude(id, pending, verdict(on: pending, authenticated: true))
    } else {
      let decline = SandboxDecline.authenticationFailure
      throw refuse(id, pending, decline, withCharge: false)
    }
  }

  private func verdict(on confirmation: Confirmation, authenticated: Bool) -> Verdict {
    guard let notes = methodNotes[confirmation.method] else { return .declined(SandboxDecline("generic_decline")) }
    switch notes.behavior {
    case .succeeds: return .approved
    case .declines(let decline), .declinesCharges(let decline): return .declined(decline)
    case .debits(let days, _): return notes.awaitsMicrodeposits ? .unverified : .debited(days: days)
    case .authenticates(let rule):
      let afterwards = rule.declineAfterwards.map(Verdict.declined) ?? .approved
      if authenticated { return afterwards }
      if confirmation.isOffSession {
        return rule.letsOffSessionPass(isSetUp: notes.isReadyOffSession)
          ? afterwards : .declined(.authenticationRequired)
      }
      return confirmation.errorsOnRequiresAction ? .notHandled : .challenged
    }
  }

  private mutating func conclude(_ id: String, _ confirmation: Confirmation, _ verdict: Verdict) throws(StripeError) {
    switch verdict {
    case .approved: succeed(id, confirmation)
    case .declined(let decline): throw refuse(id, confirmation, decline, withCharge: true)
    case .notHandled:
      var decline = SandboxDecline.authenticationRequired
      decline.declineCode = "authentication_not_handled"
      throw refuse(id, confirmation, decline, withCharge: false)
    case .challenged: challenge(id, confirmation)
    case .debited(let days): beginDebit(id, confirmation, days: days)
    case .unverified: awaitMicrodeposits(intent: id, confirmation)
    }
  }

  private mutating func succeed(_ id: String, _ confirmation: Confirmation) {
    guard let intent = paymentIntents[id] else { return }
    let isManual = intent["capture_method"] == "manual"
    let charge = newCharge(for: intent, method: confirmation.method, .succeeded(captured: !isManual))
    paymentIntents.change(id) {
      $0["status"] = isManual ? "requires_capture" : "succeeded"
      $0[isManual ? "amount_capturable" : "amount_received"] = $0["amount"]
      $0["latest_charge"] = .string(charge)
      $0["last_payment_error"] = nil
    }
    save(method: confirmation.method, after: intent)
    emit("charge.succeeded", charges[charge])
    emit(isManual ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded", paymentIntents[id])
  }

  /// Attaches the method if the intent was to save it; a method charged without a customer cannot be used again.
  func savesMethod(_ intent: JSON) -> Bool { !intent["setup_future_usage"].isNull && !intent["customer"].isNull }

  private mutating func save(method: String, after intent: JSON) {
    if intent["setup_future_usage"] == "off_session" { methodNotes[method]?.isReadyOffSession = true }
    guard paymentMethods[method]?["customer"].text == nil else { return }
    if savesMethod(intent), let customer = intent["customer"].text {
      if intentNotes[intent["id"].text ?? ""]?.session != nil {
        paymentMethods.change(method) { $0["allow_redisplay"] = "limited" }
      }
      attach(method, to: customer)
    } else if intent["setup_future_usage"].isNull {
      methodNotes[method]?.isSpent = true
    }
  }

  private mutating func challenge(_ id: String, _ confirmation: Confirmation) {
    intentNotes[id]?.pending = confirmation
    let page: JSON = .string("\(pageBase)/c/authenticate/\(id)")
    paymentIntents.change(id) {
      $0["status"] = "requires_action"
      $0["next_action"] =
        confirmation.returnURL.map {
          [
            "type": "redirect_to_url", "redirect_to_url": ["return_url": .string($0), "url": page],
          ]
        } ?? ["type": "use_stripe_sdk", "use_stripe_sdk": ["type": "three_d_secure_redirect", "stripe_js": page]]
    }
    emit("payment_intent.requires_action", paymentIntents[id])
  }

  /// Records the refusal and makes its 402.
  mutating func refuse(
    _ id: String, _ confirmation: Confirmation, _ decline: SandboxDecline, withCharge: Bool
  ) -> StripeError {
    let intent = paymentIntents[id] ?? .null
    let charge = withCharge ? newCharge(for: intent, method: confirmation.method, .failed(decline)) : nil
    var more = decline.members
    if let charge { more["charge"] = .string(charge) }
    more["payment_method"] = paymentMethods[confirmation.method]
    let failures = (intentNotes[id]?.failures ?? 0) + 1
    intentNotes[id]?.failures = failures
    var error = StripeError(
      status: 402, type: "card_error", code: decline.code, message: decline.message, more: more, wasExecuted: true)
    let lastError = error.body(requestLog: "")["error"].without("request_log_url")
    paymentIntents.change(id) {
      $0["status"] = "requires_payment_method"
      $0["payment_method"] = nil
      $0["last_payment_error"] = lastError
      if let charge { $0["latest_charge"] = .string(charge) }
    }
    if let charge { emit("charge.failed", charges[charge]) }
    emit("payment_intent.payment_failed", paymentIntents[id])
    if failures >= configuration.confirmationLimit { cancel(intent: id, reason: "automatic") }
    error.more["payment_intent"] = paymentIntents[id]
    return error
  }
}

extension SandboxDecline {
  static let authenticationFailure = SandboxDecline(
    bankCode: "payment_intent_authentication_failure", network: nil,
    message: "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new"
      + " PaymentMethod to attempt to fulfill this PaymentIntent again.")
}
