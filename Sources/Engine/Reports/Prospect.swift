import Domain
import Storage

/// What comes next for a charge, and who moves it: the tick, the customer, the bank or a person.
struct Prospect {
  let report: ChargeReport
  let around: Explanation.Surroundings

  private var charge: Charge { report.charge }

  var sentences: [String] { withdrawal + byState + afterwards }

  private var withdrawal: [String] {
    guard charge.cancelRequested, !charge.state.isFinal else { return [] }
    return ["It is withdrawn: as soon as nothing is in flight and everything was seen closed, it is canceled."]
  }

  private var byState: [String] {
    switch charge.state {
    case .scheduled: charge.cancelRequested ? [] : scheduled
    case .held:
      [
        "A person is next: \(charge.heldReason?.advice ?? "look at why it is held").",
        """
        `dues charge approve \(charge.id)` lets it go, `dues charge cancel \(charge.id)` withdraws it; until then \
        nothing is charged.
        """,
      ]
    case .attempting: ["An attempt is on its way. If its answer is lost, the next tick asks Stripe what became of it."]
    case .unresolved: unresolved
    case .processing: ["The bank is next. Stripe is asked daily; after 14 days without an answer a person is told."]
    case .recovering: recovering
    case .paid: []
    case .uncollectible:
      [
        """
        Nothing more is tried. Money that still arrives would make it paid, and be shown to a person.
        """
      ]
    case .canceled: ["Nothing more is tried. Money that still arrives would make it paid, and be shown to a person."]
    }
  }

  private var scheduled: [String] {
    let when =
      charge.dueAt <= around.now
      ? "It is due; the next tick"
      : """
      It is due at \(charge.dueAt.words); the tick after that
      """
    if let state = around.agreement, state != .active {
      return ["Its agreement is \(state.rawValue): it is not charged until that is active again."]
    }
    if let blocker = around.blocker {
      return [
        """
        It waits until \(blocker) of the same agreement is no longer recovering.
        """
      ]
    }
    guard let method = charge.paymentMethod else {
      return ["\(when) opens its recovery at once, because there is no payment method to charge."]
    }
    return ["\(when) charges \(report.method?.label ?? method.text)."]
  }

  private var unresolved: [String] {
    let attempt = report.attempts.last { $0.state == .unresolved || $0.state == .sending }
    if attempt?.isUnexecuted == true {
      return [
        "The attempt has never left this machine; the next tick sends it, unless something stands against it by then."
      ]
    }
    if charge.cancelRequested {
      return [
        "It was withdrawn: the next tick asks Stripe what became of the attempt, and never sends it again.",
        "If nobody can tell for over an hour, a person is told; once Stripe has forgotten its key, it is over.",
      ]
    }
    guard attempt?.mayResend != false else {
      return ["The next tick asks Stripe for it; it is not sent again, because Stripe's stored answer does not change."]
    }
    return [
      """
      The next tick asks Stripe for it, and sends the same request under the same key again until 20 hours have \
      passed.
      """,
      "If nobody can tell for over an hour, a person is told; it is never charged anew meanwhile.",
    ]
  }

  private var recovering: [String] {
    guard let recovery = report.recovery else { return ["The next tick opens its recovery."] }
    if charge.cancelRequested { return [] }
    return [retry(recovery), notice, link].compactMap(\.self)
      + ["The deadline is \(recovery.deadline.words): if it is still owed then, it becomes uncollectible."]
  }

  private func retry(_ recovery: RecoveryRecord) -> String {
    guard let at = recovery.nextRetryAt else {
      return """
        No retry is planned: \(recovery.noRetry?.words ?? "none is left"). The customer is next, through the link.
        """
    }
    let method = report.method?.label ?? "its payment method"
    return at <= around.now ? "The next tick retries \(method)." : "The tick after \(at.words) retries \(method)."
  }

  private var notice: String? {
    let waiting = report.notices.filter { $0.state == "planned" || $0.state == "queued" }
    return waiting.min { $0.dueAt < $1.dueAt }.map { notice in
      notice.dueAt <= around.now
        ? "The next tick sends the mail \(notice.kind.rawValue)."
        : "The next mail is \(notice.kind.rawValue), at \(notice.dueAt.words)."
    }
  }

  private var link: String {
    guard let checkout = report.checkout, checkout.state == .open else {
      return "No checkout is open now; the link, or the next tick, makes one."
    }
    return "Checkout \(checkout.number) is open until \(checkout.expiresAt.words)."
  }

  /// What is still to be done once it is paid or over.
  private var afterwards: [String] {
    var sentences: [String] = []
    if charge.disputedAt != nil { sentences.append("The customer disputes it: answer in Stripe's dashboard.") }
    guard charge.state == .paid else { return sentences }
    switch report.fulfillment?.state {
    case "delivered": sentences.append("Nothing: it is paid, and your system was told.")
    case nil: sentences.append("Nothing: it is paid.")
    default: sentences.append("It is paid; the next tick tells your system.")
    }
    return sentences
  }
}
