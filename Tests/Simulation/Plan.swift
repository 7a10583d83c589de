import Domain

/// What kind of a world a seed makes: how large, how long, how bad.
package struct Plan: Sendable {
  package enum Webhooks: String, Sendable, CaseIterable { case none, prompt, chaotic }

  /// Stripe cannot be reached, or does not work, for a while.
  struct Outage: Sendable {
    /// Since the world began.
    let fromHours: Int
    let length: Duration
    let fault: WireFault
    /// Reading goes on; only what changes something fails.
    let isOfWritesOnly: Bool
  }

  package let seed: UInt64
  /// One-offs and agreements at the start.
  var oneOffs: Int
  var agreements: Int
  var customers: Int
  var days: Int
  var hasPages: Bool
  var webhooks: Webhooks
  /// Of a thousand calls, those that meet a fault.
  var faultsPerMille: Int
  /// Kinds of call that meet more faults than the others, so that rare ones meet them at all.
  var aimed: [CallKind: Int]
  /// Of a thousand processes, those that die.
  var crashesPerMille: Int
  var interjectionsPerMille: Int
  /// Of a thousand ticks, those whose clock is wrong.
  var skewsPerMille: Int
  /// Of a thousand mails and messages, those that go wrong.
  var outboxFaultsPerMille: Int
  /// From the start, in hours, and how long.
  var outages: [Outage]
  var maxPerCard: Int
  var jobs: [Job]
  var policy: ChargePolicy
  var maxInFlight: Int
  var catchUp: Duration
  var maxCharge: [Currency: Int64]
  var maxTickTotal: [Currency: Int64]
  var stopAtDeclines: Int?
  /// Hours since the beginning at which the disk is full for an hour.
  var fullDisks: [Int]
  var diskFailuresPerMille: Int
  /// An older copy of the ledger is put in its place once or twice.
  var isRestored: Bool
  var notices: NoticeTiming
  /// Where most processes of this world wait to die.
  var lurking: Lurking?

  /// A cell of the table of coverage that is met by chance too seldom.
  struct Lurking: Sendable {
    let kind: EffectKind
    let state: String
  }

  package init(seed: UInt64, _ chance: Chance, size: WorldSize) throws {
    self.seed = seed
    let isQuiet = chance.happens(60)
    oneOffs = chance.int(size.oneOffs)
    agreements = chance.int(size.agreements)
    customers = chance.int(2...max(3, (oneOffs + agreements) / 2))
    days = chance.int(size.days)
    hasPages = chance.happens(600)
    webhooks = hasPages ? chance.pick(Webhooks.allCases) : .none
    faultsPerMille = isQuiet ? 0 : chance.pick([30, 80, 150, 250, 400])
    aimed = isQuiet || chance.happens(200) ? [:] : Self.aimed(chance)
    crashesPerMille = isQuiet ? 0 : chance.pick([150, 300, 600])
    interjectionsPerMille = chance.pick([0, 20, 100, 300])
    skewsPerMille = isQuiet ? 0 : chance.pick([50, 100, 150])
    outboxFaultsPerMille = isQuiet ? 0 : chance.pick([0, 50, 200])
    let span = days
    outages = (0..<(isQuiet ? 0 : chance.int(0...2))).map { _ in
      Outage(
        fromHours: chance.int(0...(span * 24)),
        length: chance.pick([.minutes(1), .hours(1), .hours(23), .hours(25), .days(9)]),
        fault: chance.pick([.refused, .requestLost, .failsBefore, .rateLimited, .answerLost, .failsAfter]),
        isOfWritesOnly: chance.happens(400))
    }
    maxPerCard = chance.pick([15, 15, 6])
    let retry = RetryPolicy(
      delays: chance.pick([[.days(1), .days(3), .days(4), .days(5)], [.days(1), .days(1), .days(2)], [.hours(30)]]),
      maxAttempts: chance.pick([5, 4, 2]), maxPerCard30Days: maxPerCard,
      hours: chance.happens(300) ? DayHours(parsing: "08:00-20:00") : nil,
      delaysFor: chance.happens(300) ? ["insufficient_funds": [.days(2), .days(5)], "processing_error": []] : [:])
    policy = ChargePolicy(retry: retry, recovery: Self.recovery(chance))
    jobs = try Self.jobs(chance, retry)
    maxInFlight = chance.pick([1, 4, 8])
    catchUp = chance.pick([.days(3), .days(3), .hours(30)])
    maxCharge = chance.happens(200) ? [.usd: 6000] : [:]
    maxTickTotal = chance.happens(150) ? [.usd: 12_000, .jpy: 9000] : [:]
    stopAtDeclines = chance.happens(150) ? 300 : nil
    fullDisks = isQuiet || chance.happens(600) ? [] : (0...2).map { _ in chance.int(0...(span * 24)) }
    diskFailuresPerMille = isQuiet ? 0 : chance.pick([0, 0, 2, 10])
    isRestored = chance.happens(200)
    notices = chance.happens(500) ? .off : Self.notices(chance)
    lurking = isQuiet || chance.happens(250) ? nil : chance.pick(weighted: Self.seldomMet)
    makePossible(chance)
  }

  /// How much more often than by chance processes must wait in a cell, so that all are met about as often.
  private static let seldomMet: [(Int, Lurking)] =
    [
      (6, "scheduled"), (4, "held"), (5, "attempting"), (10, "unresolved"), (10, "processing"), (9, "uncollectible"),
      (8, "canceled"), (1, "paid"), (1, "recovering"),
    ].map { ($0, Lurking(kind: .mail, state: $1)) }
    + [
      (8, "scheduled"), (2, "held"), (3, "attempting"), (19, "unresolved"), (6, "processing"), (2, "recovering"),
      (12, "canceled"),
      (1, "uncollectible"),
    ].map { ($0, Lurking(kind: .merchant, state: $1)) }
    + [
      (18, "scheduled"), (3, "held"), (1, "uncollectible"), (8, "canceled"), (4, "processing"), (3, "unresolved"),
      (1, "attempting"),
    ].map { ($0, Lurking(kind: .http, state: $1)) }
    + [
      (4, "scheduled"), (1, "held"), (3, "unresolved"), (1, "processing"), (2, "uncollectible"), (10, "canceled"),
    ].map { ($0, Lurking(kind: .ledger, state: $1)) }

  func isLurking(at kind: EffectKind, _ state: String) -> Bool { lurking?.kind == kind && lurking?.state == state }

  /// What a charge can only be led to by our own pages, by mails ahead, or by a lifted fence is possible in this world.
  private mutating func makePossible(_ chance: Chance) {
    guard let lurking else { return }
    switch (lurking.kind, lurking.state) {
    case (.mail, "scheduled"):
      notices = NoticeTiming(
        upcomingCharge: .days(2), cardExpiring: notices.cardExpiring, quietHours: notices.quietHours)
    case (.http, "scheduled"): isRestored = true
    // What staff has charged wrongly is given back before its charge is due.
    case (.merchant, "scheduled"): break
    default: hasPages = true
    }
    if hasPages, webhooks == .none { webhooks = chance.pick(Webhooks.allCases) }
  }

  /// What fails for a day leads to calls that are made for no other reason: lists that look for what may be there.
  private static func aimed(_ chance: Chance) -> [CallKind: Int] {
    let pair = chance.pick(weighted: [
      (5, (CallKind.createCustomer, CallKind.listCustomers)), (4, (.createRefund, .listRefunds)),
      (1, (.createIntent, .listIntents)), (1, (.createSession, .listSessions)),
    ])
    switch chance.int(0...9) {
    case 0...3: return [pair.0: chance.pick([700, 950]), pair.1: chance.pick([500, 800])]
    case 4: return [.readSetup: chance.pick([500, 900]), .attachMethod: chance.pick([500, 900])]
    case 5...6:
      return Dictionary(
        [CallKind.expireSession, .confirmIntent, .listItems, .listSessions].map { ($0, chance.pick([500, 800])) },
        uniquingKeysWith: max)
    default:
      let kinds = chance.happens(500) ? CallKind.rare : CallKind.rarest
      return Dictionary((0...2).map { _ in (chance.pick(kinds), chance.pick([200, 500, 800])) }, uniquingKeysWith: max)
    }
  }

  private static func notices(_ chance: Chance) -> NoticeTiming {
    NoticeTiming(
      upcomingCharge: chance.happens(600) ? .days(2) : nil, cardExpiring: chance.happens(600) ? .days(30) : nil,
      quietHours: chance.happens(500) ? DayHours(parsing: "21:00-08:00") : nil)
  }

  private static func recovery(_ chance: Chance) -> RecoveryPolicy {
    RecoveryPolicy(
      checkoutLifetime: chance.pick([.hours(24), .hours(1)]),
      firstNotice: chance.pick(RecoveryPolicy.FirstNotice.allCases), reminders: [.days(3), .days(7)],
      finalNoticeBefore: .days(2), giveUpAfter: chance.pick([.days(14), .days(10), .days(5)]),
      saveNewCard: chance.happens(800), then: chance.pick(RecoveryPolicy.Then.allCases),
      whileRecovering: chance.pick(RecoveryPolicy.WhileRecovering.allCases))
  }

  private static func jobs(_ chance: Chance, _ retry: RetryPolicy) throws -> [Job] {
    let intervals: [(String, Interval)] = [
      ("daily", Interval(count: 3, unit: .day)), ("weekly", Interval(count: 1, unit: .week)),
      ("gold", Interval(count: 1, unit: .month)),
    ]
    return try intervals.map { name, every in
      Job(
        name: name, description: "\(name) membership",
        money: Money(amount: Int64(chance.int(2...9) * 550), currency: .usd), statementDescriptorSuffix: nil,
        schedule: Schedule(
          every: every, at: try LocalTime(parsing: chance.pick(["09:00", "00:00", "23:30"])),
          zone: try ScheduleZone(identifier: "UTC"),
          end: chance.happens(200) ? .count(chance.int(1...4)) : nil), missed: chance.pick(Job.Missed.allCases),
        policy: ChargePolicy(retry: retry, recovery: recovery(chance)))
    }
  }

  /// Faults are aimed at calls that only setups make.
  var wantsGuests: Bool {
    !Set([.createCustomer, .listCustomers, .attachMethod, .readSetup, .createSetup]).isDisjoint(with: aimed.keys)
  }

  package var description: String {
    "\(oneOffs) one-offs, \(agreements) agreements, \(customers) customers, \(days) days, pages \(hasPages), "
      + "webhooks \(webhooks), faults \(faultsPerMille)‰, crashes \(crashesPerMille)‰, outages "
      + outages.map {
        "\($0.fault.rawValue)\($0.isOfWritesOnly ? " of writes" : "") from hour \($0.fromHours) for \($0.length)"
      }.joined(separator: ", ")
  }
}

/// How large worlds may be.
package struct WorldSize: Sendable {
  package var oneOffs: ClosedRange<Int>
  package var agreements: ClosedRange<Int>
  package var days: ClosedRange<Int>

  package static let whole = WorldSize(oneOffs: 6...40, agreements: 2...10, days: 7...42)
  /// For `make test`: many small ones find more than a few large ones.
  package static let small = WorldSize(oneOffs: 2...5, agreements: 1...1, days: 7...11)
}
