/// Where a charge stands. `docs/LIFECYCLE.md` draws the roads between the states.
package enum ChargeState: String, Sendable, CaseIterable, Codable {
  /// Waits for its due time; the charge pass moves it.
  case scheduled
  /// Something wants a person: too late, too big, our own fault. Only `approve` or `cancel` moves it.
  case held
  /// An off-session attempt is written and may be on its way; its conclusion moves it, or the resolve pass.
  case attempting
  /// An attempt was sent and has no answer; the resolve pass moves it, or a person.
  case unresolved
  /// A bank debit is on its way; Stripe moves it, read daily.
  case processing
  /// A failed charge that is still owed: link, notices and retries; customer, retry or deadline moves it.
  case recovering
  /// Final.
  case paid
  /// Given up. Final, but money that still arrives makes it paid.
  case uncollectible
  /// Withdrawn by a person. Final, but money that still arrives makes it paid.
  case canceled

  /// Nothing more will be tried.
  package var isFinal: Bool {
    switch self {
    case .paid, .uncollectible, .canceled: true
    case .scheduled, .held, .attempting, .unresolved, .processing, .recovering: false
    }
  }

  /// An attempt or a bank debit may still bring money: deadline and cancel wait for it (law 7).
  package var isInFlight: Bool {
    switch self {
    case .attempting, .unresolved, .processing: true
    case .scheduled, .held, .recovering, .paid, .uncollectible, .canceled: false
    }
  }
}

/// Why a charge is held. The text is what `charge show` prints as `held_reason`.
package enum HeldReason: String, Sendable, CaseIterable, Codable {
  case olderThanCatchUp = "older_than_catch_up"
  case overMaxCharge = "over_max_charge"
  case overMaxTickTotal = "over_max_tick_total"
  case refusedByStripe = "refused_by_stripe"
  case intentCanceledElsewhere = "intent_canceled_elsewhere"
  case customerGone = "customer_gone"
  case unexpectedAnswer = "unexpected_answer"
  case cardStopped = "card_stopped"
  case wrongAmount = "wrong_amount"
  case foundAtStripe = "found_at_stripe"

  /// How it is shown to a person.
  package var matter: HumanMatter { self == .wrongAmount ? .wrongAmount : .held }

  /// What a person is told to do.
  package var advice: String {
    switch self {
    case .olderThanCatchUp: "it became due longer ago than limits.catch_up; approve or cancel it"
    case .overMaxCharge: "it is larger than limits.max_charge; approve or cancel it"
    case .overMaxTickTotal: "the tick's total would have passed limits.max_tick_total; approve or cancel it"
    case .refusedByStripe:
      "Stripe refused our request; mend the cause shown in `charge explain`, then approve or cancel it"
    case .intentCanceledElsewhere:
      "its PaymentIntent was canceled by someone else; approve it to try anew, or cancel it"
    case .customerGone: "the customer no longer exists at Stripe; cancel it"
    case .wrongAmount:
      "Stripe received another amount than what is owed; refund it in Stripe's dashboard, then approve or cancel it"
    case .cardStopped:
      "its card was stopped (fraud, or consent revoked); ask the customer, then cancel it or give it another card"
    case .foundAtStripe:
      "Stripe had tries of it that the ledger had forgotten; look at it in Stripe's dashboard, then approve or cancel it"
    case .unexpectedAnswer:
      "Stripe reported a state that Dues does not expect; look at the PaymentIntent in Stripe's dashboard"
    }
  }
}

/// How a charge came to be paid.
package enum PaidBy: String, Sendable, CaseIterable, Codable {
  case offSession = "off_session"
  case checkout
  case onSession = "on_session"
  case outside
}
