extension Decline {
  /// What helps against this failure.
  ///
  /// Decided in this order, after HTTP status and error type have been: authentication; a block, a stop code or the
  /// advice never to try again; the advice that the card's details are wrong; the table; and what nobody knows waits,
  /// with a small cap. Advice beats the table, but never softens a stop.
  package var verdict: Verdict {
    var verdict = Self.judge(knownRows, advice: advice, isBlocked: isBlocked)
    if isUnknown, verdict == DeclineTable.vague { verdict.attemptCap = Self.unknownAttempts }
    verdict.isUnknown = isUnknown
    if isBankDebit, verdict.remedy == .wait {
      verdict.attemptCap = min(verdict.attemptCap ?? Self.bankDebitAttempts, Self.bankDebitAttempts)
    }
    return verdict
  }

  /// A first try and one retry, for what nobody knows.
  private static let unknownAttempts = 2
  /// A first try and the two retries that a bank debit is allowed.
  private static let bankDebitAttempts = 3

  private static func judge(_ rows: [Verdict], advice: Advice?, isBlocked: Bool) -> Verdict {
    if let authenticate = rows.first(where: { $0.remedy == .authenticate }) { return authenticate }
    let stops = rows.filter { $0.remedy == .stop }
    if isBlocked || stops.contains(where: { $0.stop == .final }) {
      return Verdict(remedy: .stop, stop: .final, safeReason: .declined)
    }
    if !stops.isEmpty || advice == .doNotTryAgain {
      return Verdict(remedy: .stop, stop: .otherMethodOnly, safeReason: .declined)
    }
    if advice == .confirmCardData {
      return rows.first { $0.remedy == .newDetails } ?? Verdict(remedy: .newDetails, safeReason: .detailsWrong)
    }
    return rows.first ?? DeclineTable.vague
  }

  /// Stripe's `advice_code`, as far as we act on it. `try_again_later` allows what `wait` does anyway.
  private enum Advice: String {
    case doNotTryAgain = "do_not_try_again"
    case confirmCardData = "confirm_card_data"
  }

  private var advice: Advice? { adviceCode.flatMap(Advice.init) }

  /// What the table says of the two codes, the telling one first: `decline_code` says more than `code`, unless it says
  /// no more than that the card was declined.
  private var knownRows: [Verdict] {
    let rows = [declineCode, code].compactMap { $0.flatMap(DeclineTable.verdict(of:)) }
    return rows.filter { $0 != DeclineTable.vague } + rows.filter { $0 == DeclineTable.vague }
  }

  /// The table lacks the code that says most.
  private var isUnknown: Bool { (declineCode ?? code).flatMap(DeclineTable.verdict(of:)) == nil }
}
