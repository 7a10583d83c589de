import Domain

/// The words of one history entry. What the detail lacks is left out of the sentence.
struct HappeningSentence {
  let detail: [String: String]

  /// Without `default`: a new happening must be given its sentence.
  func text(of what: Happening) -> String {
    switch what {
    case .created: created
    case .foundAtStripe:
      """
      Stripe had what the ledger had forgotten, and it was taken over when the fence was lifted: \
      \(detail["session"].map { "checkout \(self["number"]), \($0)" } ?? "attempt \(self["number"]), \(self["intent"]), \(self["state"])").
      """
    case .held: "Held for a person: \(heldReason)\(inParentheses("detail"))."
    case .approved: "A person approved it: the limits no longer hold it."
    case .judged:
      "A person decided that the unanswered attempt \(self["as"] == "paid" ? "was paid" : "collected nothing")\(because)."
    case .attemptWritten: attemptWritten
    case .attemptConcluded: attemptConcluded
    case .challengeOpened:
      "The customer's bank asked them to confirm attempt \(self["number"]) (\(self["intent"]))."
    case .confirmationWritten: "The customer had answered their bank; attempt \(self["number"]) was confirmed."
    case .attemptTakenBack: "Attempt \(self["number"]) had never left this machine, and was taken back."
    case .attemptResent: "Attempt \(self["number"]) was sent again under its own key\(because)."
    case .recoveryOpened:
      """
      Recovery began (\(remedy(self["reason"]))): the customer gets a link, until \(moment("deadline")).
      """
    case .retryPlanned: "A retry was planned for \(moment("at"))\(retryReason)."
    case .noRetry: "No further retry: \(noRetryReason)."
    case .retryChosen: "The customer chose the day of the next try: \(moment("at"))."
    case .retryPostponed: "The retry was postponed until \(moment("until")): \(postponement)."
    case .checkoutWritten: "Checkout \(self["number"]) was asked for, \(opener)."
    case .checkoutOpened: "Checkout \(self["number"]) opened (\(self["session"])); it expires at \(moment("expires"))."
    case .checkoutClosing: "Checkout \(self["number"]) is to be closed\(because)."
    case .checkoutClosed: "Checkout \(self["number"]) was seen \(self["state"])\(because)."
    case .paid: paid
    case .processing: "The money is on its way: the bank has not answered yet\(inParentheses("intent"))."
    case .processingFailed: "The bank sent it back\(because)."
    case .secondPayment:
      """
      Stripe received \(self["amount"]) a second time (\(self["intent"])); a person decides: refund it or keep it.
      """
    case .wrongAmount:
      """
      Stripe received \(self["amount"]) instead of \(self["expected"]) (\(self["intent"])); it does not count as \
      paid.
      """
    case .cancelRequested: "It was withdrawn (by \(actor("reason"))); what is in flight is waited for."
    case .canceled: "Canceled: everything that could still collect it was seen closed."
    case .uncollectible: uncollectible
    case .intentClosing: "Its PaymentIntent is to be canceled\(inParentheses("intent"))."
    case .intentClosed: "Its PaymentIntent was seen \(self["state"])\(inParentheses("intent"))."
    case .methodChanged: "The payment method became \(self["method"])\(because)."
    case .noticePlanned: "The mail \(self["kind"]) was planned for \(moment("due"))."
    case .noticeSent: "The mail \(self["kind"]) was sent to \(self["to"])."
    case .noticeDropped: "The mail \(self["kind"]) was dropped: \(self["reason"])."
    case .noticeDelayed:
      """
      The mail \(self["kind"]) could not be sent (\(self["reason"])); next try at \(moment("next")).
      """
    case .noticeRefused: "The mail \(self["kind"]) will not be sent: \(self["reason"])."
    case .merchantTold: "Your system was told \(self["kind"])."
    case .merchantNotTold:
      """
      Your system did not take \(self["kind"]) (\(self["reason"])); next try at \(moment("next")).
      """
    case .agreementPaused: "The agreement was paused\(because)."
    case .agreementResumed: "The agreement was resumed."
    case .agreementCanceled: "The agreement was canceled."
    case .agreementActivated: "The agreement became active with payment method \(self["method"])."
    case .termsPlanned: "From \(self["from"]) on it is \(self["amount"]) \(self["schedule"]): a person has planned it."
    case .termsChanged: "From \(self["from"]) on it is \(self["amount"]) \(self["schedule"])."
    case .periodSkipped: "The period \(self["period"]) was taken out by a person: nothing is charged for it."
    case .retryAsked: "A person asked for a retry in the next tick\(because)."
    case .settled: "A person has recorded that it was paid outside of Dues\(because)."
    case .consentGiven: consentGiven
    case .setupVerifying:
      "The customer entered \(self["method"]) in \(self["session"]); the bank is verifying it, and until then it is not used."
    case .setupFailed: "The bank did not verify what was entered in \(self["session"])\(because); nothing was saved."
    case .setupRefused: "The payment method \(self["method"]), entered in \(self["session"]), was not taken\(because)."
    case .setupSuperseded:
      "The payment method \(self["method"]), entered in \(self["session"]), is not used: the customer chose another since."
    case .refundWritten: "Refund \(self["number"]) of \(self["amount"]) was asked for (\(self["intent"]))."
    case .refundMade: "Stripe made refund \(self["number"]) (\(self["refund"]))."
    case .refundRefused: "Refund \(self["number"]) was not made\(because)."
    case .refunded: "Of \(self["received"]) received, \(self["amount"]) has gone back (\(self["intent"]))."
    case .disputed: "The customer disputes the payment of \(self["amount"]) at their bank (\(self["intent"]))."
    case .disputeClosed: "The dispute is over (\(self["intent"]))."
    case .mandateEnded:
      "The mandate \(self["mandate"]) of \(self["method"]) ended: it is not charged until the customer saves another."
    case .mandateRestored: "The mandate \(self["mandate"]) of \(self["method"]) is in force again."
    }
  }

