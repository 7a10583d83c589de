/// The 400s around an intent.
extension Account {
  /// The sandbox takes saved or named methods only, and says so instead of pretending.
  func refuseInlineMethods(_ given: FormValue) throws(StripeError) {
    if given["payment_method_data"]?["card"]?.text("number") != nil {
      throw StripeError(
        status: 402, type: "invalid_request_error", code: nil,
        message: "Sending credit card numbers directly to the Stripe API is generally unsafe.", param: nil,
        wasExecuted: true)
    }
    if let name = ["payment_method_data", "confirmation_token"].first(where: given.has) {
      throw .invalid("The sandbox does not know \(name); create a PaymentMethod and name it.", param: name)
    }
  }

  func requireConfirmable(_ intent: JSON) throws(StripeError) {
    switch intent["status"].text {
    case "requires_payment_method", "requires_confirmation", "requires_action": return
    case "succeeded":
      throw .executed(
        "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
        code: "payment_intent_unexpected_state", more: ["payment_intent": intent])
    case let status:
      throw .executed(
        "This PaymentIntent's status is \(status ?? "unknown"); it cannot be confirmed or changed in this way.",
        code: "payment_intent_unexpected_state", more: ["payment_intent": intent])
    }
  }

  func belongsToCheckout(_ intent: JSON, _ verb: String) -> StripeError {
    .executed(
      "You cannot \(verb) this PaymentIntent because it was created by Checkout. Expire the Checkout Session instead.",
      code: nil, more: ["payment_intent": intent])
  }

  func missingMethod(_ intent: JSON?) -> StripeError {
    .executed(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the"
        + " PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment"
        + " method.", code: "payment_intent_unexpected_state", more: intent.map { ["payment_intent": $0] } ?? [:])
  }

  /// A method that belongs to a customer is charged with that customer only.
  func checkOwner(of method: JSON, customer: String?) throws(StripeError) {
    let id = method["id"].text ?? ""
    guard let owner = method["customer"].text else { return }
    guard let customer else {
      throw .invalid(
        "The PaymentMethod supplied (\(id)) belongs to a Customer. Please include the Customer in the `customer` parameter"
          + " on the PaymentIntent.", param: "payment_method")
    }
    guard owner == customer else {
      throw .invalid(
        "The customer does not have a payment method with the ID \(id). The payment method must be attached to the"
          + " customer.", code: "resource_missing", param: "payment_method")
    }
  }

  /// What must be so before the bank is asked.
  func checkUsable(_ confirmation: Confirmation, for intent: JSON) throws(StripeError) {
    guard let method = paymentMethods[confirmation.method], let notes = methodNotes[confirmation.method] else {
      throw .missing("PaymentMethod", confirmation.method, param: "payment_method")
    }
    guard !notes.isSpent else { throw .spentPaymentMethod }
    try checkOwner(of: method, customer: intent["customer"].text)
    if let customer = intent["customer"].text { _ = try liveCustomer(customer) }
    let type = method["type"].text ?? ""
    guard intent["payment_method_types"].elements.contains(.string(type)) else {
      throw .executed(
        "The PaymentMethod provided (\(type)) is not allowed for this PaymentIntent. Please attach a PaymentMethod of an"
          + " allowed type.", code: "payment_intent_incompatible_payment_method", param: "payment_method")
    }
    if case .debits = notes.behavior, notes.mandate == nil, !confirmation.bringsMandate {
      throw .executed(
        "The PaymentMethod (\(confirmation.method)) has no mandate. Save it through a SetupIntent, or pass mandate_data.",
        code: "payment_intent_mandate_invalid", param: "mandate")
    }
  }
}
