/// What an intent is beside what Stripe shows of it.
struct PaymentIntentNotes: Sendable, Codable {
  /// The Checkout Session it belongs to; such an intent is not ours to confirm or cancel.
  var session: String?
  /// Refused confirmations so far.
  var failures = 0
  /// The confirmation that waits for the customer's bank.
  var pending: Confirmation?
  /// Of an intent that is confirmed by hand: what the bank has let pass, to be confirmed once more within the hour.
  var authenticated: Confirmation?
}

/// One confirmation of an intent.
struct Confirmation: Sendable, Equatable, Codable {
  var method: String
  var isOffSession: Bool
  var errorsOnRequiresAction: Bool
  var returnURL: String?
  /// A mandate that is there, by its id.
  var mandate: String?
  /// With `mandate_data`, a new one.
  var bringsMandate: Bool
}

/// What a new intent is made of, whoever makes it: the API or a Checkout Session.
struct IntentDraft: Sendable {
  var amount: Int
  var currency: String
  var customer: String?
  var session: String?
  /// `description`, `metadata`, `setup_future_usage` and the like, as given.
  var parameters: FormValue
}

extension Account {
  mutating func newPaymentIntent(_ draft: IntentDraft) -> String {
    let id = newID("pi_3", length: 23)
    let given = draft.parameters
    let types = methodTypes(currency: draft.currency, given)
    paymentIntents[id] = [
      "id": .string(id), "object": "payment_intent", "amount": .int(draft.amount), "amount_capturable": 0,
      "amount_details": ["tip": [:]], "amount_received": 0, "application": nil, "application_fee_amount": nil,
      "allowed_payment_method_types": allowed(given), "automatic_payment_methods": automatic(given),
      "canceled_at": nil, "cancellation_reason": nil,
      "capture_method": .string(given.text("capture_method") ?? "automatic_async"),
      "client_secret": .string("\(id)_secret_\(Identifiers.characters(of: id, length: 25))"),
      "confirmation_method": .string(given.text("confirmation_method") ?? "automatic"), "created": .int(now),
      "currency": .string(draft.currency), "customer": JSON(draft.customer), "customer_account": nil,
      "description": given.json("description"), "excluded_payment_method_types": nil, "last_payment_error": nil,
      "latest_charge": nil, "livemode": false, "metadata": given.metadata(), "next_action": nil, "on_behalf_of": nil,
      "payment_method": nil, "payment_method_configuration_details": nil,
      "payment_method_options": Self.methodOptions(
        types,
        card: ["installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"],
        bank: [
          "financial_connections": Self.bankLink, "mandate_options": [:], "transaction_purpose": "unspecified",
          "verification_method": "automatic",
        ]),
      "payment_method_types": .array(types.map(JSON.string)), "processing": nil,
      "receipt_email": given.json("receipt_email"), "review": nil,
      "setup_future_usage": given.json("setup_future_usage"), "shipping": shipping(given), "source": nil,
      "statement_descriptor": given.json("statement_descriptor"),
      "statement_descriptor_suffix": given.json("statement_descriptor_suffix"), "status": "requires_payment_method",
      "transfer_data": nil, "transfer_group": given.json("transfer_group"),
    ]
    intentNotes[id] = PaymentIntentNotes(session: draft.session)
    emit("payment_intent.created", paymentIntents[id])
    return id
  }

  /// The methods an intent takes: what this account has for the currency, filtered by what the caller allows.
  func methodTypes(currency: String?, _ given: FormValue) -> [String] {
    let bank = ["usd": "us_bank_account", "eur": "sepa_debit"]
    let all = ["card", "us_bank_account", "sepa_debit"]
    let mine = currency.map { ["card"] + (bank[$0].map { [$0] } ?? []) } ?? all
    let excluded = given.strings("excluded_payment_method_types") ?? []
    guard let wanted = given.strings("allowed_payment_method_types") ?? given.strings("payment_method_types") else {
      return mine.filter { !excluded.contains($0) }
    }
    return mine.filter { wanted.contains($0) && !excluded.contains($0) }
  }

  /// What Stripe shows as `payment_method_options` of the types that it shows.
  static func methodOptions(_ types: [String], card: JSON, bank: JSON) -> JSON {
    let all: [String: JSON] = ["card": card, "us_bank_account": bank]
    return .object(all.filter { types.contains($0.key) })
  }

  static let bankLink: JSON = ["permissions": ["payment_method"], "prefetch": []]

  func shipping(_ given: FormValue) -> JSON {
    guard let shipping = given["shipping"], shipping.text != "" else { return nil }
    return [
      "address": shipping["address"].map(Self.address) ?? Self.noAddress, "carrier": shipping.json("carrier"),
      "name": shipping.json("name"), "phone": shipping.json("phone"),
      "tracking_number": shipping.json("tracking_number"),
    ]
  }

  func allowed(_ given: FormValue) -> JSON {
    given.strings("allowed_payment_method_types").map { .array($0.map(JSON.string)) } ?? .null
  }

  func automatic(_ given: FormValue) -> JSON {
    if given.has("payment_method_types") { return nil }
    let redirects = given["automatic_payment_methods"]?.text("allow_redirects") ?? "always"
    return ["allow_redirects": .string(redirects), "enabled": true]
  }

  /// endive takes `payment_method_types` no longer; older versions do.
  func refuseMethodTypes(_ call: Call) throws(StripeError) {
    guard call.parameters.has("payment_method_types"), call.isVersion(from: "2026-09-30") else { return }
    throw .invalid(
      "The `payment_method_types` parameter is no longer supported. Use dynamic payment methods, with"
        + " `allowed_payment_method_types` or `excluded_payment_method_types` to narrow them.",
      code: "payment_method_types_no_longer_supported", param: "payment_method_types")
  }
}
