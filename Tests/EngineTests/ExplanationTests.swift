import Domain
import Storage
import TestSupport
import Testing

@testable import Engine

@Suite struct ExplanationTests {
  /// What the ledger stores beside each happening, as `Happening` documents it.
  static let details: [Happening: [String: String]] = [
    .created: ["by": "schedule"],
    .held: ["reason": "over_max_charge"],
    .approved: [:],
    .judged: ["as": "failed", "reason": "not in the dashboard"],
    .attemptWritten: ["number": "2", "method": "visa …4242, 04/2027", "retry": "yes"],
    .attemptConcluded: [
      "number": "1", "state": "declined", "code": "card_declined", "decline_code": "insufficient_funds",
      "network_decline_code": "51", "network_advice_code": "03", "remedy": "wait",
      "intent": "pi_1",
    ],
    .attemptResent: ["number": "1", "reason": "no answer"],
    .attemptTakenBack: ["number": "1"],
    .recoveryOpened: ["deadline": "2027-03-15T09:00:00Z", "reason": "wait"],
    .retryPlanned: ["at": "2027-03-02T09:00:00Z", "reason": "wait"],
    .noRetry: ["reason": "attempts_used_up"],
    .challengeOpened: ["number": "2", "intent": "pi_1"],
    .confirmationWritten: ["number": "2"],
    .retryChosen: ["at": "2027-03-28T12:00:00Z"],
    .foundAtStripe: ["number": "1", "intent": "pi_1", "state": "open"],
    .retryPostponed: ["reason": "checkout_in_use", "until": "2027-03-02T10:00:00Z"],
    .checkoutWritten: ["number": "1", "by": "customer"],
    .checkoutOpened: ["number": "1", "session": "cs_1", "expires": "2027-03-02T09:00:00Z"],
    .checkoutClosing: ["number": "1", "reason": "a retry is due"],
    .checkoutClosed: ["number": "1", "state": "expired"],
    .paid: ["by": "checkout", "intent": "pi_2", "session": "cs_1"],
    .processing: ["intent": "pi_1"],
    .processingFailed: ["reason": "the delayed payment came back"],
    .secondPayment: ["intent": "pi_3", "amount": "10.99 GBP"],
    .wrongAmount: ["amount": "1.00 GBP", "expected": "10.99 GBP", "intent": "pi_3"],
    .cancelRequested: ["reason": "admin"],
    .canceled: [:],
    .uncollectible: ["reason": "deadline"],
    .intentClosing: ["intent": "pi_1"],
    .intentClosed: ["intent": "pi_1", "state": "canceled"],
    .methodChanged: ["method": "pm_2", "reason": "paid with it"],
    .noticePlanned: ["kind": "reminder", "due": "2027-03-04T09:00:00Z"],
    .noticeSent: ["kind": "payment_failed", "to": "ada@example.com"],
    .noticeDropped: ["kind": "reminder", "reason": "paid"],
    .noticeDelayed: ["kind": "reminder", "reason": "451 later", "next": "2027-03-04T09:05:00Z"],
    .noticeRefused: ["kind": "reminder", "reason": "550 unknown"],
    .merchantTold: ["kind": "charge.paid"],
    .merchantNotTold: ["kind": "charge.paid", "reason": "503", "next": "2027-03-01T09:05:00Z"],
    .agreementPaused: ["reason": "admin"],
    .agreementResumed: [:],
    .agreementCanceled: [:],
    .agreementActivated: ["method": "pm_1"],
    .termsPlanned: ["amount": "12.99 GBP", "schedule": "every month at 09:00 UTC", "from": "2027-05-01"],
    .termsChanged: ["amount": "12.99 GBP", "schedule": "every month at 09:00 UTC", "from": "2027-05-01"],
    .periodSkipped: ["period": "2027-05-31"],
    .retryAsked: ["reason": "the 24 hours were waived"],
    .settled: ["reason": "cash, receipt 118"],
    .consentGiven: [
      "session": "cs_1", "given": "2027-03-01T09:00:00Z", "terms": "10.99 GBP every month at 09:00 UTC for Gold",
      "terms_of_service": "accepted", "promotions": "opt_out",
    ],
    .setupVerifying: ["session": "cs_1", "method": "us_bank_account …6789"],
    .setupFailed: ["session": "cs_1", "reason": "the deposits were named wrongly"],
    .setupRefused: ["session": "cs_1", "method": "visa …4242", "reason": "the card has expired"],
    .setupSuperseded: ["session": "cs_1", "method": "visa …4242"],
    .refundWritten: ["number": "1", "amount": "10.99 GBP", "intent": "pi_1"],
    .refundMade: ["number": "1", "refund": "re_1"],
    .refundRefused: ["number": "1", "reason": "it has gone back whole already"],
    .refunded: ["amount": "5.00 GBP", "received": "10.99 GBP", "intent": "pi_1"],
    .disputed: ["amount": "10.99 GBP", "intent": "pi_1"],
    .disputeClosed: ["intent": "pi_1"],
    .mandateEnded: ["mandate": "mandate_1", "method": "us_bank_account …6789"],
    .mandateRestored: ["mandate": "mandate_1", "method": "us_bank_account …6789"],
  ]

