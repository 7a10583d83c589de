package import Domain

/// Where Checkout is shown, and so how it returns.
package enum CheckoutUI: String, Sendable, CaseIterable {
  /// On Stripe's page; Stripe's default, and not sent, so that older versions understand the request too.
  case hostedPage = "hosted_page"
  case embeddedPage = "embedded_page"
  case elements
}

/// A payment-mode Checkout Session for a charge that failed off session.
package struct RecoveryCheckout: Sendable {
  package var customer: CustomerID
  package var money: Money
  /// What the customer reads on the page.
  package var productName: String
  /// The PaymentIntent's description.
  package var description: String
  package var statementDescriptorSuffix: String?
  /// Set on the session and on its intent: Stripe does not copy it.
  package var metadata: [(String, String)]
  /// At most 200 characters.
  package var clientReference: String
  /// May hold `{CHECKOUT_SESSION_ID}`, written so.
  package var successURL: String
  /// Only hosted pages have one.
  package var cancelURL: String?
  /// In Stripe's time, 30 minutes to 24 hours ahead; `nil` is 24 hours.
  package var expiresAt: Timestamp?
  package var saveNewCard: Bool
  /// Offers the customer's saved cards, also those saved without their leave to show them. Not after a `stop`.
  package var offersSavedMethods: Bool
  /// As ours are written: `pt-BR`. What Checkout does not speak is left to the browser.
  package var locale: String
  package var methods: PaymentMethodTypes
  package var ui: CheckoutUI

  package init(
    customer: CustomerID, money: Money, productName: String, description: String, statementDescriptorSuffix: String?,
    metadata: [(String, String)], clientReference: String, successURL: String, cancelURL: String?,
    expiresAt: Timestamp?, saveNewCard: Bool, offersSavedMethods: Bool, locale: String, methods: PaymentMethodTypes,
    ui: CheckoutUI
  ) {
    self.customer = customer
    self.money = money
    self.productName = productName
    self.description = description
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.metadata = metadata
    self.clientReference = clientReference
    self.successURL = successURL
    self.cancelURL = cancelURL
    self.expiresAt = expiresAt
    self.saveNewCard = saveNewCard
    self.offersSavedMethods = offersSavedMethods
    self.locale = locale
    self.methods = methods
    self.ui = ui
  }
}

/// A setup-mode Checkout Session: saves a payment method, charges nothing.
package struct SetupCheckout: Sendable {
  /// Without one Checkout makes a customer.
  package var customer: CustomerID?
  /// Prefilled; only without a customer, who has an address already.
  package var email: String?
  package var currency: Currency
  package var metadata: [(String, String)]
  package var clientReference: String?
  package var successURL: String
  package var cancelURL: String?
  package var expiresAt: Timestamp?
  package var locale: String
  package var methods: PaymentMethodTypes
  package var ui: CheckoutUI

  package init(
    customer: CustomerID?, email: String?, currency: Currency, metadata: [(String, String)], clientReference: String?,
    successURL: String, cancelURL: String?, expiresAt: Timestamp?, locale: String, methods: PaymentMethodTypes,
    ui: CheckoutUI
  ) {
    self.customer = customer
    self.email = email
    self.currency = currency
    self.metadata = metadata
    self.clientReference = clientReference
    self.successURL = successURL
    self.cancelURL = cancelURL
    self.expiresAt = expiresAt
    self.locale = locale
    self.methods = methods
    self.ui = ui
  }
}

extension StripeRequest {
  package static func createRecoveryCheckout(_ checkout: RecoveryCheckout, idempotencyKey: String) -> StripeRequest {
    var body = FormBody()
    body.add("mode", "payment")
    body.add("customer", checkout.customer.text)
    body.add("client_reference_id", checkout.clientReference)
    body.add("line_items[0][price_data][currency]", checkout.money.currency.code)
    body.add("line_items[0][price_data][unit_amount]", checkout.money.amount)
    body.add("line_items[0][price_data][product_data][name]", checkout.productName)
    body.add("line_items[0][quantity]", 1)
    body.add(checkout.methods)
    body.add("payment_intent_data[description]", checkout.description)
    body.add("payment_intent_data[statement_descriptor_suffix]", checkout.statementDescriptorSuffix)
    if checkout.saveNewCard { body.add("payment_intent_data[setup_future_usage]", "off_session") }
    body.add("payment_intent_data[metadata]", map: checkout.metadata)
    body.add("metadata", map: checkout.metadata)
    if checkout.offersSavedMethods {
      body.add(
        "saved_payment_method_options[allow_redisplay_filters]", list: ["always", "limited", "unspecified"])
    }
    // The customer is to pay what is owed, in the currency it is owed in.
    body.add("adaptive_pricing[enabled]", false)
    body.addPage(
      checkout.ui, successURL: checkout.successURL, cancelURL: checkout.cancelURL, locale: checkout.locale,
      expiresAt: checkout.expiresAt)
    return .post("/v1/checkout/sessions", body, idempotencyKey: idempotencyKey)
  }

  package static func createSetupCheckout(_ checkout: SetupCheckout, idempotencyKey: String) -> StripeRequest {
    var body = FormBody()
    body.add("mode", "setup")
    body.add("currency", checkout.currency.code)
    if let customer = checkout.customer {
      body.add("customer", customer.text)
    } else {
      body.add("customer_creation", "always")
      body.add("customer_email", checkout.email)
    }
    body.add("client_reference_id", checkout.clientReference)
    body.add(checkout.methods)
    body.add("setup_intent_data[metadata]", map: checkout.metadata)
    body.add("metadata", map: checkout.metadata)
    body.addPage(
      checkout.ui, successURL: checkout.successURL, cancelURL: checkout.cancelURL, locale: checkout.locale,
      expiresAt: checkout.expiresAt)
    return .post("/v1/checkout/sessions", body, idempotencyKey: idempotencyKey)
  }

  /// Only an open session can be expired; anything else is a 400, after which it is read again. Only a 200 is a lock.
  package static func expireCheckout(_ session: CheckoutSessionID, idempotencyKey: String) -> StripeRequest {
    .post(
      "/v1/checkout/sessions/\(FormEncoder.segment(session.text))/expire", FormBody(), idempotencyKey: idempotencyKey)
  }

  /// What may be read together with a session.
  package enum CheckoutExpansion: String, Sendable, CaseIterable {
    case setupIntent = "setup_intent"
    case setupIntentPaymentMethod = "setup_intent.payment_method"
    case setupIntentMandate = "setup_intent.mandate"
    case latestCharge = "payment_intent.latest_charge"
    case paymentMethod = "payment_intent.payment_method"
    case customer
  }

  package static func retrieveCheckout(
    _ session: CheckoutSessionID, expanding expansions: [CheckoutExpansion]
  ) -> StripeRequest {
    var query = FormBody.query
    query.add("expand", list: expansions.map(\.rawValue))
    return .get("/v1/checkout/sessions/\(FormEncoder.segment(session.text))", query)
  }

  package static func listLineItems(_ session: CheckoutSessionID, startingAfter: String?) -> StripeRequest {
    var query = FormBody.query
    query.addPage(startingAfter: startingAfter)
    return .get("/v1/checkout/sessions/\(FormEncoder.segment(session.text))/line_items", query)
  }

  /// Newest first.
  package static func listCheckouts(
    customer: CustomerID?, createdSince: Timestamp?, startingAfter: CheckoutSessionID?
  ) -> StripeRequest {
    var query = FormBody.query
    query.add("customer", customer?.text)
    query.addPage(createdSince: createdSince, startingAfter: startingAfter?.text)
    return .get("/v1/checkout/sessions", query)
  }
}
