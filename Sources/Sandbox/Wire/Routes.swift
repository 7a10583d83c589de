import Transport

/// Every operation of the sandbox. A fixed segment comes before a `{}` at the same place.
enum Routes {
  static let all: [Route] =
    customers + paymentMethods + paymentIntents + setupIntents + charges + refunds + checkoutSessions + events
    + webhookEndpoints + account

  private static let paging = "limit: integer, starting_after: string, ending_before: string, expand: [string]"
  private static let expand = "expand: [string]"

  private static let customers: [Route] = [
    Route(.get, "/v1/customers", "created: range, email: string(512), test_clock: string, \(paging)") {
      account, call throws(StripeError) in
      try account.listCustomers(call)
    },
    Route(.post, "/v1/customers", Shapes.customer + ", payment_method: string") { account, call throws(StripeError) in
      try account.createCustomer(call)
    },
    Route(.get, "/v1/customers/search", Shapes.search) { account, call throws(StripeError) in
      try account.searchCustomers(call)
    },
    Route(.get, "/v1/customers/{}", expand) { account, call throws(StripeError) in
      try account.retrieveCustomer(call)
    },
    Route(.post, "/v1/customers/{}", Shapes.customer) { account, call throws(StripeError) in
      try account.updateCustomer(call)
    },
    Route(.delete, "/v1/customers/{}", "") { account, call throws(StripeError) in
      try account.deleteCustomer(call)
    },
    Route(
      .get, "/v1/customers/{}/payment_methods", "allow_redisplay: always|limited|unspecified, type: string, \(paging)"
    ) {
      account, call throws(StripeError) in
      try account.listPaymentMethodsOfCustomer(call)
    },
    Route(.get, "/v1/customers/{}/payment_methods/{}", expand) { account, call throws(StripeError) in
      try account.retrievePaymentMethodOfCustomer(call)
    },
  ]

  private static let paymentMethods: [Route] = [
    Route(.get, "/v1/payment_methods", Shapes.paymentMethodList + ", \(paging)") {
      account, call throws(StripeError) in
      try account.listPaymentMethods(call)
    },
    Route(.post, "/v1/payment_methods", Shapes.paymentMethod) { account, call throws(StripeError) in
      try account.createPaymentMethod(call)
    }.open(toBrowsers: .allowed),
    Route(.get, "/v1/payment_methods/{}", expand) { account, call throws(StripeError) in
      try account.retrievePaymentMethod(call)
    },
    Route(.post, "/v1/payment_methods/{}", Shapes.paymentMethodUpdate) { account, call throws(StripeError) in
      try account.updatePaymentMethod(call)
    },
    Route(.post, "/v1/payment_methods/{}/attach", "customer: string, customer_account: string, \(expand)") {
      account, call throws(StripeError) in
      try account.attachPaymentMethod(call)
    },
    Route(.post, "/v1/payment_methods/{}/detach", expand) { account, call throws(StripeError) in
      try account.detachPaymentMethod(call)
    },
  ]

  private static let paymentIntents: [Route] = [
    Route(.get, "/v1/payment_intents", "created: range, customer: string, customer_account: string, \(paging)") {
      account, call throws(StripeError) in
      try account.listPaymentIntents(call)
    },
    Route(.post, "/v1/payment_intents", Shapes.paymentIntent) { account, call throws(StripeError) in
      try account.createPaymentIntent(call)
    },
    Route(.get, "/v1/payment_intents/search", Shapes.search) { account, call throws(StripeError) in
      try account.searchPaymentIntents(call)
    },
    Route(.get, "/v1/payment_intents/{}", "client_secret: string, \(expand)") { account, call throws(StripeError) in
      try account.retrievePaymentIntent(call)
    }.open(toBrowsers: .withClientSecret),
    Route(.post, "/v1/payment_intents/{}", Shapes.paymentIntentUpdate) { account, call throws(StripeError) in
      try account.updatePaymentIntent(call)
    },
    Route(.post, "/v1/payment_intents/{}/confirm", Shapes.paymentIntentConfirm) { account, call throws(StripeError) in
      try account.confirmPaymentIntent(call)
    }.open(toBrowsers: .withClientSecret),
    Route(.post, "/v1/payment_intents/{}/capture", Shapes.paymentIntentCapture) { account, call throws(StripeError) in
      try account.capturePaymentIntent(call)
    },
    Route(
      .post, "/v1/payment_intents/{}/cancel",
      "cancellation_reason: abandoned|duplicate|fraudulent|requested_by_customer, \(expand)"
    ) { account, call throws(StripeError) in
      try account.cancelPaymentIntent(call)
    },
  ]

