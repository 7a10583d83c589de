/// The 400s around an intent.
extension Account {
  /// What does not go together, and what the sandbox cannot do and says so.
  func refuseContradictions(_ given: FormValue) throws(StripeError) {
    if given.has("confirmation_token") {
      throw .invalid(
        "The sandbox does not know confirmation_token; create a PaymentMethod and name it.", param: "confirmation_token"
      )
    }
    let card = given["payment_method_options"]?["card"]
    if card?.has("stored_credential_usage") == true, given.has("setup_future_usage") {
      throw .invalid(
        "You cannot pass `payment_method_options[card][stored_credential_usage]` together with `setup_future_usage`.",
        param: "payment_method_options[card][stored_credential_usage]")
    }
    if given.has("payment_method"), given.has("payment_method_data") {
      throw .invalid(
        "You cannot pass both `payment_method` and `payment_method_data`.", param: "payment_method_data")
    }
  }

  /// The method that `payment_method` names, or a new one of `payment_method_data`.
  mutating func chosenMethod(_ given: FormValue) throws(StripeError) -> String? {
    if let named = given.text("payment_method") { return try paymentMethod(named: named)["id"].text }
    guard let inline = given["payment_method_data"] else { return nil }
    return try newPaymentMethod(as: inline, within: "payment_method_data")
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
    try checkMandate(confirmation, notes)
  }
}
