import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import Transport

/// The runs of `dues` in a world: ticks, `serve`, commands; each may die.
extension SimulatedWorld {
  private static let skews: [Duration] = [
    .minutes(4), .minutes(-4), .minutes(7), .minutes(-7), .hours(3), .hours(-3), .hours(22), .hours(26), .hours(-26),
    .days(40), .days(-40), .days(400), .days(-400),
  ]

  func process(_ name: String, longest: Int = 60) -> SimulatedProcess {
    let number = memory.withLock { memory in
      memory.processes += 1
      return memory.processes
    }
    let isCalm = isCalm.withLock { $0 }
    let process = SimulatedProcess(
      "\(name) \(number)", clockError: isCalm ? nil : clockError(of: name),
      doom: isCalm || (plan.crashesPerMille == 0 && plan.lurking == nil) ? .lives : doom(longest: longest),
      stateOf: { [self] charge in self.state(of: charge) }
    ) { [self] dying in
      book.note(
        "\(dying.name) dies \(dying.point.rawValue) \(dying.kind.rawValue), busy with \(dying.charge ?? "nothing")")
      book.cover { $0.crashed(dying.state, dying.kind, dying.point) }
      // A command's death is its charge's; a tick and `serve` work for all.
      book.wentWrong(for: dying.charge, isShared: name == "tick" || name == "serve")
    }
    if plan.isRestored {
      memory.withLock { memory in
        memory.living.removeAll { $0.isDead }
        memory.living.append(process)
      }
    }
    return process
  }

  /// Of a tick mostly from its beginning, of `serve` at some time in its life; commands have a right clock.
  private func clockError(of name: String) -> ClockError? {
    guard name == "tick" || name == "serve", chance.happens(plan.skewsPerMille) else { return nil }
    let fromStart = chance.happens(name == "tick" ? 600 : 300)
    let later = chance.duration(.zero, name == "tick" ? .seconds(20) : .days(2))
    return ClockError(
      from: timeline.now + (fromStart ? .zero : later), isJump: !fromStart, error: chance.pick(Self.skews))
  }

  /// Anywhere, at one kind of effect, or in wait for a charge in a state that is rare there.
  private func doom(longest: Int) -> Doom {
    let kind = chance.pick(weighted: [
      (2, EffectKind.http), (2, EffectKind.ledger), (3, EffectKind.mail), (3, EffectKind.merchant),
    ])
    let point = chance.pick(EffectPoint.allCases)
    if let lurking = plan.lurking, chance.happens(550) { return .state(lurking.kind, point, [lurking.state]) }
    guard chance.happens(plan.crashesPerMille) else {
      // It rarely comes to that, so that most of these live.
      return chance.happens(600) ? .state(kind, point, rareStates(kind)) : .lives
    }
    switch chance.int(0...9) {
    case 0...5: return .anywhere(chance.int(1...chance.pick([4, 12, longest, longest * 3])))
    case 6...8: return .effect(kind, point, turn: chance.int(1...chance.pick([1, 1, 3, 10])))
    default: return .state(kind, point, Set(Coverage.chargeStates))
    }
  }

  /// States in which a charge seldom is when such an effect comes.
  private func rareStates(_ kind: EffectKind) -> Set<String> {
    let seldom: [String] =
      switch kind {
      case .http: ["scheduled", "held", "unresolved", "uncollectible", "canceled"]
      case .ledger: ["held", "attempting", "unresolved", "uncollectible", "canceled"]
      case .mail: ["held", "attempting", "unresolved", "processing", "uncollectible", "canceled", "paid"]
      case .merchant: ["held", "attempting", "unresolved", "uncollectible", "canceled"]
      }
    return chance.happens(250) ? Set(seldom) : [chance.pick(seldom)]
  }

  func state(of charge: String) -> String? {
    do {
      return try judge.ledger.state(of: charge)
    } catch {
      return nil
    }
  }

