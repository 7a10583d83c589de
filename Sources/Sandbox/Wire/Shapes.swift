/// The parameters of the larger operations in API version 2026-10-28.endive.
enum Shapes {
  static let address =
    "{city: string, country: string, line1: string, line2: string, postal_code: string, state: string}"

  static let customer = """
    address: \(address), balance: integer, business_name: string, cash_balance: any, default_source: string,
    description: string, email: string(512), expand: [string], individual_name: string, invoice_prefix: string,
    invoice_settings: {custom_fields: any, default_payment_method: string, footer: string, rendering_options: any},
    metadata: metadata, name: string(256), next_invoice_sequence: integer, phone: string(20),
    preferred_locales: [string], shipping: any, source: string, tax: any, tax_exempt: exempt|none|reverse,
    tax_id_data: any, test_clock: string, validate: boolean
    """

  private static let billingDetails =
    "billing_details: {address: \(address), email: string, name: string, phone: string, tax_id: string}"

  /// Types that the sandbox does not have; it says so when it is asked for one.
  private static let otherMethods = [
    "acss_debit", "affirm", "afterpay_clearpay", "alipay", "alma", "amazon_pay", "au_becs_debit", "bacs_debit",
    "bancontact", "billie", "bizum", "blik", "boleto", "cashapp", "crypto", "custom", "customer_balance", "eps", "fpx",
    "giropay", "grabpay", "ideal", "interac_present", "kakao_pay", "klarna", "konbini", "kr_card", "link", "mb_way",
    "mobilepay", "multibanco", "naver_pay", "nz_bank_account", "oxxo", "p24", "pay_by_bank", "payco", "paynow",
    "paypal", "paypay", "payto", "pix", "promptpay", "revolut_pay", "samsung_pay", "satispay", "scalapay", "sequra",
    "sofort", "sunbit", "swish", "twint", "upi", "wechat_pay", "zip",
  ]

  private static let bankAccounts = """
    us_bank_account: {account_holder_type: company|individual, account_number: string, account_type: checking|savings,
      financial_connections_account: string, routing_number: string},
    sepa_debit: {iban!: string}
    """

  /// A method that comes with an intent: any but a card, whose number belongs on a page.
  private static let methodData = """
    {type!: string, allow_redisplay: always|limited|unspecified, \(billingDetails), metadata: metadata,
      radar_options: any, \(otherMethods.map { "\($0): any" }.joined(separator: ", ")), \(bankAccounts)}
    """

  static let paymentMethod = """
    type: string, allow_redisplay: always|limited|unspecified, \(billingDetails),
    card: {cvc: string, exp_month: integer, exp_year: integer, networks: any, number: string, token: string},
    \(bankAccounts),
    \(otherMethods.map { "\($0): any" }.joined(separator: ", ")),
    customer: string, payment_method: string, metadata: metadata, expand: [string],
    radar_options: any
    """

  static let paymentMethodUpdate = """
    allow_redisplay: always|limited|unspecified, \(billingDetails), metadata: metadata, expand: [string],
    card: {exp_month: integer, exp_year: integer, networks: any}, us_bank_account: any
    """

  private static let intentCommon = """
    allowed_payment_method_types: [string], excluded_payment_method_types: [string], payment_method_types: [string],
    amount_details: any, expand: [string], hooks: any, payment_details: any, payment_method: string,
    payment_method_data: \(methodData), payment_method_options: any, receipt_email: string, shipping: any,
    setup_future_usage: off_session|on_session, capture_method: automatic|automatic_async|manual
    """

  private static let confirmation = """
    confirmation_token: string, error_on_requires_action: boolean, mandate: string, mandate_data: any,
    off_session: true|false|one_off|recurring, radar_options: any, return_url: string, use_stripe_sdk: boolean
    """

  private static let intentText = """
    customer: string, customer_account: string, description: string(1000), metadata: metadata,
    payment_method_configuration: string, statement_descriptor: string(22), statement_descriptor_suffix: string(22),
    transfer_data: any, transfer_group: string, application_fee_amount: integer
    """

  static let paymentIntent = """
    amount!: integer, currency!: string, confirm: boolean, confirmation_method: automatic|manual,
    automatic_payment_methods: {allow_redirects: always|never, enabled!: boolean}, on_behalf_of: string,
    \(intentCommon), \(confirmation), \(intentText)
    """

  static let paymentIntentUpdate = "amount: integer, currency: string, \(intentCommon), \(intentText)"
  static let paymentIntentConfirm = "amount_to_confirm: integer, \(intentCommon), \(confirmation)"

  static let paymentIntentCapture = """
    amount_details: any, amount_to_capture: integer, application_fee_amount: integer, expand: [string],
    final_capture: boolean, hooks: any, metadata: metadata, payment_details: any, statement_descriptor: string(22),
    statement_descriptor_suffix: string(22), transfer_data: any
    """

