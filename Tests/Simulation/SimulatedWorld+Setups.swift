import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import Transport

/// Customers who save a method for later, and agree to a job by that.
extension SimulatedWorld {
  /// `dues setup create`, or a click on our lasting link.
  func openSetup() async {
    let job = chance.happens(800) ? chance.pick(jobs) : nil
    let customer =
      chance.happens(plan.wantsGuests ? 300 : 600) ? chance.pickIfAny(memory.withLock { $0.customers }) : nil
    let currency = job?.money.currency ?? .usd
    let isGuest = customer == nil && chance.happens(plan.wantsGuests ? 900 : 500)
    await run(process("setup", longest: 8)) { engine in
      if let customer { _ = try await engine.customer(CustomerID(customer)) }
      let session: String?
      if isGuest {
        session = try await guestSetup(job, engine)
      } else if let customer, chance.happens(500) {
        session = Self.session(
          try await engine.setupDoor(customer: CustomerID(customer), job: job, currency: currency, locale: "en"))
      } else {
        session = Self.session(
          try await engine.createSetup(
            customer: customer.map { CustomerID($0) }, email: customer == nil ? "new@example.com" : nil, job: job,
            currency: currency, locale: "en"))
      }
      guard let session else { return }
      judge.shows(
        session,
        Judge.Shown(
          job: job?.name, amount: Int(job?.money.amount ?? 0), currency: currency.code,
          description: job?.description ?? "", every: job?.schedule.every.description ?? "",
          at: job?.schedule.at.description ?? "", customer: customer))
      memory.withLock { if !$0.setups.contains(session) { $0.setups.append(session) } }
      book.note("setup \(session) for \(customer ?? (isGuest ? "a guest" : "somebody new"))")
    }
    book.cover { $0.happened(isGuest ? "setup of a guest" : "setup") }
    guard chance.happens(700), let session = memory.withLock({ $0.setups.last }) else { return }
    await timeline.sleep(chance.duration(.zero, .minutes(chance.pick([1, 20, 90]))))
    await fill(session)
  }

  private static func session(_ door: SetupDoor) -> String? {
    if case .open(let session, _) = door { return session.text }
    return nil
  }

  /// A session that makes no customer, as another version of the API would make it: Dues makes the customer afterwards.
  private func guestSetup(_ job: Job?, _ engine: Engine) async throws -> String? {
    let opening = try ledger.writeSetup(
      SetupWish(customer: nil, job: job), reusingSince: nil, at: timeline.now
    ) { number in
      let key = "\(ledger.id):setup:\(number)"
      var metadata = [("dues_ledger", ledger.id.text), ("dues_setup", String(number))]
      if let job { metadata.append(("dues_job", job.name)) }
      let request = StripeRequest.createSetupCheckout(
        SetupCheckout(
          customer: nil, email: "guest@example.com", currency: job?.money.currency ?? .usd, metadata: metadata,
          clientReference: nil, successURL: "http://127.0.0.1:8080/done?session_id={CHECKOUT_SESSION_ID}",
          cancelURL: nil, expiresAt: nil, locale: "en", methods: engine.settings.methods, ui: .hostedPage),
        idempotencyKey: key)
      let body = String(decoding: request.body, as: UTF8.self).replacing("customer_creation=always&", with: "")
      return FrozenRequest(path: request.path, body: Data(body.utf8), idempotencyKey: key)
    }
    guard case .success(let reply) = await engine.stripe.send(StripeRequest(opening.setup.request)) else { return nil }
    let session = try reply.decode(CheckoutSession.self)
    _ = try ledger.setupOpened(
      opening.setup.number, session: session.id, url: session.url, setupIntent: session.setupIntent?.id,
      at: timeline.now)
    return session.id.text
  }

  /// The customer fills in a page, or tells Stripe what two small deposits were; and somebody completes it.
  func fillSetup() async {
    let setups = memory.withLock { $0.setups }
    let waiting = setups.filter { !isSettled($0) }
    guard let session = chance.pickIfAny(waiting.isEmpty || chance.happens(100) ? setups : waiting) else { return }
    await fill(session)
  }

