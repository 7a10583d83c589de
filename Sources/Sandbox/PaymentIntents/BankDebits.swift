/// Bank debits: days of `processing`, then one or the other.
extension Account {
  mutating func beginDebit(_ id: String, _ confirmation: Confirmation, days: Int) {
    guard let intent = paymentIntents[id] else { return }
    let charge = newCharge(for: intent, method: confirmation.method, .pending)
    if confirmation.bringsMandate, methodNotes[confirmation.method]?.mandate == nil {
      let mandate = newMandate(for: confirmation.method)
      methodNotes[confirmation.method]?.mandate = mandate
    }
    paymentIntents.change(id) {
      $0["status"] = "processing"
      $0["latest_charge"] = .string(charge)
    }
    if savesMethod(intent), let customer = intent["customer"].text { attach(confirmation.method, to: customer) }
    emit("charge.pending", charges[charge])
    emit("payment_intent.processing", paymentIntents[id])
    appointments.add(at: now + days * 86_400, .settleDebit(paymentIntent: id))
  }

  /// Ends `processing`; nothing if it has ended before.
  ///
  /// - Parameter succeeds: nil for what the account's bank does by itself.
  mutating func settleDebit(paymentIntent id: String, as succeeds: Bool?) {
    guard let intent = paymentIntents[id], intent["status"] == "processing", let charge = intent["latest_charge"].text,
      let method = intent["payment_method"].text
    else { return }
    var failure: SandboxDecline?
    if case .debits(_, let planned) = methodNotes[method]?.behavior { failure = planned }
    if succeeds == true { failure = nil }
    if succeeds == false { failure = failure ?? .insufficientFunds }
    if let failure {
      failDebit(id, charge: charge, method: method, failure)
    } else {
      settle(charge: charge)
      paymentIntents.change(id) {
        $0["status"] = "succeeded"
        $0["amount_received"] = $0["amount"]
      }
      emit("charge.succeeded", charges[charge])
      emit("payment_intent.succeeded", paymentIntents[id])
    }
    if let session = intentNotes[id]?.session { settle(session: session, paid: failure == nil) }
  }

  private mutating func failDebit(_ id: String, charge: String, method: String, _ failure: SandboxDecline) {
    fail(charge: charge, failure)
    var error = StripeError.invalid(failure.message, code: failure.code)
    error.type = "card_error"
    error.more = failure.members
    error.more["charge"] = .string(charge)
    error.more["payment_method"] = paymentMethods[method]
    let lastError = error.body(requestLog: "")["error"].without("request_log_url")
    paymentIntents.change(id) {
      $0["status"] = "requires_payment_method"
      $0["payment_method"] = nil
      $0["last_payment_error"] = lastError
    }
    intentNotes[id]?.failures += 1
    emit("charge.failed", charges[charge])
    emit("payment_intent.payment_failed", paymentIntents[id])
  }
}

extension SandboxDecline {
  fileprivate static let insufficientFunds = SandboxDecline(
    bankCode: "insufficient_funds", network: "R01",
    message: "The customer's account has insufficient funds to cover this payment.")
}
