import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import Transport

/// How a world begins: customers with their cards and accounts, agreements, one-offs.
extension SimulatedWorld {
  private static let cards = [
    "visa", "mastercard", "amex", "discover", "jcb", "unionpay", "visa_debit", "mastercard_debit", "mastercard_prepaid",
    "diners", "domesticPricing", "visa_cartesBancaires", "mastercard_cartesBancaires",
  ]
  private static let banks = [
    "pm_usBankAccount_success", "pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds",
    "pm_usBankAccount_accountClosed", "pm_usBankAccount_debitNotAuthorized", "pm_sepaDebit_success",
    "pm_sepaDebit_success", "pm_sepaDebit_failed", "pm_sepaDebit_insufficientFunds",
  ]
  /// What banks say, the common ones more often.
  static let declines = [
    "insufficient_funds", "insufficient_funds", "insufficient_funds", "generic_decline", "do_not_honor", "expired_card",
    "lost_card", "stolen_card", "card_velocity_exceeded", "processing_error", "incorrect_number", "fraudulent",
    "revocation_of_authorization", "authentication_required", "try_again_later", "nobody_knows_this_one",
  ]

  /// Stripe used by staff, or by somebody else with the same key.
  @discardableResult
  func stripe(_ method: HTTPRequest.Method, _ path: String, _ body: String = "") -> [String: Any] {
    let response = sandbox.respond(
      to: HTTPRequest(
        method: method, url: "http://127.0.0.1:12111" + path,
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(body.utf8), timeout: .seconds(5)))
    return StripeTruth.parse(response.body) ?? [:]
  }

  func begin() async {
    for number in 0..<plan.customers { newCustomer(number) }
    for _ in 0..<plan.oneOffs { await enqueue(startingIn: .hours(Int64(plan.days * 12))) }
    for _ in 0..<plan.agreements { await agree() }
  }

  private func newCustomer(_ number: Int) {
    let made = stripe(.post, "/v1/customers", "email=c\(number)@example.com&name=C\(number)")
    guard let id = made["id"] as? String else {
      book.report("world", "customer", "\(made)")
      return
    }
    memory.withLock { $0.customers.append(id) }
    for _ in 0..<chance.pick([1, 1, 2]) { newMethod(of: id) }
  }

  /// Saves a card or a bank account; how its bank behaves is another matter.
  @discardableResult
  func newMethod(of customer: String) -> String? {
    let isBank = chance.happens(180)
    let method: String?
    if isBank {
      let setup = stripe(
        .post, "/v1/setup_intents",
        "customer=\(customer)&payment_method=\(chance.pick(Self.banks))&confirm=true&usage=off_session"
          + "&mandate_data[customer_acceptance][type]=offline")
      method = setup["payment_method"] as? String
    } else {
      let made = stripe(.post, "/v1/payment_methods/pm_card_\(chance.pick(Self.cards))/attach", "customer=\(customer)")
      method = made["id"] as? String
    }
    guard let method else { return nil }
    memory.withLock { $0.methods[customer, default: []].append(method) }
    if !isBank, chance.happens(600) { behave(method) }
    return method
  }

  /// From now on the bank behind a card answers otherwise.
  func behave(_ method: String) {
    let behavior = chance.pick(weighted: [
      (4, SandboxBehavior.succeeds), (5, .declinesCharges(SandboxDecline(chance.pick(Self.declines)))),
      (1, .authenticates(.always)), (1, .debits(days: chance.pick([1, 4, 17]), failure: nil)),
      (1, .debits(days: 3, failure: SandboxDecline("insufficient_funds"))),
    ])
    let isBank = stripeType(of: method) != "card"
    let isDebit = if case .debits = behavior { true } else { false }
    guard isBank == isDebit else { return }
    do {
      try sandbox.setBehavior(of: method, behavior)
      book.note("the bank of \(method) now: \(behavior)")
    } catch {
      book.report("world", method, "\(error)")
    }
  }

  private func stripeType(of method: String) -> String { judge.stripe.object(method)?["type"] as? String ?? "" }

