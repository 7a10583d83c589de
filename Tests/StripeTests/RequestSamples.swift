import Domain
import Stripe

/// One or more requests of every builder, as the program would make them.
enum RequestSamples {
  static let metadata = [
    ("dues_ledger", "ldg_1"), ("dues_charge", "chg_1"), ("dues_agreement", "agr_1"), ("dues_period", "2026-08-31"),
  ]

  static func intent(methods: PaymentMethodTypes = .list(["card", "us_bank_account"])) -> OffSessionIntent {
    OffSessionIntent(
      money: Money(amount: 1099, currency: .usd), customer: "cus_1", paymentMethod: "pm_1",
      description: "Gold membership", statementDescriptorSuffix: "GOLD", metadata: metadata, methods: methods,
      isRecurring: true, mandate: nil)
  }

  static func recovery(ui: CheckoutUI = .hostedPage, saveNewCard: Bool = true) -> RecoveryCheckout {
    RecoveryCheckout(
      customer: "cus_1", money: Money(amount: 500, currency: .jpy), productName: "Gold", description: "Gold, August",
      statementDescriptorSuffix: nil, metadata: metadata, clientReference: "chg_1",
      successURL: "https://dues.example/done?session_id={CHECKOUT_SESSION_ID}", cancelURL: "https://dues.example/r/t",
      expiresAt: Timestamp(seconds: 1_800_000_000), saveNewCard: saveNewCard, offersSavedMethods: saveNewCard,
      locale: "pt-BR", methods: .list(["card"]), ui: ui)
  }

  static func setup(customer: CustomerID?, ui: CheckoutUI = .hostedPage) -> SetupCheckout {
    SetupCheckout(
      customer: customer, email: "a@example.com", currency: .eur, metadata: metadata, clientReference: nil,
      successURL: "https://dues.example/done?session_id={CHECKOUT_SESSION_ID}", cancelURL: nil, expiresAt: nil,
      locale: "ar", methods: .dynamic, ui: ui)
  }

  static let posts: [StripeRequest] =
    [
      .createOffSessionIntent(intent(), idempotencyKey: "k"),
      .createOffSessionIntent(intent(methods: .dynamic), idempotencyKey: "k"),
      .confirmOffSession(
        intent: "pi_1", paymentMethod: "pm_1", isRecurring: false, mandate: "mandate_1", idempotencyKey: "k"),
      .cancelIntent("pi_1", reason: .abandoned, idempotencyKey: "k"),
      .cancelIntent("pi_1", reason: .requestedByCustomer, idempotencyKey: "k"),
      .createRecoveryCheckout(recovery(saveNewCard: false), idempotencyKey: "k"),
      .createSetupCheckout(setup(customer: "cus_1"), idempotencyKey: "k"),
      .createSetupCheckout(setup(customer: nil), idempotencyKey: "k"),
      .expireCheckout("cs_1", idempotencyKey: "k"),
      .createCustomer(email: "a@example.com", name: "Ada", metadata: metadata, idempotencyKey: "k"),
      .createCustomer(email: nil, name: nil, metadata: metadata, idempotencyKey: "k"),
      .attachPaymentMethod("pm_1", to: "cus_1", idempotencyKey: "k"),
      .createRefund(of: "pi_1", amount: nil, reason: .duplicate, metadata: metadata, idempotencyKey: "k"),
      .createRefund(of: "pi_1", amount: 5, reason: .requestedByCustomer, metadata: [], idempotencyKey: "k"),
    ]
    + CheckoutUI.allCases.flatMap { ui -> [StripeRequest] in
      [
        .createRecoveryCheckout(recovery(ui: ui), idempotencyKey: "k"),
        .createSetupCheckout(setup(customer: nil, ui: ui), idempotencyKey: "k"),
      ]
    }

  static let gets: [StripeRequest] = [
    .retrieveIntent("pi_1"),
    .listIntents(customer: "cus_1", createdSince: Timestamp(seconds: 1), startingAfter: "pi_1"),
    .listRefunds(createdSince: Timestamp(seconds: 1), startingAfter: "re_1"),
    .listIntents(customer: nil, createdSince: nil, startingAfter: nil),
    .retrieveCheckout("cs_1", expanding: StripeRequest.CheckoutExpansion.allCases),
    .retrieveCheckout("cs_1", expanding: []),
    .listLineItems("cs_1", startingAfter: "li_1"),
    .listCheckouts(customer: "cus_1", createdSince: Timestamp(seconds: 1), startingAfter: "cs_1"),
    .retrieveCustomer("cus_1"),
    .listCustomers(createdSince: Timestamp(seconds: 1), startingAfter: "cus_1"),
    .retrievePaymentMethod("pm_1"),
    .listPaymentMethods(of: "cus_1", startingAfter: nil),
    .retrieveSetupIntent("seti_1"),
    .retrieveAccount(),
    .listEvents(
      createdSince: Timestamp(seconds: 1), types: ["payment_intent.succeeded", "charge.refunded"],
      page: .startingAfter("evt_1")),
    .listEvents(createdSince: nil, types: [], page: .endingBefore("evt_1")),
    .listEvents(createdSince: nil, types: [], page: .newest),
    .retrieveEvent("evt_1"),
  ]
}
