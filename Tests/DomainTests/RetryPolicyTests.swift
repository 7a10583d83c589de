import Domain
import Testing

@Suite struct RetryPolicyTests {
  static let start = Timestamp(seconds: 1_788_000_000)
  static let hour: Int64 = 3600
  static let day: Int64 = 86_400

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var policy = RetryPolicy.standard
    var verdict = Verdict(remedy: .wait, safeReason: .declined)
    var code: String? = "insufficient_funds"
    var attempts = 1
    var cardAttempts = 1
    /// Seconds after the last attempt.
    var deadline: Int64 = 14 * RetryPolicyTests.day
    var isBankDebit = false
    var zone = ScheduleZone.utc
    /// Seconds after the last attempt: a debit comes back days later.
    var failedAt: Int64 = 0
    /// Seconds after the last attempt; `nil`: not again.
    var at: Int64?
    var none: NoRetry?
    var testDescription: String { name }
  }

  static let losAngeles = (try? ScheduleZone(identifier: "America/Los_Angeles")) ?? .utc
  static func policy(_ hours: String) -> RetryPolicy {
    RetryPolicy(
      delays: [.days(1)], maxAttempts: 5, maxPerCard30Days: 15, hours: DayHours(parsing: hours))
  }
  static func policy(_ delays: [Duration], max: Int = 5) -> RetryPolicy {
    RetryPolicy(delays: delays, maxAttempts: max, maxPerCard30Days: 15)
  }
  /// `delays` are a day each; `own` are those after `insufficient_funds`.
  static func policy(_ delays: Int = 4, own: [Duration], max: Int = 5) -> RetryPolicy {
    RetryPolicy(
      delays: Array(repeating: .days(1), count: delays), maxAttempts: max, maxPerCard30Days: 15,
      delaysFor: ["insufficient_funds": own])
  }
  static func verdict(_ remedy: Remedy, _ stop: StopKind? = nil, cap: Int? = nil) -> Verdict {
    Verdict(remedy: remedy, stop: stop, safeReason: .declined, attemptCap: cap)
  }

  static let cases: [Case] = [
    Case(name: "second attempt after a day", attempts: 1, at: day),
    Case(name: "third three days later", attempts: 2, at: 3 * day),
    Case(name: "fourth four days later", attempts: 3, at: 4 * day),
    Case(name: "fifth five days later", attempts: 4, at: 5 * day),
    Case(name: "no sixth", attempts: 5, none: .attemptsUsedUp),
    Case(name: "fewer delays than attempts", policy: policy([.days(1)]), attempts: 2, none: .attemptsUsedUp),
    Case(name: "no delays, no retry", policy: policy([]), attempts: 1, none: .attemptsUsedUp),
    Case(
      name: "more delays than attempts", policy: policy([.days(1), .days(1), .days(1)], max: 2), attempts: 2,
      none: .attemptsUsedUp),
    Case(name: "an hour is stretched to a day", policy: policy([.hours(1)]), at: day),
    Case(name: "zero is stretched to a day", policy: policy([.zero]), at: day),
    Case(name: "36 hours are 36 hours", policy: policy([.hours(36)]), at: 36 * hour),
    Case(name: "a vague decline has its own cap", verdict: verdict(.wait, cap: 3), attempts: 2, at: 3 * day),
    Case(name: "and ends there", verdict: verdict(.wait, cap: 3), attempts: 3, none: .attemptsUsedUp),
    Case(
      name: "a cap above the policy's changes nothing", verdict: verdict(.wait, cap: 9), attempts: 5,
      none: .attemptsUsedUp),
    Case(name: "a bank debit's second retry", attempts: 2, isBankDebit: true, at: 3 * day),
    Case(name: "a bank debit has no third", attempts: 3, isBankDebit: true, none: .attemptsUsedUp),
    Case(
      name: "a debit that came back after four days waits a day more", isBankDebit: true, failedAt: 4 * day, at: 5 * day
    ),
    Case(name: "a card's answer that was found late does not", failedAt: 4 * hour, at: day),
    Case(name: "the card's fifteenth try was the last", cardAttempts: 15, none: .cardBudgetUsedUp),
    Case(name: "the fourteenth was not", cardAttempts: 14, at: day),
    Case(name: "none at the deadline", deadline: day, none: .pastDeadline),
    Case(name: "one right before it", deadline: day + 1, at: day),
    Case(name: "new details", verdict: verdict(.newDetails), none: .needsNewDetails),
    Case(name: "authenticate", verdict: verdict(.authenticate), none: .needsCustomer),
    Case(name: "lost", verdict: verdict(.stop, .otherMethodOnly), none: .stopped),
    Case(name: "fraud", verdict: verdict(.stop, .final), none: .stopped),
    Case(name: "our fault", verdict: verdict(.ourFault), none: .stopped),
    // It is 10:40 in UTC, and 3:40 in Los Angeles.
    Case(name: "at once within the hours", policy: policy("08:00-20:00"), at: day),
    Case(
      name: "in the morning if it would be at night there", policy: policy("08:00-20:00"), zone: losAngeles,
      at: day + 4 * hour + 20 * 60),
    Case(
      name: "before the deadline rather than in the morning", policy: policy("08:00-20:00"), deadline: day + 2 * hour,
      zone: losAngeles, at: day),
    // Delays of a code's own.
    Case(name: "a code's own delay", policy: policy(own: [.days(2), .days(6)]), attempts: 1, at: 2 * day),
    Case(name: "its second", policy: policy(own: [.days(2), .days(6)]), attempts: 2, at: 6 * day),
    Case(
      name: "its end, though delays go on", policy: policy(own: [.days(2), .days(6)]), attempts: 3,
      none: .attemptsUsedUp),
    Case(name: "it goes on where delays end", policy: policy(1, own: [.days(2), .days(6)]), attempts: 2, at: 6 * day),
    Case(name: "a code with an empty list is not retried", policy: policy(own: []), none: .attemptsUsedUp),
    Case(name: "its own hour is stretched to a day", policy: policy(own: [.hours(1)]), at: day),
    Case(
      name: "nor does it beat the most attempts", policy: policy(own: [.days(2), .days(2)], max: 2), attempts: 2,
      none: .attemptsUsedUp),
    Case(
      name: "nor a vague decline's cap", policy: policy(own: [.days(2), .days(2), .days(2)]),
      verdict: verdict(.wait, cap: 3), attempts: 3, none: .attemptsUsedUp),
    Case(
      name: "nor a bank debit's", policy: policy(own: [.days(2), .days(2), .days(2)]), attempts: 3, isBankDebit: true,
      none: .attemptsUsedUp),
    Case(
      name: "a debit that came back waits it from then", policy: policy(own: [.days(2)]), isBankDebit: true,
      failedAt: 4 * day, at: 6 * day),
    Case(name: "nor the card's budget", policy: policy(own: [.days(2)]), cardAttempts: 15, none: .cardBudgetUsedUp),
    Case(name: "nor the deadline", policy: policy(own: [.days(2)]), deadline: 2 * day, none: .pastDeadline),
    Case(
      name: "a code without a list uses the policy's", policy: policy(own: [.days(9)]), code: "processing_error",
      attempts: 3, at: day),
    Case(name: "and so does a decline without a code", policy: policy(own: [.days(9)]), code: nil, at: day),
    Case(
      name: "what advice has stopped stays stopped", policy: policy(own: [.days(2)]),
      verdict: verdict(.stop, .otherMethodOnly), none: .stopped),
    Case(
      name: "what advice wants new details for waits for them", policy: policy(own: [.days(2)]),
      verdict: verdict(.newDetails), none: .needsNewDetails),
  ]

  @Test(arguments: cases)
  func `when, or why not, a failed charge is tried again`(row: Case) {
    let decision = row.policy.decision(
      after: row.verdict,
      RetryContext(
        code: row.code, attempts: row.attempts, lastAttemptAt: Self.start,
        failedAt: Self.start + .seconds(row.failedAt), cardAttempts: row.cardAttempts,
        deadline: Self.start + .seconds(row.deadline), isBankDebit: row.isBankDebit, zone: row.zone))
    switch (row.at, row.none) {
    case (let at?, nil): #expect(decision == .at(Self.start + .seconds(at)))
    case (nil, let why?): #expect(decision == .none(why))
    default: Issue.record("a row says when or why not, and not both")
    }
  }
}
