package import Domain

/// Which payment methods a request allows; sent alike at setup, checkout and charge.
package enum PaymentMethodTypes: Sendable, Hashable {
  /// Stripe's names: `card`, `us_bank_account` … A filter on what the account has, not a guarantee.
  case list([String])
  /// What the Dashboard says.
  case dynamic
}

extension FormBody {
  mutating func add(_ methods: PaymentMethodTypes) {
    if case .list(let names) = methods { add("allowed_payment_method_types", list: names) }
  }
}

/// A charge without the customer: all that goes into creating its PaymentIntent.
package struct OffSessionIntent: Sendable {
  package var money: Money
  package var customer: CustomerID
  package var paymentMethod: PaymentMethodID
  package var description: String
  /// At most 22 characters.
  package var statementDescriptorSuffix: String?
  /// In this order on the wire, so the bytes are the same each time.
  package var metadata: [(String, String)]
  package var methods: PaymentMethodTypes
  /// Labels a card charge for the network: one of a fixed schedule, or a one-off.
  package var isRecurring: Bool
  /// Bank debits need it.
  package var mandate: String?

  package init(
    money: Money, customer: CustomerID, paymentMethod: PaymentMethodID, description: String,
    statementDescriptorSuffix: String?, metadata: [(String, String)], methods: PaymentMethodTypes, isRecurring: Bool,
    mandate: String?
  ) {
    self.money = money
    self.customer = customer
    self.paymentMethod = paymentMethod
    self.description = description
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.metadata = metadata
    self.methods = methods
    self.isRecurring = isRecurring
    self.mandate = mandate
  }
}

/// Why an intent is canceled.
package enum CancellationReason: String, Sendable {
  case duplicate, fraudulent, abandoned
  case requestedByCustomer = "requested_by_customer"
}

extension StripeRequest {
  /// Creates and confirms in one call. A refused call has still made an intent: its id is in the error.
  package static func createOffSessionIntent(_ intent: OffSessionIntent, idempotencyKey: String) -> StripeRequest {
    var body = FormBody()
    body.add("amount", intent.money.amount)
    body.add("currency", intent.money.currency.code)
    body.add("customer", intent.customer.text)
    body.add("payment_method", intent.paymentMethod.text)
    body.add("off_session", true)
    body.add("confirm", true)
    body.add("mandate", intent.mandate)
    // Without this a confirmation may demand a `return_url`.
    body.add("automatic_payment_methods[enabled]", true)
    body.add("automatic_payment_methods[allow_redirects]", "never")
    body.add(intent.methods)
    body.addStoredCredentialUsage(isRecurring: intent.isRecurring)
    body.add("description", intent.description)
    body.add("statement_descriptor_suffix", intent.statementDescriptorSuffix)
    body.add("metadata", map: intent.metadata)
    body.add("expand", list: ["latest_charge"])
    return .post("/v1/payment_intents", body, idempotencyKey: idempotencyKey)
  }

  /// Tries the same intent again; it can succeed at most once, however many try.
  package static func confirmOffSession(
    intent: PaymentIntentID, paymentMethod: PaymentMethodID, isRecurring: Bool, mandate: String?, idempotencyKey: String
  ) -> StripeRequest {
    var body = FormBody()
    body.add("payment_method", paymentMethod.text)
    body.add("off_session", true)
    body.add("mandate", mandate)
    body.addStoredCredentialUsage(isRecurring: isRecurring)
    body.add("expand", list: ["latest_charge"])
    return .post(
      "/v1/payment_intents/\(FormEncoder.segment(intent.text))/confirm", body, idempotencyKey: idempotencyKey)
  }

  /// Afterwards nothing more can be charged on it. Refused for an intent of a Checkout Session: expire that instead.
  package static func cancelIntent(
    _ intent: PaymentIntentID, reason: CancellationReason, idempotencyKey: String
  ) -> StripeRequest {
    var body = FormBody()
    body.add("cancellation_reason", reason.rawValue)
    return .post(
      "/v1/payment_intents/\(FormEncoder.segment(intent.text))/cancel", body, idempotencyKey: idempotencyKey)
  }

  /// With its latest charge, which says more of a decline than the intent.
  package static func retrieveIntent(_ intent: PaymentIntentID) -> StripeRequest {
    var query = FormBody.query
    query.add("expand", list: ["latest_charge"])
    return .get("/v1/payment_intents/\(FormEncoder.segment(intent.text))", query)
  }

  /// Newest first, 100 a page, charges expanded. The list to trust for read-after-write: Stripe's search lags.
  package static func listIntents(
    customer: CustomerID?, createdSince: Timestamp?, startingAfter: PaymentIntentID?
  ) -> StripeRequest {
    var query = FormBody.query
    query.add("customer", customer?.text)
    query.addPage(createdSince: createdSince, startingAfter: startingAfter?.text)
    query.add("expand", list: ["data.latest_charge"])
    return .get("/v1/payment_intents", query)
  }
}

extension FormBody {
  /// Not together with `setup_future_usage`; ignored by what is not a card.
  mutating func addStoredCredentialUsage(isRecurring: Bool) {
    add("payment_method_options[card][stored_credential_usage]", isRecurring ? "recurring" : "unscheduled")
  }

  /// 100 a page, as many as Stripe allows.
  mutating func addPage(createdSince: Timestamp? = nil, startingAfter: String?) {
    if let createdSince { add("created[gte]", createdSince.seconds) }
    add("starting_after", startingAfter)
    add("limit", 100)
  }
}
