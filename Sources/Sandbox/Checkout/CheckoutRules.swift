/// What a new session may and may not say (docs/STRIPE.md §8).
extension Account {
  func checkedMode(_ given: FormValue) throws(StripeError) -> String {
    guard let mode = given.text("mode") else { throw .missingParameter("mode") }
    guard mode != "subscription" else { throw .invalid("The sandbox has no subscriptions.", param: "mode") }
    if mode == "setup" {
      let paymentOnly = [
        "line_items", "payment_intent_data", "saved_payment_method_options", "submit_type", "invoice_creation",
        "shipping_options",
      ]
      if let wrong = paymentOnly.first(where: given.has) {
        throw .invalid("You can not pass `\(wrong)` in `setup` mode.", param: wrong)
      }
      if !given.has("currency"), !given.has("allowed_payment_method_types") {
        throw .invalid(
          "`currency` is required in `setup` mode unless `allowed_payment_method_types` is given.",
          code: "parameter_missing", param: "currency")
      }
    } else {
      if let wrong = ["setup_intent_data", "subscription_data"].first(where: given.has) {
        throw .invalid("You can not pass `\(wrong)` in `payment` mode.", param: wrong)
      }
    }
    return mode
  }

  /// Which page goes with which URLs. The embedded page has to go somewhere unless it never redirects; what is made of
  /// Elements may name its place later, when it confirms.
  func checkPlaces(_ given: FormValue) throws(StripeError) {
    let mode = given.text("ui_mode") ?? "hosted_page"
    guard mode != "form" else { throw .invalid("The sandbox has no `ui_mode` form.", param: "ui_mode") }
    if mode == "hosted_page", !given.has("success_url") { throw .missingParameter("success_url") }
    let wrong =
      switch mode {
      case "hosted_page": ["return_url", "redirect_on_completion"]
      case "elements": ["success_url", "cancel_url", "redirect_on_completion"]
      default: ["success_url", "cancel_url"]
      }
    if let wrong = wrong.first(where: given.has) {
      throw .invalid("`\(wrong)` is not allowed with `ui_mode` \(mode).", param: wrong)
    }
    for name in ["success_url", "cancel_url", "return_url"] {
      guard let url = given.text(name) else { continue }
      guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
        throw .invalid("Not a valid URL", code: "url_invalid", param: name)
      }
    }
    guard mode == "embedded_page" else { return }
    if given.text("redirect_on_completion") == "never" {
      guard !given.has("return_url") else {
        throw .invalid("`return_url` is not allowed with `redirect_on_completion` never.", param: "return_url")
      }
    } else if !given.has("return_url") {
      throw .missingParameter("return_url")
    }
  }

  func checkCustomer(_ given: FormValue, mode: String) throws(StripeError) {
    guard let customer = given.text("customer") else {
      if given.has("customer_update") {
        throw .invalid("`customer_update` can only be used with `customer`.", param: "customer_update")
      }
      return
    }
    if let wrong = ["customer_email", "customer_creation"].first(where: given.has) {
      throw .invalid("You may only specify one of these parameters: customer, \(wrong).", param: "customer")
    }
    _ = try liveCustomer(customer)
  }

  /// 30 minutes to 24 hours from now.
  func checkedExpiry(_ given: FormValue) throws(StripeError) -> Int {
    guard let expiry = given.integer("expires_at") else { return now + 86_400 }
    guard expiry >= now + 30 * 60 else {
      throw .invalid(
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param: "expires_at")
    }
    guard expiry <= now + 86_400 else {
      throw .invalid(
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param: "expires_at")
    }
    return expiry
  }
}
