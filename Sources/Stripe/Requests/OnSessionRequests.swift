package import Domain

/// A charge on our own page, with the customer there to answer their bank.
package struct OnSessionIntent: Sendable {
  package var money: Money
  package var customer: CustomerID
  package var paymentMethod: PaymentMethodID
  package var description: String
  /// At most 22 characters.
  package var statementDescriptorSuffix: String?
  /// In this order on the wire, so the bytes are the same each time.
  package var metadata: [(String, String)]
  /// Keeps the card for later charges without the customer.
  package var savesMethod: Bool

  package init(
    money: Money, customer: CustomerID, paymentMethod: PaymentMethodID, description: String,
    statementDescriptorSuffix: String?, metadata: [(String, String)], savesMethod: Bool
  ) {
    self.money = money
    self.customer = customer
    self.paymentMethod = paymentMethod
    self.description = description
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.metadata = metadata
    self.savesMethod = savesMethod
  }
}

extension StripeRequest {
  /// Creates and confirms in one call. Confirmed by hand (`confirmation_method=manual`): after the bank's question nothing
  /// is collected without another confirmation of ours (payments/accept-card-payments?platform=web without webhooks).
  package static func createOnSessionIntent(_ intent: OnSessionIntent, idempotencyKey: String) -> StripeRequest {
    var body = FormBody()
    body.add("amount", intent.money.amount)
    body.add("currency", intent.money.currency.code)
    body.add("customer", intent.customer.text)
    body.add("payment_method", intent.paymentMethod.text)
    body.add("confirmation_method", "manual")
    body.add("confirm", true)
    // The page answers the bank's question through Stripe's script.
    body.add("use_stripe_sdk", true)
    body.add("automatic_payment_methods[enabled]", true)
    body.add("automatic_payment_methods[allow_redirects]", "never")
    body.add(PaymentMethodTypes.list(["card"]))
    if intent.savesMethod { body.add("setup_future_usage", "off_session") }
    body.add("description", intent.description)
    body.add("statement_descriptor_suffix", intent.statementDescriptorSuffix)
    body.add("metadata", map: intent.metadata)
    body.add("expand", list: ["latest_charge"])
    return .post("/v1/payment_intents", body, idempotencyKey: idempotencyKey)
  }

  /// Collects, after the customer has answered their bank.
  package static func confirmOnSession(intent: PaymentIntentID, idempotencyKey: String) -> StripeRequest {
    var body = FormBody()
    body.add("use_stripe_sdk", true)
    body.add("expand", list: ["latest_charge"])
    return .post(
      "/v1/payment_intents/\(FormEncoder.segment(intent.text))/confirm", body, idempotencyKey: idempotencyKey)
  }
}
