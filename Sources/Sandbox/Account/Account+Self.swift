extension Account {
  /// `GET /v1/account`.
  var accountObject: JSON {
    [
      "id": .string(configuration.accountID), "object": "account", "type": "standard", "country": "US",
      "default_currency": "usd", "email": "sandbox@example.com", "charges_enabled": true, "payouts_enabled": true,
      "details_submitted": true, "metadata": [:], "business_type": nil,
      "business_profile": [
        "annual_revenue": nil, "estimated_worker_count": nil, "mcc": nil, "minority_owned_business_designation": nil,
        "name": "Sandbox", "product_description": nil, "support_address": nil, "support_email": nil,
        "support_phone": nil,
        "support_url": nil, "url": nil,
      ], "capabilities": ["card_payments": "active", "transfers": "active"], "controller": ["type": "account"],
      "created": 1_700_000_000,
    ]
  }

  /// `GET /v1/balance`: what charges brought, less what was refunded.
  var balanceObject: JSON {
    var sums: [String: Int] = ["usd": 0]
    for charge in charges.newestFirst where charge["status"] == "succeeded" {
      sums[charge["currency"].text ?? "usd", default: 0] +=
        (charge["amount_captured"].integer ?? 0) - (charge["amount_refunded"].integer ?? 0)
    }
    let pending: [JSON] = sums.sorted { $0.key < $1.key }.map {
      ["amount": .int($0.value), "currency": .string($0.key), "source_types": ["card": .int($0.value)]]
    }
    return [
      "object": "balance", "available": [["amount": 0, "currency": "usd", "source_types": ["card": 0]]],
      "livemode": false, "pending": .array(pending),
    ]
  }
}
