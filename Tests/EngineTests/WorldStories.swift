import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Transport

extension Engine {
  /// The same program with some of its parts exchanged.
  func with(
    ledger: Ledger? = nil, stripe: StripeClient? = nil, settings: EngineSettings? = nil, clock: WallClock? = nil
  ) -> Engine {
    Engine(
      ledger: ledger ?? self.ledger, stripe: stripe ?? self.stripe, mail: mail, merchant: merchant, links: links,
      settings: settings ?? self.settings, clock: clock ?? self.clock, logger: logger)
  }
}

extension World {
  /// A second process on the same ledger, killed at its commit number `moment`, counted from 0; its ledger is to be closed.
  func dyingEngine(at moment: Int) throws -> Engine {
    let commits = LockedList<Int>()
    let dying = try Ledger.open(
      path: ledger.path, place: Self.place, now: clock.now,
      watch: { _ in
        commits.append([1])
        if commits.all.count == moment + 1 { throw StoryError("killed") }
      }, newID: { self.ledger.id })
    return engine.with(ledger: dying)
  }
}

/// Short verbs for stories: what people and cards do in a ``World``.
extension World {
  /// A customer with a saved card that is named by what it does.
  func customer(_ card: String, email: String = "ada@example.com", locale: String = "en") async throws -> (
    CustomerID, PaymentMethodID
  ) {
    let customer = try await post(
      "/v1/customers", "email=\(email)&name=Ada&preferred_locales[0]=\(locale)")
    guard let id = customer["id"] as? String else { throw StoryError("no customer: \(customer)") }
    let method = try await post("/v1/payment_methods/\(card)/attach", "customer=\(id)")
    guard let pm = method["id"] as? String else { throw StoryError("no method: \(method)") }
    _ = try await engine.customer(CustomerID(id))
    return (CustomerID(id), PaymentMethodID(pm))
  }

  /// A one-off that is due now, with the card that `customer` has.
  func owe(
    _ amount: Int64 = 1099, _ currency: Currency = .usd, by customer: CustomerID, with method: PaymentMethodID?,
    key: String
  ) async throws -> ChargeID {
    if let method {
      let read = try await engine.read(StripePaymentMethod.self, .retrievePaymentMethod(method))
      try ledger.save(read.kept(mandate: nil), at: clock.now)
    }
    let charge = Charge.new(
      id: ledger.id.charge(key: key), customer: customer, money: Money(amount: amount, currency: currency),
      description: "Gold membership", statementDescriptorSuffix: nil, origin: .key(key), dueAt: clock.now,
      paymentMethod: method, heldReason: nil, metadata: [:])
    _ = try ledger.enqueue(charge, equalWithin: nil, at: clock.now)
    return charge.id
  }

  /// One charge of a customer with a card, in one step.
  func owe(card: String, key: String = "k1") async throws -> ChargeID {
    let (customer, method) = try await customer(card)
    return try await owe(by: customer, with: method, key: key)
  }

  @discardableResult
  func tick() async throws -> TickReport { try await engine.tick(limit: nil) }

  /// Time passes, and the timer runs when it has.
  @discardableResult
  func tick(after duration: Duration) async throws -> TickReport {
    clock.advance(by: duration)
    return try await tick()
  }

  func report(_ id: ChargeID) throws -> ChargeReport {
    guard let report = try ledger.report(id) else { throw StoryError("charge \(id) is gone") }
    return report
  }

  func state(_ id: ChargeID) throws -> ChargeState { try report(id).charge.state }

  /// The live checkout of a charge, paid on Stripe's page.
  func pay(_ id: ChargeID, card: String = "4242424242424242") throws -> CheckoutSessionID {
    guard let session = try ledger.liveCheckout(of: id)?.session else { throw StoryError("no checkout to pay") }
    _ = try sandbox.complete(session: session.text, card: card)
    return session
  }

  /// Successes at Stripe for a charge, by asking Stripe; shares nothing with the engine.
  func successes(of id: ChargeID) throws -> Int {
    try sandbox.ids(of: "payment_intent").count { intent in
      guard let data = sandbox.json(of: intent),
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
        let metadata = object["metadata"] as? [String: Any]
      else { return false }
      return metadata["dues_charge"] as? String == id.text && object["status"] as? String == "succeeded"
    }
  }

  func happenings(_ id: ChargeID) throws -> [Happening] { try report(id).history.map(\.what) }

  private func post(_ path: String, _ body: String) async throws -> [String: Any] {
    let response = try await sandbox.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111" + path,
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(body.utf8), timeout: .seconds(5)))
    return try JSONSerialization.jsonObject(with: response.body) as? [String: Any] ?? [:]
  }
}

struct StoryError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Job {
  static func monthly(
    _ name: String = "gold", policy: ChargePolicy = .standard, missed: Job.Missed = .oneByOne, at: String = "09:00"
  ) throws -> Job {
    Job(
      name: name, description: "Gold membership", money: Money(amount: 1099, currency: .usd),
      statementDescriptorSuffix: nil,
      schedule: Schedule(every: Interval(count: 1, unit: .month), at: try LocalTime(parsing: at), zone: .utc),
      missed: missed, policy: policy)
  }
}

extension World {
  /// An active agreement, as `agreement add` makes it.
  func agree(_ job: Job, _ customer: CustomerID, _ method: PaymentMethodID, start: String) async throws -> Agreement {
    let read = try await engine.read(StripePaymentMethod.self, .retrievePaymentMethod(method))
    try ledger.save(read.kept(mandate: nil), at: clock.now)
    let agreement = Agreement.new(
      id: ledger.id.agreement(key: "\(customer) \(job.name)"), state: .active, customer: customer, job: job.name,
      terms: job.terms, start: try CivilDate(parsing: start), paymentMethod: method, key: nil, consent: "admin",
      createdAt: clock.now)
    guard case .added(let added) = try ledger.add(agreement, again: false, at: clock.now) else {
      throw StoryError("the agreement was there already")
    }
    return added
  }
}

extension World {
  /// A setup of a customer that has ended with this method, as a completed session is kept.
  @discardableResult
  func keepSetup(_ method: PaymentMethod, of customer: CustomerID, job: Job, make: Agreement?) throws -> Agreement? {
    let setup = try ledger.writeSetup(SetupWish(customer: customer, job: job), reusingSince: nil, at: clock.now) { n in
      FrozenRequest(path: "/", body: Data(), idempotencyKey: "setup \(n)")
    }.setup
    guard let owner = try ledger.customer(customer) else {
      throw StoryError("customer \(customer) is not in the ledger")
    }
    return try ledger.completeSetup(
      SavedSetup(
        number: setup.number, session: CheckoutSessionID("cs_kept_\(setup.number)"), customer: owner, method: method,
        completedAt: clock.now, consent: SetupConsent(termsOfService: nil, promotions: nil), make: make),
      at: clock.now)
  }

  /// What Stripe has said until now is never read: as if its events were lost.
  func loseEvents() throws {
    try ledger.eventsRead(until: clock.now + .hours(1), at: clock.now)
    clock.advance(by: .minutes(15))
  }
}
