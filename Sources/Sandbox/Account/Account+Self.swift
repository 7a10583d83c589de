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
}
