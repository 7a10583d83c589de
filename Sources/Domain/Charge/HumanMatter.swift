/// What a person must look at.
package enum HumanMatter: String, Sendable, CaseIterable, Codable {
  case held
  case unresolved
  case secondPayment = "second_payment"
  case paidAfterEnd = "paid_after_end"
  case stopped
  case mailRefused = "mail_refused"
  case mailNotSendable = "mail_not_sendable"
  case fulfillmentFailing = "fulfillment_failing"
  case wrongAmount = "wrong_amount"
  case processingTooLong = "processing_too_long"
  case badJob = "bad_job"
  case cannotClose = "cannot_close"
  case eventFailing = "event_failing"
  case tickStopped = "tick_stopped"
  case clockWrong = "clock_wrong"
  case fenced
  case setupFailed = "setup_failed"
  case disputed
  case refundUnanswered = "refund_unanswered"
  case notInLedger = "not_in_ledger"
  case perhapsPaid = "perhaps_paid"
  case overdue
  case timerSilent = "timer_silent"
}

extension HumanMatter {
  /// What `dues status` advises where nothing more special is known.
  package var advice: String {
    switch self {
    case .held: "look at it with `dues charge explain`, then `dues charge approve` or `dues charge cancel` it"
    case .unresolved:
      "nobody knows yet whether Stripe charged it; look in Stripe's dashboard, then `dues charge resolve` it"
    case .secondPayment:
      "Stripe received money for it twice; give one payment back: `dues charge refund --payment-intent pi_…`"
    case .paidAfterEnd: "it was paid after it had ended; keep the money, or give it back: `dues charge refund`"
    case .stopped: "the card was stopped for fraud or by its holder; talk to the customer before anything else"
    case .mailRefused: "the mail server refused the customer's address for good; tell the customer another way"
    case .mailNotSendable: "the customer has no email address at Stripe; tell the customer another way"
    case .fulfillmentFailing: "your system did not take the message; mend it, the next tick tries again"
    case .wrongAmount: "Stripe received another amount than what is owed; look at the payment in Stripe's dashboard"
    case .processingTooLong: "the bank has not answered for 14 days; look at the payment in Stripe's dashboard"
    case .cannotClose:
      "something at Stripe that could still collect it cannot be closed; look at it in Stripe's dashboard"
    case .eventFailing: "an event of Stripe's cannot be applied; see the log, and `dues sync` once it is mended"
    case .badJob: "mend the job file; its agreements wait"
    case .tickStopped: "the last tick stopped charging; see the log"
    case .clockWrong: "set this machine's clock right; nothing is charged until then"
    case .setupFailed:
      "a customer's payment method could not be saved; `dues setup link --send` invites them to save another"
    case .disputed:
      "the customer disputes it at their bank; answer in Stripe's dashboard, and talk to the customer before `dues agreement resume`"
    case .refundUnanswered:
      "nobody knows yet whether Stripe made a refund of it; every tick asks, or look in Stripe's dashboard"
    case .notInLedger:
      "the ledger does not know it, as after an older copy was put in its place; see docs/OPERATING.md before the next tick"
    case .perhapsPaid:
      "its customer has paid just that past this ledger; if it was meant for it, `dues charge settle` it"
    case .overdue: "due charges grow old although the timer runs; see the log of the last ticks"
    case .timerSilent: "the timer has not run; look at it (`systemctl list-timers dues-tick.timer`)"
    case .fenced: "this is not the ledger's own place; see docs/OPERATING.md"
    }
  }
}