  @Test(arguments: Happening.allCases)
  func `every happening has a sentence that says all that was recorded`(what: Happening) throws {
    let detail = try #require(Self.details[what], "what is stored beside \(what) is not listed here")
    let sentence = HappeningSentence(detail: detail).text(of: what)
    #expect(sentence.hasSuffix("."))
    #expect(sentence.first?.isUppercase == true)
    #expect(!sentence.contains("not recorded"), "\(sentence)")
    for name in ["number", "session", "kind", "to", "amount", "expected", "method", "decline_code"] {
      if let value = detail[name] { #expect(sentence.contains(value), "\(name) is missing: \(sentence)") }
    }
  }

  @Test(arguments: Happening.allCases)
  func `a happening whose detail is lost still has a sentence`(what: Happening) {
    let sentence = HappeningSentence(detail: [:]).text(of: what)
    #expect(sentence.hasSuffix(".") && sentence.count > 10)
  }

  @Test(arguments: [
    (Happening.attemptConcluded, ["number": "1", "state": "succeeded"], "Attempt 1 succeeded."),
    (
      .attemptConcluded, ["number": "1", "state": "declined", "code": "card_declined", "remedy": "wait"],
      "Attempt 1 was declined (card_declined); waiting may help."
    ),
    (
      .attemptConcluded, ["number": "2", "state": "unresolved", "reason": "timeout"],
      "Attempt 2 has no answer that counts (timeout): nobody knows yet whether it was charged."
    ),
    (
      .retryPlanned, ["at": "2027-03-02T09:00:59Z", "reason": "wait"],
      "A retry was planned for 2027-03-02 09:00 UTC, by the retry policy."
    ),
    (
      .retryPlanned, ["at": "2027-03-02T09:00:00Z", "reason": "new_method"],
      "A retry was planned for 2027-03-02 09:00 UTC, because the customer saved another payment method."
    ),
    (.noRetry, ["reason": "needs_customer"], "No further retry: the bank wants the customer."),
    (.paid, ["by": "off_session", "intent": "pi_1"], "Paid off session (pi_1)."),
    (.uncollectible, ["reason": "stop"], "Given up at once: the card was stopped (fraud, or consent revoked)."),
    (.created, ["by": "admin"], "Created by a person."),
    (.created, ["by": "cs_1"], "Created from the customer's consent in cs_1."),
  ])
  func `a decision is told with its reason`(what: Happening, detail: [String: String], expected: String) {
    #expect(HappeningSentence(detail: detail).text(of: what) == expected)
  }
}

@Suite struct ProspectTests {
  @Test func `what was withdrawn while it had no answer is said not to be sent again`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_visa")
    world.network.fail("/v1/payment_intents", .requestLost, count: 3)
    try await world.tick()
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    let next = try world.next(charge).joined(separator: " ")
    #expect(next.contains("never sends it again") && !next.contains("until 20 hours"), "\(next)")
  }

