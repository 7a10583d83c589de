import Domain
import Foundation
import Logging
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Transport

@testable import Engine

/// What an attack needs besides the everyday verbs: single steps by hand, bank accounts, and Stripe used past Dues.
extension World {
  var policyContext: StepContext { StepContext(now: clock.now, policy: .standard, hasPublicURL: true, zone: .utc) }

  /// The claim of one tick and nothing more, as if the process were killed right after the commit.
  func claimAndDie() throws -> ClaimedAttempt {
    let request = ClaimRequest(
      now: clock.now, tickStartedAt: clock.now, limit: 1, position: nil, catchUp: .days(3), maxCharge: [:],
      remainingTotal: [:],
      usableJobs: ["gold", "weekly"], manyPerTick: [], maxPerCard30Days: 15)
    let result = try ledger.claim(request, context: { engine.context($0) }, freeze: { engine.freeze($0, $1, $2) })
    guard let attempt = result.attempts.first else { throw StoryError("nothing was claimed") }
    return attempt
  }

  /// A recovering charge without a checkout yet: its decline is concluded, and the process is killed.
  func failAndDie(card: String = "pm_card_chargeCustomerFail") async throws -> ChargeID {
    let charge = try await owe(card: card)
    let attempt = try claimAndDie()
    let reading = IntentReading(await engine.stripe.send(StripeRequest(attempt.request)))
    _ = try ledger.conclude(charge, attempt: attempt.number, Conclusion(reading), policyContext)
    return charge
  }

  /// The commit of a checkout's request and nothing more.
  func writeCheckoutAndDie(_ charge: ChargeID) throws -> CheckoutRecord {
    guard let owed = try ledger.charge(charge) else { throw StoryError("charge \(charge) is gone") }
    let expiresAt = engine.expiry(of: owed)
    let opening = try ledger.writeCheckout(for: charge, by: .engine, expiresAt: expiresAt, at: clock.now) {
      engine.freeze($0, checkout: $1, expiresAt: expiresAt, locale: "en", offersSavedMethods: true)
    }
    guard case .written(let checkout) = opening else { throw StoryError("no checkout was written: \(opening)") }
    return checkout
  }

  /// A customer with a bank account that was saved with its mandate.
  func bankCustomer(_ account: String, email: String = "bank@example.com") async throws -> (CustomerID, PaymentMethodID)
  {
    let made = try await stripePost("/v1/customers", "email=\(email)&name=Bea")
    guard let customer = made["id"] as? String else { throw StoryError("no customer: \(made)") }
    return (CustomerID(customer), try await saveBank(account, of: CustomerID(customer)))
  }

  func saveBank(_ account: String, of customer: CustomerID) async throws -> PaymentMethodID {
    let setup = try await stripePost(
      "/v1/setup_intents",
      "customer=\(customer)&payment_method=\(account)&confirm=true&usage=off_session"
        + "&mandate_data[customer_acceptance][type]=offline")
    guard let method = setup["payment_method"] as? String else { throw StoryError("no bank account: \(setup)") }
    _ = try await engine.customer(customer)
    let read = try await engine.read(StripePaymentMethod.self, .retrievePaymentMethod(PaymentMethodID(method)))
    try ledger.save(read.kept(mandate: nil), at: clock.now)
    return PaymentMethodID(method)
  }

  /// Stripe used by somebody else with the same key.
  func stripePost(_ path: String, _ body: String) async throws -> [String: Any] {
    let response = try await sandbox.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111" + path,
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(body.utf8), timeout: .seconds(5)))
    return try JSONSerialization.jsonObject(with: response.body) as? [String: Any] ?? [:]
  }

  /// The same ledger, Stripe and mailbox under another clock: a machine whose clock is wrong, or one that is suspended
  /// whenever it pauses.
  func engine(ahead: Duration = .zero, asleep: Duration? = nil) -> Engine {
    let clock = clock
    let wall = WallClock(now: { clock.now + ahead }, sleep: { clock.advance(by: asleep ?? $0) })
    return engine.with(stripe: Self.stripe(network.http, wall), clock: wall)
  }

  /// No timer runs in these stories, so that it is silent says nothing.
  func matters() throws -> [HumanMatter] {
    try ledger.status(at: clock.now).matters.map(\.kind).filter { $0 != .timerSilent }
  }
}

extension Job {
  static func weekly(policy: ChargePolicy = .standard) throws -> Job {
    Job(
      name: "weekly", description: "Gold membership", money: Money(amount: 1099, currency: .usd),
      statementDescriptorSuffix: nil,
      schedule: Schedule(every: Interval(count: 1, unit: .week), at: try LocalTime(parsing: "09:00"), zone: .utc),
      missed: .oneByOne, policy: policy)
  }
}