  private static let setupIntents: [Route] = [
    Route(.get, "/v1/setup_intents", Shapes.setupIntentList + ", \(paging)") {
      account, call throws(StripeError) in
      try account.listSetupIntents(call)
    },
    Route(.post, "/v1/setup_intents", Shapes.setupIntent) { account, call throws(StripeError) in
      try account.createSetupIntent(call)
    },
    Route(.get, "/v1/setup_intents/{}", "client_secret: string, \(expand)") { account, call throws(StripeError) in
      try account.retrieveSetupIntent(call)
    }.open(toBrowsers: .withClientSecret),
    Route(.post, "/v1/setup_intents/{}", Shapes.setupIntentUpdate) { account, call throws(StripeError) in
      try account.updateSetupIntent(call)
    },
    Route(.post, "/v1/setup_intents/{}/confirm", Shapes.setupIntentConfirm) { account, call throws(StripeError) in
      try account.confirmSetupIntent(call)
    }.open(toBrowsers: .withClientSecret),
    Route(
      .post, "/v1/setup_intents/{}/cancel", "cancellation_reason: abandoned|duplicate|requested_by_customer, \(expand)"
    ) { account, call throws(StripeError) in
      try account.cancelSetupIntent(call)
    },
  ]

  private static let charges: [Route] = [
    Route(
      .get, "/v1/charges", "created: range, customer: string, payment_intent: string, transfer_group: string, \(paging)"
    ) { account, call throws(StripeError) in
      try account.listCharges(call)
    },
    Route(.get, "/v1/charges/{}", expand) { account, call throws(StripeError) in
      try account.retrieveCharge(call)
    },
  ]

  private static let refunds: [Route] = [
    Route(.get, "/v1/refunds", "charge: string, created: range, payment_intent: string, \(paging)") {
      account, call throws(StripeError) in
      try account.listRefunds(call)
    },
    Route(.post, "/v1/refunds", Shapes.refund) { account, call throws(StripeError) in
      try account.createRefund(call)
    },
    Route(.get, "/v1/refunds/{}", expand) { account, call throws(StripeError) in
      try account.retrieveRefund(call)
    },
  ]

  private static let checkoutSessions: [Route] = [
    Route(.get, "/v1/checkout/sessions", Shapes.checkoutSessionList + ", \(paging)") {
      account, call throws(StripeError) in
      try account.listSessions(call)
    },
    Route(.post, "/v1/checkout/sessions", Shapes.checkoutSession) { account, call throws(StripeError) in
      try account.createSession(call)
    },
    Route(.get, "/v1/checkout/sessions/{}", expand) { account, call throws(StripeError) in
      try account.retrieveSession(call)
    },
    Route(.post, "/v1/checkout/sessions/{}", Shapes.checkoutSessionUpdate) { account, call throws(StripeError) in
      try account.updateSession(call)
    },
    Route(.post, "/v1/checkout/sessions/{}/expire", expand) { account, call throws(StripeError) in
      try account.expireSession(call)
    },
    Route(.get, "/v1/checkout/sessions/{}/line_items", paging) { account, call throws(StripeError) in
      try account.listLineItems(call)
    },
  ]

  private static let events: [Route] = [
    Route(
      .get, "/v1/events", "created: range, delivery_success: boolean, type: string, types: [string], \(paging)"
    ) { account, call throws(StripeError) in
      try account.listEvents(call)
    },
    Route(.get, "/v1/events/{}", expand) { account, call throws(StripeError) in
      try account.retrieveEvent(call)
    },
  ]

  private static let webhookEndpoints: [Route] = [
    Route(.get, "/v1/webhook_endpoints", paging) { account, call throws(StripeError) in
      try account.listEndpoints(call)
    },
    Route(.post, "/v1/webhook_endpoints", Shapes.webhookEndpoint) { account, call throws(StripeError) in
      try account.createEndpoint(call)
    },
    Route(.get, "/v1/webhook_endpoints/{}", expand) { account, call throws(StripeError) in
      try account.retrieveEndpoint(call)
    },
    Route(.post, "/v1/webhook_endpoints/{}", Shapes.webhookEndpointUpdate) { account, call throws(StripeError) in
      try account.updateEndpoint(call)
    },
    Route(.delete, "/v1/webhook_endpoints/{}", "") { account, call throws(StripeError) in
      try account.deleteEndpoint(call)
    },
  ]

  private static let account: [Route] = [
    Route(.get, "/v1/account", expand) { account, _ in account.accountObject },
    Route(.get, "/v1/balance", expand) { account, _ in account.balanceObject },
  ]
}
