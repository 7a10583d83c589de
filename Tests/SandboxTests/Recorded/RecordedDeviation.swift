/// Where the sandbox is not like the recordings, and why. A row that no longer applies fails the tests.
struct RecordedDeviation: Sendable {
  let kind: ShapeDifference.Kind
  let paths: [String]
  /// Excuses only recordings in older versions than this.
  var before: String?
  let why: String

  func excuses(_ difference: ShapeDifference) -> Bool {
    guard difference.kind == kind, paths.contains(difference.path) else { return false }
    return before.map { difference.apiVersion < $0 } ?? true
  }

  static let all = operations + removed + addedSince + elsewhere
}

extension RecordedDeviation {
  // MARK: What the sandbox does not do

  private static let operations = [
    RecordedDeviation(
      kind: .status,
      paths: [
        "acss_debit", "afterpay_clearpay", "alipay", "bancontact", "boleto", "eps", "fpx", "giropay", "grabpay",
        "ideal",
        "oxxo", "p24", "sofort", "wechat_pay",
      ].map { "POST /v1/payment_methods type=\($0)" },
      why: "the sandbox knows card, us_bank_account and sepa_debit, and says so"),
    RecordedDeviation(
      kind: .status, paths: ["POST /v1/checkout/sessions mode=subscription"],
      why: "the sandbox has no subscriptions, and says so: Dues has schedules of its own"),
  ]

  // MARK: Members that Stripe had once, and endive has no more

  private static let removed = [
    RecordedDeviation(
      kind: .lacking, paths: ["payment_intent.charges", "charge.refunds"], before: "2022-11-15",
      why: "2022-11-15 put latest_charge in the place of charges, and lists refunds only where they are expanded"),
    RecordedDeviation(
      kind: .lacking, paths: ["payment_intent.invoice", "charge.invoice"], before: "2025-03-31",
      why: "basil took the invoice out of both"),
  ]

  // MARK: Members that Stripe has by now, and older recordings lack

  private static let addedSince = [
    RecordedDeviation(
      kind: .added,
      paths: [
        "payment_intent.allowed_payment_method_types", "setup_intent.allowed_payment_method_types",
      ], before: "2026-07-29", why: "added in 2026-07-29.dahlia, when payment_method_types was on its way out"),
    RecordedDeviation(
      kind: .added,
      paths: [
        "checkout.session.allowed_payment_method_types", "refund.customer", "refund.customer_account",
        "refund.payment_method",
      ], before: "2026-09-30", why: "added in endive"),
    RecordedDeviation(
      kind: .added,
      paths: [
        "customer.customer_account", "payment_intent.customer_account", "payment_method.customer_account",
        "payment_intent.payment_method_options.us_bank_account.transaction_purpose", "setup_intent.customer_account",
      ], before: "2026-03-25", why: "shown since dahlia"),
    RecordedDeviation(
      kind: .added, paths: ["customer.tax.provider"], before: "2025-10-29", why: "shown since clover"),
    RecordedDeviation(
      kind: .added, paths: ["customer.invoice_credit_balance"], before: "2024-06-20",
      why: "nothing to expand before 2024"),
    RecordedDeviation(
      kind: .added, paths: ["customer.tax"], before: "2022-11-15", why: "nothing to expand before 2022"),
    RecordedDeviation(
      kind: .added,
      paths: ["payment_intent.excluded_payment_method_types", "setup_intent.excluded_payment_method_types"],
      before: "2025-10-29", why: "added in clover"),
    RecordedDeviation(
      kind: .added,
      paths: [
        "payment_method.allow_redisplay", "payment_method.billing_details.tax_id", "payment_method.card.display_brand",
        "payment_method.card.regulated_status",
      ], before: "2025-10-29", why: "added between the recordings of 2023 and of clover"),
    RecordedDeviation(
      kind: .added,
      paths: [
        "charge.billing_details.tax_id", "charge.failure_balance_transaction", "charge.outcome.advice_code",
        "charge.outcome.network_advice_code", "charge.outcome.network_decline_code", "charge.radar_options",
        "charge.payment_method_details.card.amount_authorized", "charge.payment_method_details.card.authorization_code",
        "charge.payment_method_details.card.extended_authorization",
        "charge.payment_method_details.card.incremental_authorization", "charge.payment_method_details.card.mandate",
        "charge.payment_method_details.card.multicapture", "charge.payment_method_details.card.network_token",
        "charge.payment_method_details.card.network_transaction_id", "charge.payment_method_details.card.overcapture",
        "charge.payment_method_details.card.regulated_status", "customer.invoice_settings.rendering_options",
        "customer.test_clock", "error.advice_code", "error.network_decline_code", "error.request_log_url",
        "payment_intent.amount_details", "payment_intent.automatic_payment_methods", "payment_intent.latest_charge",
        "payment_intent.payment_method_configuration_details",
        "payment_intent.payment_method_options.card.mandate_options", "payment_intent.processing",
        "setup_intent.automatic_payment_methods", "setup_intent.flow_directions", "setup_intent.latest_attempt",
        "setup_intent.payment_method_configuration_details",
        "setup_intent.payment_method_options.card.mandate_options", "setup_intent.payment_method_options.card.network",
      ], before: "2022-11-15", why: "added after 2020-08-27; the recordings of the last three years have them"),
  ]

