import Domain
import GRDB

extension Database {
  /// Records money that Stripe says it has received, once per intent, and makes the charge paid if it is the charge's
  /// amount and currency. Anything else goes to a person (laws 6 and 7).
  ///
  /// May run many times for one payment; only the first changes anything.
  func receive(
    _ money: Money, through intent: PaymentIntentID, by: PaidBy, session: CheckoutSessionID?, for charge: Charge,
    _ context: StepContext
  ) throws -> Charge {
    let isJudged = try charge.state == .paid && isJudgedPaid(charge.id)
    let counts = money == charge.money && (charge.state != .paid || isJudged)
    try run(
      """
      INSERT INTO payments (payment_intent, charge, amount, currency, paid_by, session, is_extra, seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (payment_intent) DO NOTHING
      """,
      [
        intent.text, charge.id.text, money.amount, money.currency.code, by.rawValue, session?.text, !counts,
        context.now.milliseconds,
      ])
    guard changesCount > 0 else { return charge }
    try seeIntent(intent, of: charge.id, kind: by.intentKind, .succeeded, at: context.now)
    try clear(.cannotClose, charge.id.text, at: context.now)
    guard money == charge.money else { return try wrongAmount(money, intent, charge, context) }
    if isJudged {
      var known = charge
      known.paymentIntent = intent
      try run("UPDATE charges SET payment_intent = ? WHERE id = ?", [intent.text, charge.id.text])
      return known
    }
    if charge.state == .paid {
      try note(.secondPayment, charge: charge.id, at: context.now, ["intent": intent.text, "amount": "\(money)"])
      return try step(charge, .paymentSeen, context)
    }
    try note(
      .paid, charge: charge.id, at: context.now, ["by": by.rawValue, "intent": intent.text, "session": session?.text])
    return try step(charge, .paymentSeen, context) { paid in
      paid.paidAt = context.now
      paid.paidBy = by
      paid.paymentIntent = intent
    }
  }

  /// The money of this intent has been recorded.
  func isRecorded(_ intent: PaymentIntentID) throws -> Bool {
    try exists("SELECT 1 FROM payments WHERE payment_intent = ?", [intent.text])
  }

  /// A person judged an unanswered attempt as paid before Stripe showed the payment, and none has counted since.
  private func isJudgedPaid(_ charge: ChargeID) throws -> Bool {
    // One that was judged as failed, and then settled outside, was paid by something else.
    guard
      try exists(
        "SELECT 1 FROM history WHERE charge = ? AND what = 'judged' AND detail ->> 'as' = 'paid'", [charge.text])
    else { return false }
    return try !exists("SELECT 1 FROM payments WHERE charge = ? AND is_extra = 0", [charge.text])
  }

  private func wrongAmount(
    _ money: Money, _ intent: PaymentIntentID, _ charge: Charge, _ context: StepContext
  ) throws -> Charge {
    try note(
      .wrongAmount, charge: charge.id, at: context.now,
      ["amount": "\(money)", "expected": "\(charge.money)", "intent": intent.text])
    guard charge.state.after(.heldBack(.wrongAmount)) != nil else {
      try raise(.wrongAmount, charge.id.text, HumanMatter.wrongAmount.advice, at: context.now)
      return charge
    }
    try run("UPDATE recoveries SET next_retry_at = NULL, wants_link = 0 WHERE charge = ?", [charge.id.text])
    try wantInstrumentsClosed(charge, at: context.now)
    try note(.held, charge: charge.id, at: context.now, ["reason": HeldReason.wrongAmount.rawValue])
    // The intent has collected what it could; an approved charge begins with another.
    return try step(charge, .heldBack(.wrongAmount), context) { $0.paymentIntent = nil }
  }
}

extension PaidBy {
  /// What an intent is called that was paid so.
  fileprivate var intentKind: String {
    switch self {
    case .checkout: "checkout"
    case .onSession: "on_session"
    case .offSession, .outside: "off_session"
    }
  }
}