  @Test(arguments: [
    (ChargeState.attempting, "An attempt is on its way"), (.unresolved, "The next tick asks Stripe for it"),
    (.processing, "The bank is next. Stripe is asked daily"),
    (.uncollectible, "Nothing more is tried. Money that still"),
    (.canceled, "Nothing more is tried. Money that still"),
  ])
  func `who is next is said in every state`(state: ChargeState, words: String) async throws {
    let world = try World()
    let charge: ChargeID
    switch state {
    case .attempting:
      charge = try await world.owe(card: "pm_card_visa")
      _ = try await world.engine.readEvents(since: nil)
      _ = try world.claimAndDie()
    case .unresolved:
      charge = try await world.owe(card: "pm_card_visa")
      world.network.fail("/v1/payment_intents", .requestLost, count: 3)
      try await world.tick()
    case .processing:
      let (customer, bank) = try await world.bankCustomer("pm_usBankAccount_success")
      charge = try await world.owe(by: customer, with: bank, key: "debit")
      try await world.tick()
    case .uncollectible:
      charge = try await world.owe(card: "pm_card_chargeCustomerFail")
      try await world.tick()
      for _ in 0..<16 { try await world.tick(after: .days(1)) }
    default:
      charge = try await world.owe(card: "pm_card_visa")
      _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
      try await world.tick()
    }
    try #require(try world.state(charge) == state)
    let next = try world.next(charge)
    #expect(next.first?.hasPrefix(words) == true, "\(next)")
  }

  @Test func `a declined charge's story ends with who is next`() async throws {
    let world = try World()
    let charge = try await world.owe(card: "pm_card_chargeCustomerFail")
    #expect(try world.next(charge).first?.hasPrefix("It is due; the next tick charges visa …0341") == true)
    try await world.tick()
    let next = try world.next(charge)
    #expect(next.first?.hasPrefix("The tick after 2026-09-01 12:00 UTC retries visa …0341") == true)
    #expect(next.contains { $0.hasPrefix("The next mail is reminder") })
    #expect(next.contains { $0.hasPrefix("Checkout 1 is open until") })
    #expect(next.last == "The deadline is 2026-09-14 12:00 UTC: if it is still owed then, it becomes uncollectible.")
    _ = try await world.engine.settle(try world.pay(charge))
    #expect(try world.next(charge) == ["It is paid; the next tick tells your system."])
    try await world.tick(after: .minutes(1))
    #expect(try world.next(charge) == ["Nothing: it is paid, and your system was told."])
    let story = try world.story(charge).history.map(\.text)
    #expect(story.first == "Created by a person.")
    #expect(story.contains { $0.hasPrefix("Attempt 1 was declined (card_declined") })
    #expect(story.contains { $0.hasPrefix("Paid by the customer through Checkout") })
    #expect(story.allSatisfy { !$0.contains("not recorded") }, "\(story)")
  }

  @Test func `what stands in the way is said before what would happen`() async throws {
    let world = try World()
    let (customer, method) = try await world.customer("pm_card_visa")
    let charge = try await world.owe(by: customer, with: method, key: "k1")
    let paused = Explanation.Surroundings(now: world.clock.now, agreement: .paused, blocker: nil)
    #expect(try Explanation(world.report(charge), surroundings: paused).next.first?.contains("paused") == true)
    let blocked = Explanation.Surroundings(now: world.clock.now, agreement: .active, blocker: "chg_other")
    #expect(try Explanation(world.report(charge), surroundings: blocked).next.first?.contains("chg_other") == true)
    let bare = try await world.owe(by: customer, with: nil, key: "k2")
    #expect(try world.next(bare).first?.contains("no payment method") == true)
    _ = try world.ledger.requestCancel(charge, reason: "admin", at: world.clock.now)
    #expect(try world.next(charge).first?.hasPrefix("It is withdrawn") == true)
  }
}

extension World {
  fileprivate func story(_ id: ChargeID) throws -> Explanation {
    Explanation(
      try report(id), surroundings: Explanation.Surroundings(now: clock.now, agreement: nil, blocker: nil))
  }

  fileprivate func next(_ id: ChargeID) throws -> [String] { try story(id).next }
}
