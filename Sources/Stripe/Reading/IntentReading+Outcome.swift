import Domain

extension IntentReading {
  /// What an intent's status means.
  static func outcome(of intent: PaymentIntent) -> Outcome {
    switch intent.status {
    case .succeeded:
      guard let received = intent.received else {
        return .unresolved(reason: "\(intent.id) succeeded, but not in an amount that we can read")
      }
      return .succeeded(received: received)
    case .processing: return .processing
    case .requiresAction: return .needsCustomer(decline(of: intent, code: "payment_intent_action_required"))
    case .requiresPaymentMethod:
      guard intent.lastPaymentError != nil else {
        return .refused(.unexpectedAnswer, reason: "\(intent.id) was not confirmed: it wants a payment method")
      }
      return judged(decline(of: intent, code: nil))
    case .requiresConfirmation, .requiresCapture:
      return .refused(.unexpectedAnswer, reason: "\(intent.id) is \(intent.status.rawValue)")
    case .canceled: return .refused(.intentCanceledElsewhere, reason: "\(intent.id) is canceled")
    case .unknown: return .unresolved(reason: "\(intent.id) has a status that Dues does not know")
    }
  }

  /// What a refusal means, whose intent neither succeeded nor is processing.
  static func outcome(of refusal: StripeErrorBody) -> Outcome {
    let error = refusal.error
    if error.type == "card_error" { return judged(decline(of: refusal, code: error.code)) }
    if error.type == "idempotency_error" { return .refused(.unexpectedAnswer, reason: refusal.sentence) }
    if refusal.isAuthenticationProblem { return .refused(.refusedByStripe, reason: refusal.sentence) }
    if error.code == "payment_intent_unexpected_state" {
      // Without the intent it may be paid as well as anything else.
      guard let intent = refusal.paymentIntent else { return .unresolved(reason: refusal.sentence) }
      return unexpectedState(intent, refusal)
    }
    if error.code == "resource_missing" {
      switch error.param {
      case "customer": return .refused(.customerGone, reason: refusal.sentence)
      case "payment_method": return unusable(refusal, code: "resource_missing")
      default: return .refused(.refusedByStripe, reason: refusal.sentence)
      }
    }
    if let code = error.code, let verdict = DeclineTable.verdict(of: code) {
      switch verdict.remedy {
      case .authenticate, .wait, .newDetails, .stop: return judged(decline(of: refusal, code: code))
      case .ourFault: return .refused(.refusedByStripe, reason: refusal.sentence)
      }
    }
    if error.saysMethodIsUnusable { return unusable(refusal, code: error.code ?? "payment_method_unexpected_state") }
    return .refused(.refusedByStripe, reason: refusal.sentence)
  }

  /// "Unexpected state" is no decline: the intent inside says what is true.
  private static func unexpectedState(_ intent: PaymentIntent, _ refusal: StripeErrorBody) -> Outcome {
    switch intent.status {
    case .succeeded, .processing, .requiresAction, .canceled: outcome(of: intent)
    case .requiresPaymentMethod, .requiresConfirmation, .requiresCapture, .unknown:
      .refused(.unexpectedAnswer, reason: refusal.sentence)
    }
  }

  private static func unusable(_ refusal: StripeErrorBody, code: String) -> Outcome {
    .declined(decline(of: refusal, code: code), Verdict(remedy: .newDetails, safeReason: .methodUnavailable))
  }

  private static func judged(_ decline: Decline) -> Outcome {
    let verdict = decline.verdict
    return verdict.remedy == .authenticate ? .needsCustomer(decline) : .declined(decline, verdict)
  }

  private static func decline(of refusal: StripeErrorBody, code: String?) -> Decline {
    let charge = refusal.paymentIntent?.latestCharge?.object
    let method = refusal.error.paymentMethod ?? refusal.paymentIntent?.lastPaymentError?.paymentMethod
    return Decline(
      code: code, declineCode: refusal.error.declineCode,
      adviceCode: refusal.error.adviceCode ?? charge?.outcome?.adviceCode,
      isBlocked: charge?.isBlocked ?? false, isBankDebit: method?.isBankDebit ?? false)
  }

  private static func decline(of intent: PaymentIntent, code: String?) -> Decline {
    let error = intent.lastPaymentError
    let charge = intent.latestCharge?.object
    let method = error?.paymentMethod ?? intent.paymentMethod?.object
    return Decline(
      code: error?.code ?? code, declineCode: error?.declineCode,
      adviceCode: error?.adviceCode ?? charge?.outcome?.adviceCode,
      isBlocked: charge?.isBlocked ?? false,
      isBankDebit: method?.isBankDebit ?? (intent.nextAction?.type == "verify_with_microdeposits"))
  }
}

extension StripeErrorBody {
  /// Whether an earlier sending of the same request, if it is still on its way, will fare as this one has: Stripe keeps under the
  /// key what it has executed, and nothing of what it turned away before (docs/STRIPE.md §5). What names an intent was executed; a
  /// customer or a method that is gone stays gone; and a key that is another request's stays that.
  package var bindsEarlierSendings: Bool {
    if status == 402 || paymentIntent != nil || error.type == "idempotency_error" { return true }
    if error.code == "resource_missing" { return error.param == "customer" || error.param == "payment_method" }
    return error.saysMethodIsUnusable
  }
}

extension PaymentError {
  /// A detached method, or one of another customer, is a 400 without a code; only the message tells.
  fileprivate var saysMethodIsUnusable: Bool {
    guard type == "invalid_request_error", code == nil, let message = message?.lowercased() else { return false }
    let isAboutMethod =
      param == "payment_method" || message.contains("paymentmethod") || message.contains("payment method")
    let phrases = ["may not be used again", "was detached", "must be attached", "does not have a payment method"]
    return isAboutMethod && phrases.contains { message.contains($0) }
  }
}