  // MARK: - Pieces

  private subscript(_ key: String) -> String { detail[key] ?? "(not recorded)" }

  /// `: the reason`, or nothing.
  private var because: String { detail["reason"].map { $0.isEmpty ? "" : ": \($0)" } ?? "" }

  private func inParentheses(_ key: String) -> String { detail[key].map { " (\($0))" } ?? "" }

  /// `2027-03-04 09:00 UTC`; the seconds say nothing to a person.
  private func moment(_ key: String) -> String {
    detail[key].map { text in Timestamp(rfc3339: text)?.words ?? text } ?? "(not recorded)"
  }

  private func actor(_ key: String) -> String { self[key] == "admin" ? "a person" : self[key] }

  private var created: String {
    switch detail["by"] {
    case "schedule": "Created by the schedule: a period of its agreement became due."
    case "found at Stripe": "Taken over from Stripe: the ledger had forgotten it."
    case "admin", nil: "Created by a person."
    case let consent?: "Created from the customer's consent in \(consent)."
    }
  }

  private var consentGiven: String {
    let more = [
      detail["terms_of_service"].map { "the terms of service were \($0)" },
      detail["promotions"].map { "promotions: \($0)" },
    ].compactMap { $0 }
    let rest = more.isEmpty ? "" : " (\(more.joined(separator: "; ")))"
    return "The customer agreed to \(self["terms"]) in \(self["session"]) at \(moment("given"))\(rest)."
  }

  private var heldReason: String {
    detail["reason"].map { HeldReason(rawValue: $0)?.advice ?? $0 } ?? "no reason recorded"
  }

  private var attemptWritten: String {
    """
    Attempt \(self["number"])\(detail["retry"] == nil ? "" : ", a retry,") was written and sent, with \
    \(self["method"]).
    """
  }

  private var attemptConcluded: String {
    let codes =
      ["code", "decline_code", "advice_code"].compactMap { detail[$0] }
      + [("network_decline_code", "the network's"), ("network_advice_code", "its advice")].compactMap { key, name in
        detail[key].map { "\(name) \($0)" }
      }
    let evidence = codes.isEmpty ? detail["reason"] : codes.joined(separator: ", ")
    let why = evidence.map { " (\($0))" } ?? ""
    let end = detail["remedy"].map { "; \(remedy($0))" } ?? ""
    let attempt = "Attempt \(self["number"])"
    switch AttemptState(rawValue: self["state"]) {
    case .succeeded: return "\(attempt) succeeded."
    case .processing: return "\(attempt) was taken; the bank has not settled it yet."
    case .declined: return "\(attempt) was declined\(why)\(end)."
    case .needsCustomer: return "\(attempt) was not completed: the bank wants the customer to confirm it\(why)."
    case .refused: return "\(attempt) was refused by Stripe\(why): our request was wrong."
    case .unresolved: return "\(attempt) has no answer that counts\(why): nobody knows yet whether it was charged."
    case .sending, nil: return "\(attempt) is \(self["state"])\(why)."
    }
  }

  private func remedy(_ text: String) -> String {
    switch Remedy(rawValue: text) {
    case .wait: "waiting may help"
    case .newDetails: "another payment method or new details help"
    case .authenticate: "the customer must confirm it"
    case .stop: "this payment method must not be charged again"
    case .ourFault: "our request must be mended"
    case nil: text
    }
  }

  private var retryReason: String {
    switch detail["reason"] {
    case "new_method": ", because the customer saved another payment method"
    case Remedy.wait.rawValue, nil: ", by the retry policy"
    case let other?: " (\(other))"
    }
  }

  private var noRetryReason: String {
    detail["reason"].map { NoRetry(rawValue: $0)?.words ?? $0 } ?? "no reason recorded"
  }

  private var postponement: String {
    detail["reason"] == "checkout_in_use" ? "the customer opened a checkout within the last hour" : self["reason"]
  }

  private var opener: String {
    switch detail["by"].flatMap(CheckoutOpener.init(rawValue:)) {
    case .customer: "because the customer clicked"
    case .engine, nil: "for the link"
    }
  }

  private var paid: String {
    let through = detail["session"] ?? detail["intent"]
    let by =
      switch detail["by"].flatMap(PaidBy.init(rawValue:)) {
      case .offSession: "off session"
      case .checkout: "by the customer through Checkout"
      case .onSession: "by the customer on our page"
      case .outside: "outside of Dues"
      case nil: "in a way that was not recorded"
      }
    return "Paid \(by)\(through.map { " (\($0))" } ?? "")."
  }

  private var uncollectible: String {
    switch detail["reason"] {
    case "deadline": "Given up: its deadline passed, and everything that could still collect it was seen closed."
    case "stop": "Given up at once: the card was stopped (fraud, or consent revoked)."
    case let other: "Given up: \(other ?? "no reason recorded")."
    }
  }
}

extension NoRetry {
  /// Why nothing is tried by itself any more.
  var words: String {
    switch self {
    case .needsNewDetails: "only another payment method or new details help"
    case .needsCustomer: "the bank wants the customer"
    case .stopped: "this payment method must not be charged again"
    case .attemptsUsedUp: "all attempts that the policy allows were made"
    case .cardBudgetUsedUp: "the card has had as many attempts as it may have in 30 days"
    case .pastDeadline: "the next one would be after the deadline"
    case .agreementPaused: "the agreement is paused or canceled"
    }
  }
}

extension Timestamp {
  /// `2027-03-04 09:00 UTC`.
  var words: String {
    let text = description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }
}