  private func isSettled(_ session: String) -> Bool {
    guard let object = judge.stripe.object(session) else { return true }
    if object["status"] as? String == "open" { return false }
    guard let intent = object["setup_intent"] as? String else { return true }
    return judge.stripe.object(intent)?["status"] as? String != "requires_action"
  }

  private func fill(_ session: String) async {
    let object = judge.stripe.object(session) ?? [:]
    if object["status"] as? String == "open" {
      enter(session)
      if chance.happens(100) { enter(session) }
    } else if let intent = object["setup_intent"] as? String,
      judge.stripe.object(intent)?["status"] as? String == "requires_action"
    {
      verify(intent)
    }
    if chance.happens(400) { await complete(session) }
    if chance.happens(200) { await complete(session) }
  }

  private func enter(_ session: String) {
    func card(_ number: String, _ year: Int = 2030) -> SandboxEntry {
      .card(number: number, month: 12, year: year, name: "Jenny", email: "j@example.com")
    }
    let entry = chance.pick(weighted: [
      (6, card("4242424242424242")), (2, card("4000000000000341")), (1, card("4000000000000002")),
      (1, card("4000002760003184")), (1, card("4242424242424242", 2026)), (2, .bank("pm_usBankAccount_success")),
      (2, .bank("pm_usBankAccount_microdeposits")), (1, .bank("pm_sepaDebit_success")),
    ])
    do {
      var step = try sandbox.submit(session: session, entry)
      if step == .bankAsks {
        step = try sandbox.submit(session: session, .bankAnswer(confirmed: chance.happens(800)))
      }
      book.note("saving in \(session): \(step)")
    } catch {
      book.note("saving in \(session): \(error)")
    }
    book.cover { $0.happened("saving on a page") }
  }

  private func verify(_ intent: String) {
    do {
      try sandbox.verifyMicrodeposits(of: intent, succeeds: chance.happens(750))
      book.cover { $0.happened("small deposits named") }
    } catch {
      book.note("\(intent): \(error.message)")
    }
  }

  /// `dues setup complete`, or the browser on our page.
  private func complete(_ session: String) async {
    let isPage = plan.hasPages && chance.happens(500)
    let body: (Engine) async throws -> Void = { [self] engine in
      let result = try await engine.completeSetup(CheckoutSessionID(session))
      book.note("completing \(session): \(Self.word(result))")
    }
    if isPage { await serve("setup \(session)", body) } else { await run(process("complete", longest: 12), body) }
    if let method = completedMethod(session) {
      memory.withLock {
        if !($0.methods[method.customer] ?? []).contains(method.id) {
          $0.methods[method.customer, default: []].append(method.id)
        }
      }
    }
    book.cover { $0.happened("setup complete") }
  }

  /// An account's owner takes back at their bank what they had allowed.
  ///
  /// - Returns: whether there was something to take back.
  func revokeMandate() -> Bool {
    let mandates = memory.withLock { $0.setups }.compactMap { session -> String? in
      guard let intent = judge.stripe.object(session)?["setup_intent"] as? String else { return nil }
      return judge.stripe.object(intent)?["mandate"] as? String
    }
    guard let mandate = chance.pickIfAny(mandates) else { return false }
    do {
      try sandbox.revoke(mandate: mandate)
      book.note("\(mandate) is revoked")
      book.cover { $0.happened("a mandate ends") }
    } catch {
      book.note("\(mandate): \(error.message)")
    }
    return true
  }

  private func completedMethod(_ session: String) -> (customer: String, id: String)? {
    guard let intent = judge.stripe.object(session)?["setup_intent"] as? String,
      let method = judge.stripe.object(intent)?["payment_method"] as? String,
      let customer = judge.stripe.object(method)?["customer"] as? String
    else { return nil }
    return (customer, method)
  }

  private static func word(_ result: SetupResult) -> String {
    switch result {
    case .complete(let completion): "complete, agreement \(completion.agreement?.id.text ?? "none")"
    case .open: "open"
    case .verifying: "verifying"
    case .refused(let rejection): "refused: \(rejection.refusal)"
    case .ended(let reason): "ended: \(reason)"
    case .notOurs: "not ours"
    }
  }
}