  // MARK: What another account has

  private static let otherMethods = [
    "acss_debit", "afterpay_clearpay", "alipay", "cashapp", "klarna", "link", "wechat_pay",
  ]
  private static let stripeJS = [
    "directory_server_encryption", "directory_server_name", "merchant", "one_click_authn", "server_transaction_id",
    "source", "three_d_secure_2_source", "three_ds_frontend_optimizations", "three_ds_method_url",
    "three_ds_optimizations",
  ]

  private static let elsewhere = [
    RecordedDeviation(
      kind: .lacking,
      paths: otherMethods.map { "payment_intent.payment_method_options.\($0)" } + [
        "checkout.session.payment_method_options.wechat_pay"
      ], why: "methods of the recorded account; the sandbox knows card, us_bank_account and sepa_debit"),
    RecordedDeviation(
      kind: .added,
      paths: [
        "payment_intent.payment_method_options.us_bank_account", "setup_intent.payment_method_options.us_bank_account",
      ], why: "not among the methods of some recorded intents; of others it was, with the same members"),
    RecordedDeviation(
      kind: .added, paths: ["payment_intent.payment_method_options.us_bank_account.financial_connections"],
      why: "not on the recorded intents of subscriptions; on those that were made as Dues makes them"),
    RecordedDeviation(
      kind: .lacking, paths: stripeJS.map { "payment_intent.next_action.use_stripe_sdk.\($0)" },
      why: "a private matter of Stripe.js, which changes at will; the sandbox has a page instead"),
    RecordedDeviation(
      kind: .added, paths: ["payment_intent.next_action.use_stripe_sdk.stripe_js"], why: "where that page is"),
    RecordedDeviation(
      kind: .lacking, paths: ["payment_intent.payment_details"],
      why: "only where it was given, or the intent is of an invoice: its order_reference; the sandbox has no invoices"),
    RecordedDeviation(
      kind: .null,
      paths: [
        "charge.application", "charge.application_fee_amount", "charge.destination", "charge.transfer_data",
        "charge.transfer_group",
        "payment_intent.application", "payment_intent.application_fee_amount", "payment_intent.transfer_data",
        "payment_intent.transfer_group",
      ], why: "Connect only"),
    RecordedDeviation(
      kind: .null, paths: ["charge.receipt_url"], why: "the sandbox writes no receipts"),
    RecordedDeviation(
      kind: .null,
      paths: [
        "checkout.session.payment_method_configuration_details", "payment_intent.payment_method_configuration_details",
        "setup_intent.payment_method_configuration_details",
      ], why: "the sandbox has no configurations of methods, only the methods"),
  ]
}