  static let setupIntentUpdate = """
    allowed_payment_method_types: [string], attach_to_self: boolean, customer: string, customer_account: string,
    description: string(1000), excluded_payment_method_types: [string], expand: [string],
    flow_directions: [inbound|outbound], metadata: metadata, payment_method: string,
    payment_method_configuration: string, payment_method_data: \(methodData), payment_method_options: any
    """

  static let checkoutSessionUpdate = """
    collected_information: any, expand: [string], line_items: any, metadata: metadata, payment_intent_data: any,
    shipping_options: any
    """

  static let setupIntentConfirm = """
    allowed_payment_method_types: [string], confirmation_token: string, expand: [string], mandate_data: any,
    payment_method: string, payment_method_data: \(methodData), payment_method_options: any, return_url: string,
    use_stripe_sdk: boolean
    """

  static let setupIntent = """
    \(setupIntentConfirm), attach_to_self: boolean, payment_method_types: [string],
    automatic_payment_methods: {allow_redirects: always|never, enabled!: boolean}, confirm: boolean, customer: string,
    customer_account: string, description: string(1000), excluded_payment_method_types: [string],
    flow_directions: [inbound|outbound], metadata: metadata, on_behalf_of: string,
    payment_method_configuration: string, single_use: {amount!: integer, currency!: string},
    usage: off_session|on_session
    """

  static let refund = """
    amount: integer, charge: string, currency: string, customer: string, expand: [string], instructions_email: string,
    metadata: metadata, origin: customer_balance, payment_intent: string,
    reason: duplicate|fraudulent|requested_by_customer, refund_application_fee: boolean, reverse_transfer: boolean
    """

  static let checkoutSessionList = """
    created: range, customer: string, customer_account: string, customer_details: {email!: string},
    payment_intent: string, payment_link: string, status: complete|expired|open, subscription: string
    """

  private static let lineItem = """
    {adjustable_quantity: any, metadata: metadata, price: string, quantity: integer, tax_rates: [string],
     price_data: {currency!: string, product: string, recurring: any, tax_behavior: exclusive|inclusive|unspecified,
       product_data: {description: string(40000), images: [string], metadata: metadata, name!: string,
         tax_code: string, tax_details: any, unit_label: string},
       unit_amount: integer, unit_amount_decimal: string}}
    """

  static let checkoutSession = """
    adaptive_pricing: {enabled: boolean}, after_expiration: {recovery: {allow_promotion_codes: boolean, enabled!: boolean}},
    allow_promotion_codes: boolean, allowed_payment_method_types: [string], excluded_payment_method_types: [string],
    payment_method_types: [string], automatic_tax: any, billing_address_collection: auto|required, branding_settings: any,
    cancel_url: string, client_reference_id: string(200), consent_collection: any, currency: string, custom_fields: any,
    custom_text: any, customer: string, customer_account: string, customer_creation: always|if_required,
    customer_email: string, customer_update: any, discounts: any, expand: [string], expires_at: integer,
    integration_identifier: string, invoice_creation: any, line_items: [\(lineItem)], locale: string,
    managed_payments: any, metadata: metadata, mode: payment|setup|subscription, name_collection: any,
    optional_items: any, origin_context: mobile_app|web,
    payment_intent_data: {application_fee_amount: integer, capture_method: automatic|automatic_async|manual,
      description: string(1000), metadata: metadata, on_behalf_of: string, receipt_email: string,
      setup_future_usage: off_session|on_session, shipping: any, statement_descriptor: string(22),
      statement_descriptor_suffix: string(22), transfer_data: any, transfer_group: string},
    payment_method_collection: always|if_required, payment_method_configuration: string, payment_method_data: any,
    payment_method_options: any, permissions: any, phone_number_collection: {enabled!: boolean},
    redirect_on_completion: always|if_required|never, return_url: string,
    saved_payment_method_options: {allow_redisplay_filters: [always|limited|unspecified],
      payment_method_remove: disabled|enabled, payment_method_save: disabled|enabled},
    setup_intent_data: {description: string(1000), metadata: metadata, on_behalf_of: string},
    shipping_address_collection: any, shipping_options: any, submit_type: auto|book|donate|pay|subscribe,
    subscription_data: any, success_url: string, tax_id_collection: any,
    ui_mode: elements|embedded_page|form|hosted_page, wallet_options: any
    """

  static let search = "query!: string, limit: integer, page: string, expand: [string]"

  static let setupIntentList =
    "attach_to_self: boolean, created: range, customer: string, customer_account: string, payment_method: string"

  static let paymentMethodList =
    "allow_redisplay: always|limited|unspecified, type: string, customer: string, customer_account: string"

  static let webhookEndpointUpdate = """
    description: string, disabled: boolean, enabled_events: [string], expand: [string], metadata: metadata, url: string
    """

  static let webhookEndpoint = """
    api_version: string, connect: boolean, description: string, enabled_events!: [string], expand: [string],
    metadata: metadata, url!: string
    """
}
