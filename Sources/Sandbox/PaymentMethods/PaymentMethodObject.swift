/// What a payment method is beside what Stripe shows of it.
struct PaymentMethodNotes: Sendable, Codable {
  var behavior: SandboxBehavior
  /// Set up for charges while the customer is away.
  var isReadyOffSession = false
  var mandate: String?
  /// Detached, or charged without a customer: not to be used again, for good.
  var isSpent = false
  /// Of a bank account that was typed in: its owner has not named the small deposits yet, so that it cannot be debited.
  var awaitsMicrodeposits = false
  var trait: SandboxTrait?
}

extension Account {
  static let noAddress: JSON = [
    "city": nil, "country": nil, "line1": nil, "line2": nil, "postal_code": nil, "state": nil,
  ]
  static let noBillingDetails: JSON = [
    "address": noAddress, "email": nil, "name": nil, "phone": nil, "tax_id": nil,
  ]

  /// A new payment method, belonging to nobody yet.
  mutating func newPaymentMethod(
    _ method: TestPaymentMethod, billingDetails: JSON = noBillingDetails, expiry: (month: Int, year: Int)? = nil
  ) -> JSON {
    let id = newID("pm_1", length: 23)
    var object: JSON = [
      "id": .string(id), "object": "payment_method", "allow_redisplay": "unspecified",
      "billing_details": billingDetails, "created": .int(now), "customer": nil, "customer_account": nil,
      "livemode": false,
      "metadata": [:], "type": .string(method.kind.type),
    ]
    switch method.kind {
    case .card(let test):
      object["card"] = card(
        test, address: billingDetails["address"], expiry: expiry ?? (12, 1970 + now / 31_556_952 + 3))
    case .usBankAccount(let account): object["us_bank_account"] = usBankAccount(account)
    case .sepaDebit(let iban): object["sepa_debit"] = sepaDebit(iban)
    }
    paymentMethods[id] = object
    methodNotes[id] = PaymentMethodNotes(
      behavior: method.behavior, awaitsMicrodeposits: method.awaitsMicrodeposits, trait: method.trait)
    return object
  }

  func fingerprint(_ number: String) -> JSON {
    .string(Identifiers.characters(of: "fingerprint/\(number)", length: 16))
  }

  private func card(_ test: TestCard, address: JSON, expiry: (month: Int, year: Int)) -> JSON {
    [
      "brand": .string(test.brand), "country": .string(test.country), "display_brand": .string(test.displayBrand),
      "checks": [
        "address_line1_check": address["line1"].isNull ? nil : .string(test.checks.line1),
        "address_postal_code_check": address["postal_code"].isNull ? nil : .string(test.checks.postalCode),
        "cvc_check": .string(test.checks.cvc),
      ],
      "exp_month": .int(expiry.month), "exp_year": .int(expiry.year), "fingerprint": fingerprint(test.number),
      "funding": .string(test.funding.rawValue), "generated_from": nil,
      "last4": .string(String(test.number.suffix(4))),
      "networks": ["available": .array(test.networks.map(JSON.string)), "preferred": nil],
      "regulated_status": "unregulated", "three_d_secure_usage": ["supported": .bool(test.knowsThreeDSecure)],
      "wallet": nil,
    ]
  }

  private func usBankAccount(_ account: String) -> JSON {
    [
      "account_holder_type": "individual", "account_type": "checking", "bank_name": "STRIPE TEST BANK",
      "financial_connections_account": nil, "fingerprint": fingerprint(account),
      "last4": .string(String(account.suffix(4))), "networks": ["preferred": "ach", "supported": ["ach"]],
      "routing_number": "110000000", "status_details": [:],
    ]
  }

  private func sepaDebit(_ iban: String) -> JSON {
    [
      "bank_code": .string(String(iban.dropFirst(4).prefix(8))), "branch_code": "",
      "country": .string(String(iban.prefix(2))), "fingerprint": fingerprint(iban),
      "generated_from": ["charge": nil, "setup_attempt": nil], "last4": .string(String(iban.suffix(4))),
    ]
  }
}