  /// Runs a command to its end or its death; what it refuses is its own business.
  func run(_ process: SimulatedProcess, _ body: (Engine) async throws -> Void) async {
    await SimulatedProcess.$current.withValue(process) {
      do {
        try await body(engine(of: process, on: ledger))
      } catch {
        book.note("\(process.name) ends: \(error)")
      }
    }
  }

  /// The timer fires.
  func tick() async {
    let process = process("tick")
    await SimulatedProcess.$current.withValue(process) {
      do {
        let own = chance.happens(150) ? try reopened() : nil
        let engine = engine(of: process, on: own ?? ledger)
        book.note("\(process.name) begins, its clock is \(process.skew(at: timeline.now)) off")
        let report = try await TickLock.holding(ledgerPath: path) {
          defer { noteClock(of: process) }
          return try await engine.tick(limit: nil)
        }
        book.note(
          "\(process.name) ends: attempted \(report.attempted) paid \(report.paid) declined \(report.declined) "
            + "unresolved \(report.unresolved) errors \(report.errors) down \(report.stripeIsDown ?? "no")")
        try own?.close()
      } catch {
        book.note("\(process.name) ends: \(error)")
      }
    }
    book.cover { $0.happened(process.isDead ? "tick that died" : "tick") }
    judge.step(process.name)
  }

  /// It has worked under a clock that was wrong, or became so.
  private func noteClock(of process: SimulatedProcess) {
    let skew = process.skew(at: timeline.now)
    guard let error = process.clockError, max(skew, .zero - skew) > Engine.clockTolerance else { return }
    let kind = process.name.hasPrefix("tick") ? "tick" : "serve"
    book.cover { $0.happened("\(kind) \(error.isJump ? "whose clock jumps" : "with a wrong clock")") }
    book.wentWrong(for: nil, isShared: true, once: "\(process.name) clock")
  }

  /// The long-running process; a new one after it has died.
  func serve(_ what: String, _ body: (Engine) async throws -> Void) async {
    guard plan.hasPages else { return }
    let (process, engine) = serving()
    await SimulatedProcess.$current.withValue(process) {
      do {
        try await body(engine)
      } catch {
        book.note("\(process.name): \(what): \(error)")
      }
    }
    noteClock(of: process)
    judge.step(what)
  }

  private func serving() -> (SimulatedProcess, Engine) {
    if let known = memory.withLock({ m in m.serve.flatMap { p in m.serveEngine.map { (p, $0) } } }), !known.0.isDead {
      return known
    }
    let fresh = process("serve", longest: 200)
    let engine = engine(of: fresh, on: ledger)
    memory.withLock {
      $0.serve = fresh
      $0.serveEngine = engine
    }
    return (fresh, engine)
  }

  /// Stripe delivers an event to `serve`, which verifies, stores, answers, and then works.
  func deliver(event id: String) async {
    guard let payload = sandbox.json(of: id) else { return }
    let isForged = !isCalm.withLock { $0 } && chance.happens(30)
    await serve("webhook \(id)") { engine in
      book.note("webhook \(id) \(isForged ? "forged" : "")")
      let secret = isForged ? "whsec_of_somebody_else" : Self.webhookSecret
      let header = WebhookSignature.header(payload: payload, secret: secret, at: timeline.now)
      try WebhookSignature.verify(
        payload: payload, header: header, secrets: [Self.webhookSecret], tolerance: WebhookSignature.tolerance,
        now: engine.stripeNow)
      if isForged { book.report("webhooks are verified", id, "a forged one was taken") }
      try engine.receive(webhooks: [try StripeJSON.decode(StripeEvent.self, from: payload)])
      _ = try await engine.applyEvents()
      _ = await engine.fulfillAndNotify()
    }
    book.cover { $0.happened(isForged ? "webhook, forged" : "webhook") }
  }

  /// The browser comes back to our page.
  func land(_ session: String) async {
    await serve("landing \(session)") { engine in
      let settlement = try await engine.settle(CheckoutSessionID(session))
      book.note("landing \(session): \(settlement)")
      _ = await engine.fulfillAndNotify()
    }
    book.cover { $0.happened("landing") }
  }
}
