extension Account {
  /// A new session as Stripe shows it, field by field off recordings of dahlia.
  func sessionObject(_ id: String, _ given: FormValue, mode: String, items: [JSON], expiresAt: Int) -> JSON {
    let isPayment = mode == "payment"
    let total = items.reduce(0) { $0 + ($1["amount_total"].integer ?? 0) }
    let currency = isPayment ? items.first?["currency"].text : given.text("currency")?.lowercased()
    let uiMode = given.text("ui_mode") ?? "hosted_page"
    let session: JSON = [
      "id": .string(id), "object": "checkout.session",
      "adaptive_pricing": ["enabled": .bool(isPayment && given["adaptive_pricing"]?.flag("enabled") ?? true)],
      "after_expiration": afterExpiration(given), "allow_promotion_codes": flag(given, "allow_promotion_codes"),
      "allowed_payment_method_types": allowed(given), "amount_subtotal": isPayment ? .int(total) : nil,
      "amount_total": isPayment ? .int(total) : nil,
      "automatic_tax": ["enabled": false, "liability": nil, "provider": nil, "status": nil],
      "billing_address_collection": given.json("billing_address_collection"),
      "branding_settings": Self.branding, "cancel_url": given.json("cancel_url"),
      "client_reference_id": given.json("client_reference_id"),
      "client_secret": uiMode == "hosted_page"
        ? nil : .string("\(id)_secret_\(Identifiers.characters(of: id, length: 40))"),
      "collected_information": ["business_name": nil, "individual_name": nil, "shipping_details": nil],
      "consent": nil, "consent_collection": consentCollection(given), "created": .int(now), "currency": JSON(currency),
      "currency_conversion": nil, "custom_fields": [],
      "custom_text": [
        "after_submit": nil, "shipping_address": nil, "submit": nil, "terms_of_service_acceptance": nil,
      ],
    ]
    return session.merging(customerPart(given, isPayment: isPayment)).merging(returnPart(given, uiMode: uiMode))
      .merging(paymentPart(id, given, mode: mode, currency: currency, uiMode: uiMode, expiresAt: expiresAt))
  }

  /// Where a page of the merchant's own goes afterwards; a hosted session has not even the members.
  private func returnPart(_ given: FormValue, uiMode: String) -> JSON {
    guard uiMode != "hosted_page" else { return [:] }
    var part: JSON = [:]
    if let url = given.text("return_url") { part["return_url"] = .string(url) }
    if uiMode == "embedded_page" {
      part["redirect_on_completion"] = .string(given.text("redirect_on_completion") ?? "always")
    }
    return part
  }

  private func customerPart(_ given: FormValue, isPayment: Bool) -> JSON {
    let customer = given.text("customer").flatMap { customers[$0] }
    let email = customer?["email"] ?? given.json("customer_email")
    let creation = given.text("customer_creation") ?? (isPayment ? "if_required" : nil)
    return [
      "customer": given.json("customer"), "customer_account": nil,
      "customer_creation": customer == nil ? JSON(creation) : nil,
      "customer_details": email.isNull && customer == nil
        ? nil
        : [
          "address": nil, "business_name": nil, "email": email, "individual_name": nil,
          "name": customer?["name"] ?? .null, "phone": nil, "tax_exempt": isPayment ? "none" : nil, "tax_ids": nil,
        ], "customer_email": given.json("customer_email"),
    ]
  }

  private func paymentPart(
    _ id: String, _ given: FormValue, mode: String, currency: String?, uiMode: String, expiresAt: Int
  ) -> JSON {
    let isPayment = mode == "payment"
    let types = methodTypes(currency: currency, given)
    return [
      "discounts": isPayment ? [] : nil, "expires_at": .int(expiresAt), "integration_identifier": nil, "invoice": nil,
      "livemode": false, "locale": given.json("locale"), "metadata": given.metadata(), "mode": .string(mode),
      "invoice_creation": isPayment ? Self.noInvoice : nil, "origin_context": nil, "payment_intent": nil,
      "payment_link": nil,
      "payment_method_collection": isPayment ? "if_required" : "always",
      "payment_method_configuration_details": nil,
      "payment_method_options": Self.methodOptions(
        types, card: ["request_three_d_secure": "automatic"],
        bank: ["financial_connections": Self.bankLink, "verification_method": "automatic"]),
      "payment_method_types": .array(types.map(JSON.string)),
      "payment_status": isPayment ? "unpaid" : "no_payment_required", "permissions": nil,
      "phone_number_collection": ["enabled": false], "recovered_from": nil,
      "saved_payment_method_options": isPayment ? savedMethodOptions(given) : nil, "setup_intent": nil,
      "shipping_address_collection": nil, "shipping_cost": nil, "shipping_options": [], "status": "open",
      "submit_type": given.json("submit_type"), "subscription": nil, "success_url": given.json("success_url"),
      "total_details": isPayment ? ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0] : nil,
      "ui_mode": .string(uiMode), "url": uiMode == "hosted_page" ? .string("\(pageBase)/c/pay/\(id)") : nil,
      "wallet_options": nil,
    ]
  }

  private static let branding: JSON = [
    "background_color": "#ffffff", "border_style": "rounded", "button_color": "#0074d4", "display_name": "Sandbox",
    "font_family": "default", "icon": nil, "logo": nil,
  ]

  private static let noInvoice: JSON = [
    "enabled": false,
    "invoice_data": [
      "account_tax_ids": nil, "custom_fields": nil, "description": nil, "footer": nil, "issuer": nil, "metadata": [:],
      "rendering_options": nil,
    ],
  ]

  private func consentCollection(_ given: FormValue) -> JSON {
    guard let asked = given["consent_collection"], asked.text != "" else { return nil }
    let position = asked["payment_method_reuse_agreement"]?.text("position")
    return [
      "payment_method_reuse_agreement": position.map { ["position": .string($0)] } ?? nil,
      "promotions": asked.json("promotions"), "terms_of_service": asked.json("terms_of_service"),
    ]
  }

  private func afterExpiration(_ given: FormValue) -> JSON {
    guard let recovery = given["after_expiration"]?["recovery"] else { return nil }
    return [
      "recovery": [
        "allow_promotion_codes": .bool(recovery.flag("allow_promotion_codes") ?? false),
        "enabled": .bool(recovery.flag("enabled") ?? false), "expires_at": nil, "url": nil,
      ]
    ]
  }

  private func savedMethodOptions(_ given: FormValue) -> JSON {
    let options = given["saved_payment_method_options"]
    return [
      "allow_redisplay_filters": .array((options?.strings("allow_redisplay_filters") ?? ["always"]).map(JSON.string)),
      "payment_method_remove": .string(options?.text("payment_method_remove") ?? "disabled"),
      "payment_method_save": options?.json("payment_method_save") ?? .null,
    ]
  }

  private func flag(_ given: FormValue, _ key: String) -> JSON { given.flag(key).map(JSON.bool) ?? .null }
}
