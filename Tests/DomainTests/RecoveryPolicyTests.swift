import Domain
import Testing

@Suite struct RecoveryPolicyTests {
  static let failure = Timestamp(seconds: 1_788_000_000)

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var reminders: [Int64] = [3, 7]
    var finalBefore: Int64 = 2
    var giveUpAfter: Int64 = 14
    /// `r3`: a reminder after 3 days, `f12`: the final notice after 12.
    var expected: String
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "the defaults", expected: "r3 r7 f12"),
    Case(name: "no reminders", reminders: [], expected: "f12"),
    Case(name: "a reminder on the day of the final notice is left out", reminders: [3, 12], expected: "r3 f12"),
    Case(name: "one after it as well", reminders: [3, 13], expected: "r3 f12"),
    Case(name: "one after the end too", reminders: [3, 20], expected: "r3 f12"),
    Case(name: "no notice at the deadline itself", finalBefore: 0, expected: "r3 r7"),
    Case(
      name: "a final notice that falls on the failure does not silence the reminders", reminders: [1], finalBefore: 3,
      giveUpAfter: 3, expected: "r1"),
    Case(name: "nor one before it", reminders: [1, 2], finalBefore: 5, giveUpAfter: 3, expected: "r1 r2"),
    Case(name: "a week", giveUpAfter: 7, expected: "r3 f5"),
  ]

  @Test(arguments: cases)
  func `what goes out by itself after the first notice`(row: Case) {
    let policy = RecoveryPolicy(
      checkoutLifetime: .hours(24), firstNotice: .atOnce, reminders: row.reminders.map { .days($0) },
      finalNoticeBefore: .days(row.finalBefore), giveUpAfter: .days(row.giveUpAfter), saveNewCard: true, then: .pause,
      whileRecovering: .wait)
    let notices = policy.laterNotices(firstFailure: Self.failure)
    let text = notices.map { "\($0.kind == .reminder ? "r" : "f")\(($0.dueAt - Self.failure).wholeSeconds / 86_400)" }
    #expect(text.joined(separator: " ") == row.expected)
    #expect(notices.allSatisfy { $0.dueAt < policy.deadline(firstFailure: Self.failure) })
  }

  @Test func `the deadline counts from the first failure`() {
    #expect(RecoveryPolicy.standard.deadline(firstFailure: Self.failure) == Self.failure + .days(14))
  }
}
