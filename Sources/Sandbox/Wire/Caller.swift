/// Who asks, by the key that comes with the request.
enum Caller: Sendable, Equatable {
  /// Has the secret key.
  case server
  /// Has the publishable key: anybody who has seen the shop's page.
  case page
  /// Has the publishable key, and is a frame that Stripe's script has put into the page; card numbers are typed there.
  case stripesFrame

  var isBrowser: Bool { self != .server }
}

/// What a publishable key may do, and how little it is shown.
extension Account {
  /// Of an intent, a browser sees only what whoever holds its client secret may know.
  func checkClientSecret(_ call: Call, _ route: Route) throws(StripeError) {
    guard route.browsers == .withClientSecret, let id = call.arguments.first, let intent = object(id) else { return }
    guard let given = call.clientSecret else {
      guard call.caller.isBrowser else { return }
      throw .missingParameter("client_secret")
    }
    let kind = id.hasPrefix("seti_") ? "SetupIntent" : "PaymentIntent"
    guard intent["client_secret"].text == given else {
      throw .invalid(
        "The client_secret provided does not match the client_secret associated with the \(kind).",
        param: "client_secret")
    }
  }

  /// A server's business, in a browser's confirmation.
  func checkConfirmation(_ call: Call, of intent: JSON) throws(StripeError) {
    guard call.caller.isBrowser else { return }
    let id = intent["id"].text ?? ""
    guard intent["confirmation_method"] != "manual" else {
      throw .invalid(
        "This PaymentIntent \(id) cannot be confirmed using your publishable key because its `confirmation_method` is"
          + " set to `manual`. Please use your secret key instead, or create a PaymentIntent with"
          + " `confirmation_method` set to `automatic`.")
    }
    let secretOnly = ["off_session", "error_on_requires_action", "mandate", "capture_method"]
    if let wrong = secretOnly.first(where: call.parameters.has) {
      throw .invalid("You cannot pass `\(wrong)` with a publishable key.", param: wrong)
    }
  }

  /// A number may be typed into a frame of Stripe's; a page, or anybody else, that sends one is refused.
  func checkMayHandleNumbers(_ caller: Caller) throws(StripeError) {
    switch caller {
    case .stripesFrame: return
    case .page:
      throw StripeError(
        status: 402, type: "invalid_request_error", code: nil,
        message:
          "This integration surface is unsupported for publishable key tokenization. Mount an Element and let the"
          + " number be typed there.", param: nil, wasExecuted: true)
    case .server:
      // Observed: 402, and not a card error (docs/STRIPE.md §3).
      throw StripeError(
        status: 402, type: "invalid_request_error", code: nil,
        message:
          "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens"
          + " that map to the test card you are using, see https://docs.stripe.com/testing.", param: nil,
        wasExecuted: true)
    }
  }

  /// The part of an answer that a publishable key is shown. Members that Stripe's document requires stay, empty.
  static func shown(_ object: JSON, to caller: Caller) -> JSON {
    guard caller.isBrowser else { return object }
    var members = object.members
    switch object["object"].text {
    case "payment_intent": members = members.filter { paymentIntentMembers.contains($0.key) }
    case "setup_intent": members = members.filter { setupIntentMembers.contains($0.key) }
    default: break
    }
    if members["metadata"] != nil { members["metadata"] = [:] }
    for name in ["payment_intent", "setup_intent"] {
      if let inner = members[name] { members[name] = shown(inner, to: caller) }
    }
    return .object(members)
  }

  private static let intentMembers: Set<String> = [
    "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created", "description",
    "livemode", "metadata", "next_action", "payment_method", "payment_method_configuration_details",
    "payment_method_types", "status",
  ]

  private static let paymentIntentMembers = intentMembers.union([
    "amount", "amount_capturable", "amount_details", "amount_received", "canceled_at", "capture_method",
    "confirmation_method", "currency", "last_payment_error", "processing", "receipt_email", "setup_future_usage",
    "shipping", "source",
  ])

  private static let setupIntentMembers = intentMembers.union(["last_setup_error", "usage"])
}
