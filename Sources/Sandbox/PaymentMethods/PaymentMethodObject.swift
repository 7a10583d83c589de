/// What a payment method is beside what Stripe shows of it.
struct PaymentMethodNotes: Sendable {
  var behavior: SandboxBehavior
  /// Set up for charges while the customer is away.
  var isReadyOffSession = false
  var mandate: String?
  /// Detached, or charged without a customer: not to be used again, for good.
  var isSpent = false
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
      "billing_details": billingDetails, "created": .int(now), "customer": nil, "livemode": false, "metadata": [:],
      "type": .string(method.kind.type),
    ]
    switch method.kind {
    case .card(let number, let brand):
      object["card"] = card(number: number, brand: brand, expiry: expiry ?? (12, 1970 + now / 31_556_952 + 3))
    case .usBankAccount(let account): object["us_bank_account"] = usBankAccount(account)
    case .sepaDebit(let iban): object["sepa_debit"] = sepaDebit(iban)
    }
    paymentMethods[id] = object
    methodNotes[id] = PaymentMethodNotes(behavior: method.behavior)
    return object
  }

  private func fingerprint(_ number: String) -> JSON {
    .string(Identifiers.characters(of: "fingerprint/\(number)", length: 16))
  }

  private func card(number: String, brand: String, expiry: (month: Int, year: Int)) -> JSON {
    [
      "brand": .string(brand), "country": "US", "display_brand": .string(brand),
      "checks": ["address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"],
      "exp_month": .int(expiry.month), "exp_year": .int(expiry.year), "fingerprint": fingerprint(number),
      "funding": "credit", "generated_from": nil, "last4": .string(String(number.suffix(4))),
      "networks": ["available": [.string(brand)], "preferred": nil], "regulated_status": "unregulated",
      "three_d_secure_usage": ["supported": true], "wallet": nil,
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