  /// `dues charge enqueue`.
  func enqueue(startingIn span: Duration) async {
    let number = memory.withLock { memory in
      memory.keys += 1
      return memory.keys
    }
    guard let customer = chance.pickIfAny(memory.withLock { $0.customers }) else { return }
    let method = chance.happens(60) ? nil : chance.pickIfAny(memory.withLock { $0.methods[customer] ?? [] })
    let amount = chance.int(1...90) * 111
    let dueAt = timeline.now + (chance.happens(300) ? .zero : chance.duration(.zero, span))
    let id = ledger.id.charge(key: "key \(number)")
    let currency = currency(for: method)
    judge.owes(id.text, Judge.Debt(amount: amount, currency: currency.code, customer: customer))
    for _ in 0..<2 {
      let process = process("enqueue", longest: 6)
      await run(process) { engine in
        try await learn(customer, method, engine)
        let charge = Charge.new(
          id: id, customer: CustomerID(customer), money: Money(amount: Int64(amount), currency: currency),
          description: "A thing", statementDescriptorSuffix: nil, origin: .key("key \(number)"), dueAt: dueAt,
          paymentMethod: method.map { PaymentMethodID($0) }, heldReason: nil, metadata: ["order": "\(number)"])
        _ = try ledger.enqueue(charge, equalWithin: nil, at: timeline.now)
      }
    }
    guard state(of: id.text) != nil else { return }
    memory.withLock { $0.charges.append(id.text) }
    book.cover { $0.happened("enqueue") }
  }

  /// A bank account wants its own currency, and a shop may mistake it.
  private func currency(for method: String?) -> Currency {
    switch method.map(stripeType(of:)) {
    case "sepa_debit" where chance.happens(900): .eur
    case "us_bank_account" where chance.happens(900): .usd
    default: chance.pick([.usd, .usd, .usd, .eur, .jpy])
    }
  }

  /// `dues agreement add`; twice, as a script does whose first run died.
  func agree() async {
    let job = chance.pick(jobs)
    guard let customer = chance.pickIfAny(memory.withLock { $0.customers }),
      let method = chance.pickIfAny(memory.withLock { $0.methods[customer] ?? [] })
    else { return }
    let key = "\(customer) \(job.name)"
    let id = ledger.id.agreement(key: key)
    let debt = Judge.Debt(
      amount: Int(job.money.amount), currency: job.money.currency.code, customer: customer)
    guard judge.agreesOnce(id.text, debt) else { return }
    let start = ScheduleZone.simulated.date(at: timeline.now + .days(Int64(chance.int(0...3))))
    for _ in 0..<2 {
      await run(process("agree", longest: 6)) { engine in
        try await learn(customer, method, engine)
        let agreement = Agreement.new(
          id: id, state: .active, customer: CustomerID(customer), job: job.name, terms: job.terms, start: start,
          paymentMethod: PaymentMethodID(method), key: key, consent: "admin", createdAt: timeline.now)
        _ = try ledger.add(agreement, again: false, at: timeline.now)
      }
    }
    memory.withLock { $0.agreements.append(id.text) }
    book.cover { $0.happened("agreement") }
  }

  /// As the commands do before they write: customer and method are read and kept.
  private func learn(_ customer: String, _ method: String?, _ engine: Engine) async throws {
    try ledger.save(
      Customer(
        id: CustomerID(customer), email: "\(customer.suffix(6))@example.com", name: "C", locales: ["en"],
        isDeleted: false), at: timeline.now)
    guard let method, let known = try kept(method) else { return }
    try ledger.save(known, at: timeline.now)
  }

  /// A payment method as the ledger keeps it.
  func kept(_ method: String) throws -> PaymentMethod? {
    try sandbox.json(of: method).map {
      try StripeJSON.decode(StripePaymentMethod.self, from: $0).kept(mandate: nil)
    }
  }
}

extension ScheduleZone {
  /// Coordinated universal time.
  static var simulated: ScheduleZone {
    do {
      return try ScheduleZone(identifier: "UTC")
    } catch {
      preconditionFailure("no zone UTC: \(error)")
    }
  }
}
