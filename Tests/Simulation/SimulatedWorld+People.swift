import Domain
import Engine
import Foundation
import GRDB
import Sandbox
import Storage
import Stripe
import Transport

/// Customers, staff in Stripe's dashboard, and the admin at the command line.
extension SimulatedWorld {
  /// The customer opens the link and presses the button.
  func click() async {
    guard let charge = chance.pickIfAny(judge.charges(in: chance.happens(800) ? ["recovering"] : nil)) else { return }
    await serve("click \(charge)") { engine in
      let door = try await engine.openCheckout(
        for: ChargeID(charge), by: .customer, youngerThan: Engine.freshFor)
      book.note("click \(charge.prefix(12)): \(Self.words(door))")
      if case .open(let checkout) = door, let session = checkout.session { seesPage(session.text, of: charge) }
    }
    book.cover { $0.happened("click") }
    if chance.happens(500) { await pay(of: charge) }
  }

  private static func words(_ door: CheckoutDoor) -> String {
    switch door {
    case .open(let checkout): "open \(checkout.session?.text ?? "")"
    case .inFlight: "in flight"
    case .notOwed(let state): "not owed: \(state)"
    case .unavailable(let reason): "unavailable: \(reason)"
    }
  }

  /// The customer pays on a page that they have seen, the newest or an old one.
  func pay() async {
    let pages = memory.withLock { $0.pages }
    guard let page = chance.happens(700) ? pages.last : chance.pickIfAny(pages) else { return }
    await pay(page.session)
  }

  func cancel(_ charge: String) async { await command("cancel") { try cancel(charge, $0) } }

  /// With a bank account, on the newest page that is known or that a mail on its way leads to; the browser comes back at
  /// once.
  func payByDebit(_ charge: String) async {
    guard let session = openPage(of: charge) ?? newestPage(of: charge) else { return }
    submit(session, .bank("pm_usBankAccount_success"))
    if plan.hasPages { await land(session) }
  }

  private func openPage(of charge: String) -> String? {
    do {
      return try judge.ledger.row("SELECT session FROM checkouts WHERE charge = ? AND state = 'open'", [charge])?[0]
    } catch {
      book.report("checker", "pages", "\(error)")
      return nil
    }
  }

  /// Staff deletes the customer at Stripe, who wants to pay just then: their charge stands before a person.
  func loseCustomer(of charge: String) async {
    guard chance.happens(plan.lurking?.state == "held" ? 500 : 200), let customer = column("customer", of: charge)
    else { return }
    delete(customer: customer)
    judge.step("staff")
    await payOnPage(charge, with: .another)
  }

  private func delete(customer: String) {
    stripe(.delete, "/v1/customers/\(customer)")
    book.note("staff deletes \(customer)")
  }

  /// What the ledger says of a charge.
  func column(_ name: String, of charge: String) -> String? {
    do {
      return try judge.ledger.row("SELECT \(name) FROM charges WHERE id = ?", [charge])?[0]
    } catch {
      return nil
    }
  }

  func pay(of charge: String) async {
    guard let session = newestPage(of: charge) else { return }
    await timeline.sleep(chance.duration(.zero, .minutes(chance.pick([1, 20, 90]))))
    await pay(session)
  }

  private func newestPage(of charge: String) -> String? {
    memory.withLock { $0.pages.last { $0.charge == charge }?.session }
  }

  private func pay(_ session: String) async {
    submit(session)
    if chance.happens(100) { submit(session) }
    book.cover { $0.happened("paying on a page") }
    if plan.hasPages, chance.happens(700) { await land(session) }
    if plan.hasPages, chance.happens(150) { await land(session) }
  }

  private func submit(_ session: String) {
    let year = 2030
    func card(_ number: String) -> SandboxEntry {
      .card(number: number, month: 12, year: year, name: "Jenny", email: "j@example.com")
    }
    submit(
      session,
      chance.pick(weighted: [
        (8, card("4242424242424242")), (2, card("5555555555554444")), (2, card("4000000000009995")),
        (1, card("4000000000000002")), (2, card("4000002760003184")), (1, .bank("pm_usBankAccount_success")),
        (1, .bank("pm_usBankAccount_insufficientFunds")), (1, .bank("pm_sepaDebit_success")),
      ]))
  }

  private func submit(_ session: String, _ entry: SandboxEntry) {
    do {
      var step = try sandbox.submit(session: session, entry)
      if step == .bankAsks {
        step = try sandbox.submit(session: session, .bankAnswer(confirmed: chance.happens(700)))
      }
      book.note("paying \(session): \(step)")
    } catch {
      book.note("paying \(session): \(error)")
    }
    judge.step("paying")
  }

