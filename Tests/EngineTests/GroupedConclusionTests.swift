import Dispatch
import Domain
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

@testable import Engine

/// What has been answered together is concluded together, and nobody can tell afterwards.
@Suite struct GroupedConclusionTests {
  /// One of each outcome that an attempt can have, each of another customer with another card.
  private static let outcomes = [
    Part(card: "pm_card_visa", state: .paid),
    Part(card: "pm_card_mastercard", decline: "insufficient_funds", state: .recovering),
    Part(card: "pm_card_amex", decline: "expired_card", state: .recovering),
    Part(card: "pm_card_authenticationRequired", state: .recovering),
    Part(card: "pm_card_discover", decline: "lost_card", state: .recovering),
    Part(card: "pm_card_diners", decline: "fraudulent", state: .uncollectible),
    Part(card: "pm_card_jcb", amount: 10, state: .held),
    Part(card: "pm_usBankAccount_success", isBank: true, state: .processing),
    // Stripe charges it, and says that it does not know.
    Part(card: "pm_card_visa_debit", state: .unresolved),
  ]

  /// - Parameter failing: the step of the ledger that fails once, counted from when the answers have come: 0 is before the
  ///   commit of all, 1 after it; `nil`: none.
  @Test(arguments: [nil, 0, 1] as [Int?])
  func `answers that come together lead to what each would alone, whether or not their commit works at once`(
    failing: Int?
  ) async throws {
    let alone = try await conclude(together: 1, failing: nil)
    let all = try await conclude(together: Self.outcomes.count, failing: failing)
    #expect(all.states == Self.outcomes.map(\.state))
    #expect(all.picture == alone.picture)
    #expect(all.numbers == alone.numbers)
    if failing != 0 { #expect(all.leftByFirstCommit == 0, "one commit for all of them") }
  }

  /// All of them due at once, and then a quarter of an hour.
  private func conclude(together count: Int, failing: Int?) async throws -> Ending {
    let world = try World { $0.maxInFlight = count }
    let charges = try await world.due(Self.outcomes)
    let silent = try #require(charges.last)
    let left = LockedList<Int>()
    let process = try Together(
      world, answers: count,
      retell: { request, response in
        guard request.isAttempt(of: silent) else { return response }
        return HTTPResponse(
          status: 500, headers: [HTTPHeader("Stripe-Should-Retry", "false")], body: Data("{}".utf8))
      },
      fate: { step in
        if step.sinceAnswers == 1 {
          left.append([try world.ledger.status(at: world.clock.now).charges[.attempting] ?? 0])
        }
        if let failing, step.sinceAnswers == failing { return .fails }
        return .works
      })
    let report = try await process.tick()
    try process.close()
    #expect(report.stoppedPasses == [] && report.errors == 0)
    let ending = Ending(
      states: try charges.map { try world.state($0) }, picture: try world.picture(of: charges),
      numbers: [
        report.attempted, report.paid, report.processing, report.declined, report.unresolved, report.held,
        report.linksCreated, report.emailsSent, report.fulfilled,
      ], leftByFirstCommit: left.all.first)
    for _ in 0..<3 { #expect(try await world.tick(after: .minutes(5)).errors == 0) }
    #expect(try world.state(silent) == .paid)
    for charge in charges { #expect(try world.successes(of: charge) == (world.state(charge) == .paid ? 1 : 0)) }
    #expect(try world.merchant.messages("charge.paid").count == 2)
    #expect(world.violations.all == [])
    return ending
  }

  /// What is known already is not said again (law 9: history is read by people).
  @Test func `a success whose commit only seemed to fail is told once`() async throws {
    let world = try World()
    let charges = try await world.due([
      Part(card: "pm_card_visa", state: .paid), Part(card: "pm_card_mastercard", state: .paid),
    ])
    let process = try Together(
      world, answers: 2, retell: { $1 }, fate: { $0.sinceAnswers == 1 ? .fails : .works })
    try await process.tick()
    try process.close()
    for charge in charges {
      #expect(try world.state(charge) == .paid)
      #expect(try world.happenings(charge).count { $0 == .attemptConcluded } == 1)
    }
  }

  @Test func `an answer that cannot be concluded keeps none of the others from it, and the pass stops`() async throws {
    let world = try World { $0.maxInFlight = 4 }
    let charges = try await world.due([
      Part(card: "pm_card_visa", state: .paid), Part(card: "pm_card_mastercard", state: .paid),
      Part(card: "pm_card_amex", decline: "insufficient_funds", state: .recovering),
      Part(card: "pm_card_discover", state: .paid), Part(card: "pm_card_diners", state: .paid),
      Part(card: "pm_card_jcb", state: .paid),
    ])
    let odd = charges[1]
    let process = try Together(
      world, answers: 4,
      retell: { request, response in
        guard request.isAttempt(of: odd) else { return response }
        // The ledger refuses to have received less than nothing.
        let text = String(decoding: response.body, as: UTF8.self)
        let told = text.replacing("\"amount_received\":1099", with: "\"amount_received\":-1099")
        return HTTPResponse(status: response.status, headers: response.headers, body: Data(told.utf8))
      }, fate: { _ in .works })
    let report = try await process.tick()
    try process.close()
    #expect(report.stoppedPasses.count == 1 && report.stoppedPasses.allSatisfy { $0.hasPrefix("charge: ") })
    #expect(!report.isWhole)
    #expect(report.attempted == 4 && report.paid == 2 && report.declined == 1)
    #expect(
      try charges.map { try world.state($0) } == [.paid, .attempting, .recovering, .paid, .scheduled, .scheduled])
    for _ in 0..<2 { #expect(try await world.tick(after: .minutes(2)).errors == 0) }
    #expect(try charges.map { try world.state($0) } == [.paid, .paid, .recovering, .paid, .paid, .paid])
    #expect(world.network.requests.count { $0.isAttempt(of: odd) } == 1, "found by asking")
    for charge in charges {
      #expect(try world.successes(of: charge) == (world.state(charge) == .paid ? 1 : 0))
      #expect(try world.happenings(charge).count { $0 == .attemptConcluded } == 1)
    }
    #expect(try world.merchant.messages("charge.paid").count == 5)
  }

  /// Law 10: before or after any commit of the tick, all of which follow one claim and one conclusion of four.
  @Test(arguments: 0..<44)
  func `killed at any step of the ledger, each is charged once and concluded once`(at moment: Int) async throws {
    let parts = [
      Part(card: "pm_card_visa", state: .paid),
      Part(card: "pm_card_mastercard", decline: "insufficient_funds", state: .recovering),
      Part(card: "pm_card_authenticationRequired", state: .recovering), Part(card: "pm_card_discover", state: .paid),
    ]
    let world = try World()
    let charges = try await world.due(parts)
    let process = try Together(
      world, answers: 4, retell: { $1 }, fate: { $0.number == moment ? .dies : .works })
    do { try await process.tick() } catch is StoryError {}
    try process.close()
    for _ in 0..<3 { #expect(try await world.tick(after: .minutes(2)).errors == 0) }
    for (charge, part) in zip(charges, parts) {
      let report = try world.report(charge)
      let isPaid = part.state == .paid
      #expect(report.charge.state == part.state)
      #expect(try world.successes(of: charge) == (isPaid ? 1 : 0))
      #expect(report.attempts.count == 1)
      #expect(report.history.count { $0.what == .attemptConcluded } == 1)
      #expect(report.fulfillment?.state == (isPaid ? "delivered" : nil))
      #expect((report.recovery == nil) == isPaid)
      let sent = world.network.requests.filter { $0.isAttempt(of: charge) }
      #expect(Set(sent.map(\.body)).count == 1)
    }
    #expect(world.violations.all == [])
  }

  @Test func `an answer raises the fence: what is on its way is concluded, and nothing more claimed`() async throws {
    let world = try World { $0.maxInFlight = 4 }
    let charges = try await world.due(Array(repeating: Part(card: "pm_card_visa", state: .paid), count: 10))
    let used = charges[1]
    let process = try Together(
      world, answers: 4,
      retell: { request, response in
        guard request.isAttempt(of: used) else { return response }
        return .stripe(400, #"{"error":{"type":"idempotency_error","message":"Keys can only be used once"}}"#)
      }, fate: { _ in .works })
    let report = try await process.tick()
    try process.close()
    #expect(try world.ledger.fence() != nil)
    #expect(report.stoppedPasses.contains { $0.hasPrefix("charge: ") })
    #expect(report.attempted == 4 && report.paid == 3 && report.held == 1)
    #expect(try charges.prefix(4).map { try world.state($0) } == [.paid, .held, .paid, .paid])
    for charge in charges.dropFirst(4) {
      #expect(try world.state(charge) == .scheduled && world.report(charge).attempts.isEmpty)
    }
  }

  @Test func `a customer whose answer is not concluded yet is not charged for anything else`() async throws {
    let world = try World()
    for n in 0..<3 {
      let (customer, method) = try await world.customer("pm_card_visa", email: "n\(n)@example.com")
      for m in 0..<3 { _ = try await world.owe(by: customer, with: method, key: "k\(n) \(m)") }
    }
    let seen = LockedList<Int>()
    let process = try Together(
      world, answers: 3,
      retell: { request, response in
        let fields = String(decoding: request.body, as: UTF8.self).split(separator: "&")
        let customer = fields.first { $0.hasPrefix("customer=") }?.dropFirst("customer=".count)
        do {
          let attempting = try world.ledger.reports(
            state: .attempting, customer: CustomerID(String(customer ?? "")), email: nil, since: nil, limit: 9)
          seen.append([attempting.count])
        } catch {
          Issue.record("\(error)")
        }
        return response
      }, fate: { _ in .works })
    let report = try await process.tick()
    try process.close()
    #expect(report.paid == 9 && report.errors == 0)
    #expect(seen.all == Array(repeating: 1, count: 9))
  }

  @Test func `behind the attempt that stops the tick there are no more than are in flight`() async throws {
    let inFlight = 8
    let world = try World {
      $0.maxInFlight = inFlight
      $0.stopAtDeclinesPerMille = 500
      $0.policy.retry.maxPerCard30Days = 1000
    }
    _ = try await world.due(Array(repeating: Part(card: "pm_card_chargeCustomerFail", state: .recovering), count: 40))
    let report = try await world.tick()
    #expect(report.errors == 1 && report.matters.map(\.kind) == [.tickStopped])
    #expect(report.declined == report.attempted)
    #expect(report.attempted >= SendingLimits.answersBeforeRate)
    #expect(report.attempted < SendingLimits.answersBeforeRate + inFlight)
  }

  /// `serve --tick-every` is told to stop, and has waited for as long as it may.
  @Test func `a tick that is canceled ends, and what it has not sent stays due`() async throws {
    let world = try World { $0.maxInFlight = 2 }
    let charges = try await world.due(Array(repeating: Part(card: "pm_card_visa", state: .paid), count: 8))
    let clock = world.clock
    let wall = WallClock(
      now: { clock.now },
      sleep: {
        try Task.checkCancellation()
        clock.advance(by: $0)
      })
    let running = Locked<Task<TickReport, any Error>?>(nil)
    let wire = world.network.http
    let http = HTTPClient { request async throws(TransportError) in
      if request.isCharge {
        let task = running.withLock { $0 }
        task?.cancel()
      }
      if Task.isCancelled { throw .notSent("canceled") }
      return try await wire.send(request)
    }
    let engine = world.engine.with(
      stripe: World.stripe(http, wall, serverTime: world.engine.stripe.serverTime), clock: wall)
    let task: Task<TickReport, any Error> = running.withLock { slot in
      let task = Task { try await engine.tick(limit: nil) }
      slot = task
      return task
    }
    let report = try await task.value
    #expect(report.paid == 0)
    #expect(report.attempted <= 4, "it goes on claiming what cannot be sent any more")
    #expect(!report.isWhole, "something is due that was not sent")
    #expect(try charges.count { try world.state($0) == .scheduled } >= 4)
    for _ in 0..<2 { #expect(try await world.tick(after: .minutes(2)).errors == 0) }
    for charge in charges { #expect(try world.state(charge) == .paid && world.successes(of: charge) == 1) }
  }
}

/// A charge of a story, and what it comes to.
private struct Part: Sendable {
  var card: String
  var decline: String?
  var amount: Int64 = 1099
  var isBank = false
  var state: ChargeState
}

private struct Ending {
  var states: [ChargeState]
  var picture: [String]
  var numbers: [Int]
  /// Attempts that the first commit after the answers has not concluded.
  var leftByFirstCommit: Int?
}

extension World {
  /// Each due a second after the one before.
  fileprivate func due(_ parts: [Part]) async throws -> [ChargeID] {
    var charges: [ChargeID] = []
    for (n, part) in parts.enumerated() {
      let email = "n\(n)@example.com"
      let (customer, method) =
        try await part.isBank ? bankCustomer(part.card, email: email) : self.customer(part.card, email: email)
      if let decline = part.decline {
        try sandbox.setBehavior(of: method.text, .declinesCharges(SandboxDecline(decline)))
      }
      charges.append(try await owe(part.amount, by: customer, with: method, key: "k\(n)"))
      clock.advance(by: .seconds(1))
    }
    return charges
  }

  /// What people and the merchant see of charges that had one attempt each, without ids and times. That an attempt is
  /// noted as concluded once more is not looked at.
  fileprivate func picture(of charges: [ChargeID]) throws -> [String] {
    var lines: [String] = []
    for id in charges {
      let report = try report(id)
      let history = report.history.map(\.what)
      let first = history.firstIndex(of: .attemptConcluded)
      let told = history.indices.filter { history[$0] != .attemptConcluded || $0 == first }.map { history[$0].rawValue }
      let recovery = report.recovery.map {
        "\($0.nextRetryAt == nil ? "no retry" : "retry"), \(String(describing: $0.noRetry)), \($0.otherMethodOnly)"
      }
      let notices = report.notices.map { "\($0.kind.rawValue) \($0.state)" }
      let attempts = report.attempts.map { "\($0.state.rawValue) \($0.isUnexecuted)" }
      lines.append(
        "\(report.charge.state) \(attempts) \(recovery ?? "no recovery") \(notices) "
          + "\(report.checkout?.state.rawValue ?? "no checkout") \(told)")
    }
    for kind in ["charge.paid", "charge.recovering", "charge.processing", "charge.uncollectible"] {
      let messages = try merchant.messages(kind)
      lines.append("\(kind): \(messages.count)")
    }
    let matters = try matters().map(\.rawValue).sorted()
    lines.append("mails: \(mailbox.all.count), \(matters)")
    return lines
  }
}

/// A process whose first answers to charges are held back until so many have come, and then come together; on one thread,
/// where all of them are handed over before anybody looks.
private final class Together: Sendable {
  /// A step of the ledger, before it or after its commit.
  struct Step: Sendable {
    /// From 0.
    let number: Int
    /// From 0, counted from when the answers have come.
    let sinceAnswers: Int?
  }

  enum Fate {
    case works, fails
    /// And with it the process: nothing of it has any effect any more.
    case dies
  }

  private let engine: Engine
  private let thread = OneThread()

  init(
    _ world: World, answers count: Int, retell: @escaping @Sendable (HTTPRequest, HTTPResponse) -> HTTPResponse,
    fate: @escaping @Sendable (Step) throws -> Fate
  ) throws {
    let gate = Gate(count)
    let isDead = Locked(false)
    let (steps, stepsSince) = (Count(), Count())
    let ledger = try Ledger.open(
      path: world.ledger.path, place: World.place, now: world.clock.now,
      watch: { _ in
        if isDead.withLock({ $0 }) { throw StoryError("killed before") }
        let step = Step(number: steps.next(), sinceAnswers: gate.isOpen ? stepsSince.next() : nil)
        switch try fate(step) {
        case .works: break
        case .fails: throw StoryError("\(step) fails")
        case .dies:
          isDead.withLock { $0 = true }
          throw StoryError("killed at \(step)")
        }
      }, newID: { world.ledger.id })
    let wire = world.network.http
    let http = HTTPClient { request async throws(TransportError) in
      if isDead.withLock({ $0 }) { throw .notSent("killed before") }
      let response = try await wire.send(request)
      guard request.isCharge else { return response }
      await gate.pass()
      return retell(request, response)
    }
    engine = world.engine.with(
      ledger: ledger,
      stripe: World.stripe(http, world.engine.clock, serverTime: world.engine.stripe.serverTime))
  }

  @discardableResult
  func tick() async throws -> TickReport {
    let engine = engine
    return try await Task(executorPreference: thread) { try await engine.tick(limit: nil) }.value
  }

  func close() throws { try engine.ledger.close() }
}

/// Nobody passes before so many have come.
private final class Gate: Sendable {
  private struct State: Sendable {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let count: Int
  private let state = Locked(State())

  init(_ count: Int) { self.count = count }

  var isOpen: Bool { state.withLock { $0.isOpen } }

  func pass() async {
    await withCheckedContinuation { (one: CheckedContinuation<Void, Never>) in
      let free: [CheckedContinuation<Void, Never>] = state.withLock { state in
        state.waiting.append(one)
        state.isOpen = state.isOpen || state.waiting.count == count
        guard state.isOpen else { return [] }
        defer { state.waiting = [] }
        return state.waiting
      }
      for one in free { one.resume() }
    }
  }
}

private final class Count: Sendable {
  private let passed = Locked(0)

  func next() -> Int {
    passed.withLock { next in
      defer { next += 1 }
      return next
    }
  }
}

/// Tasks go on in the order in which they could, one at a time.
private final class OneThread: TaskExecutor {
  private let queue = DispatchQueue(label: "one thread")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

extension HTTPRequest {
  /// Whether it asks for money off session.
  fileprivate var isCharge: Bool {
    method == .post && (url.hasSuffix("/v1/payment_intents") || url.hasSuffix("/confirm"))
  }

  fileprivate func isAttempt(of charge: ChargeID) -> Bool {
    isCharge && headers.contains { $0.name == "Idempotency-Key" && $0.value.hasPrefix("\(charge):") }
  }
}