  /// Staff in the dashboard, past Dues.
  func staff() {
    switch chance.int(0...7) {
    case 0:
      let open = judge.stripe.allIntents.filter { $0.isOffSession && $0.status == "requires_payment_method" }
      guard let intent = chance.pickIfAny(open) else { return }
      stripe(.post, "/v1/payment_intents/\(intent.id)/cancel", "cancellation_reason=requested_by_customer")
      book.note("staff cancels \(intent.id)")
      book.cover { $0.happened("staff cancels an intent") }
    case 1:
      guard let intent = chance.pickIfAny(judge.stripe.allIntents.filter(\.hasSucceeded)) else { return }
      let part = chance.happens(300) ? "&amount=\(max(1, intent.amount / 4))" : ""
      stripe(.post, "/v1/refunds", "payment_intent=\(intent.id)\(part)")
      book.note("staff refunds \(intent.id)")
      book.cover { $0.happened("staff refunds") }
    case 2, 3:
      guard let customer = chance.pickIfAny(memory.withLock { $0.customers }),
        let method = chance.pickIfAny(memory.withLock { $0.methods[customer] ?? [] })
      else { return }
      stripe(
        .post, "/v1/payment_intents",
        "amount=1500&currency=usd&customer=\(customer)&payment_method=\(method)&off_session=true&confirm=true")
      book.note("staff charges \(customer) outside")
      book.cover { $0.happened("staff charges outside") }
    case 4:
      let methods = memory.withLock { memory in memory.customers.flatMap { memory.methods[$0] ?? [] } }
      guard let method = chance.pickIfAny(methods) else { return }
      stripe(.post, "/v1/payment_methods/\(method)/detach")
      book.note("staff detaches \(method)")
      book.cover { $0.happened("a card is detached") }
    case 5, 6: copyPayment()
    default:
      guard chance.happens(400), let customer = chance.pickIfAny(memory.withLock { $0.customers }) else { return }
      delete(customer: customer)
      book.cover { $0.happened("a customer is deleted") }
    }
    judge.step("staff")
  }

  /// The admin at the command line.
  func admin() async {
    let what = chance.int(0...6)
    let agreement = chance.pickIfAny(memory.withLock { $0.agreements })
    let anyCharge = chance.pickIfAny(judge.charges(in: nil))
    let held = chance.pickIfAny(judge.charges(in: ["held"]))
    let unresolved = chance.pickIfAny(judge.charges(in: ["unresolved"]))
    let inFlight = chance.pickIfAny(judge.charges(in: ["attempting", "unresolved", "processing"]))
    switch what {
    case 0, 1: if let held { await command("approve \(held)") { try approve(held, $0) } }
    case 2:
      if let charge = chance.happens(500) ? inFlight : anyCharge { await command("cancel") { try cancel(charge, $0) } }
    case 3:
      if let agreement { await command("pause") { _ = try $0.ledger.pause(AgreementID(agreement), at: timeline.now) } }
    case 4:
      if let agreement {
        await command("resume") { _ = try $0.ledger.resume(AgreementID(agreement), at: timeline.now) }
      }
    case 5:
      if let agreement, chance.happens(300) {
        let keepOwed = chance.happens(500)
        await command("agreement cancel") {
          _ = try $0.ledger.cancel(AgreementID(agreement), keepOwed: keepOwed, at: timeline.now)
        }
      }
    default: if let unresolved { await resolve(unresolved) }
    }
  }

  func command(_ name: String, _ body: (Engine) async throws -> Void) async {
    let process = process(name, longest: 4)
    await run(process) { engine in try await body(engine) }
    book.note(process.name)
    book.cover { $0.happened("admin: \(name.split(separator: " ").first.map(String.init) ?? name)") }
    judge.step(name)
  }

  /// Just while somebody is being told about a charge, it goes on.
  func meddle(with charge: String) async {
    switch chance.int(0...5) {
    case 0: await cancel(charge)
    case 1, 2: await pay(of: charge)
    case 3: await payOnPage(charge)
    case 4: await retryNow(charge)
    default: await tick()
    }
  }

  func approve(_ charge: String, _ engine: Engine) throws {
    let now = timeline.now
    _ = try engine.ledger.approve(ChargeID(charge), at: now) { context($0, engine, at: now) }
  }

  private func cancel(_ charge: String, _ engine: Engine) throws {
    let id = ChargeID(charge)
    let withdrawn = try engine.ledger.requestCancel(id, reason: "admin", at: timeline.now)
    judge.withdrew(charge)
    guard !withdrawn.state.isInFlight else { return }
    try engine.ledger.finishCancel(id, context(withdrawn, engine))
  }

  /// `dues charge resolve`, by what Stripe really has.
  func resolve(_ charge: String) async {
    judge.stripe.refresh()
    let isPaid = judge.stripe.intents(of: charge).contains(where: \.hasSucceeded)
    let isMoving = judge.stripe.intents(of: charge).contains { $0.status == "processing" }
    guard !isMoving else { return }
    await command("resolve") { engine in
      _ = try await engine.judge(ChargeID(charge), as: isPaid ? .paid : .failed, note: "looked it up")
    }
  }

  /// A signed event may say anything about an intent: it is a hint, and changes nothing.
  func lieAboutAnIntent() async {
    let open = judge.stripe.allIntents.filter { $0.isOffSession && !$0.hasSucceeded }
    guard let intent = chance.pickIfAny(open), var object = judge.stripe.object(intent.id) else { return }
    object["status"] = "succeeded"
    object["amount_received"] = intent.amount
    let event: [String: Any] = [
      "id": "evt_lie_\(chance.next())", "object": "event", "type": "payment_intent.succeeded",
      "created": Int(timeline.now.seconds), "data": ["object": object],
    ]
    await serve("a lying event") { engine in
      let payload = try JSONSerialization.data(withJSONObject: event, options: [.sortedKeys])
      try engine.receive(webhooks: [try StripeJSON.decode(StripeEvent.self, from: payload)])
      _ = try await engine.applyEvents()
    }
    book.cover { $0.happened("a lying event") }
  }
}
