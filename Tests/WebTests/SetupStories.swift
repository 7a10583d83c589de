import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Testing
import Transport

/// Whose a setup session is.
enum SetupOrigin: String, CaseIterable, Sendable {
  case ofAKnownCustomer, whoseCustomerCheckoutMakes, whoseCustomerIsMadeAfterwards
}

/// What the customer enters.
enum SetupMethod: String, CaseIterable, Sendable {
  case card, bankAccount

  var entry: SandboxEntry {
    switch self {
    case .card:
      .card(number: "4242424242424242", month: 12, year: 2030, name: "Jenny Rosen", email: "jenny@example.com")
    case .bankAccount: .bank("pm_usBankAccount_success")
    }
  }
}

extension Job {
  static func gold(amount: Int64 = 1099) throws -> Job {
    Job(
      name: "gold", description: "Gold membership", money: Money(amount: amount, currency: .usd),
      statementDescriptorSuffix: nil,
      schedule: Schedule(every: Interval(count: 1, unit: .month), at: try LocalTime(parsing: "18:00"), zone: .utc),
      missed: .oneByOne, policy: .standard)
  }
}

extension World {
  /// A session that was asked for by Dues, in each way.
  func askForSetup(_ origin: SetupOrigin, _ job: Job) async throws -> CheckoutSessionID {
    switch origin {
    case .ofAKnownCustomer:
      let customer = try await newCustomer()
      return try await askForSetup(of: customer, job)
    case .whoseCustomerCheckoutMakes: return try await askForSetup(of: nil, job)
    case .whoseCustomerIsMadeAfterwards: return try await askForGuestSetup(job)
    }
  }

  func askForSetup(of customer: CustomerID?, _ job: Job?) async throws -> CheckoutSessionID {
    let door = try await engine.createSetup(
      customer: customer, email: customer == nil ? "jenny@example.com" : nil, job: job, currency: .usd, locale: "en")
    guard case .open(let session, _) = door else { throw SetupStoryError("no session: \(door)") }
    return session
  }

  /// A session without `customer_creation`, as an older dues or another version of the API makes it.
  func askForGuestSetup(_ job: Job) async throws -> CheckoutSessionID {
    let setup = try ledger.writeSetup(SetupWish(customer: nil, job: job), reusingSince: nil, at: clock.now) { number in
      let key = "\(ledger.id):setup:\(number)"
      let request = StripeRequest.createSetupCheckout(
        SetupCheckout(
          customer: nil, email: "jenny@example.com", currency: .usd,
          metadata: [("dues_ledger", ledger.id.text), ("dues_setup", String(number))], clientReference: nil,
          successURL: "http://127.0.0.1:8080/done?session_id={CHECKOUT_SESSION_ID}", cancelURL: nil, expiresAt: nil,
          locale: "en", methods: engine.settings.methods, ui: .hostedPage), idempotencyKey: key)
      let body = String(decoding: request.body, as: UTF8.self).replacing("customer_creation=always&", with: "")
      return FrozenRequest(path: request.path, body: Data(body.utf8), idempotencyKey: key)
    }.setup
    guard case .success(let reply) = await engine.stripe.send(StripeRequest(setup.request)) else {
      throw SetupStoryError("no guest session")
    }
    let session = try reply.decode(CheckoutSession.self)
    _ = try ledger.setupOpened(
      setup.number, session: session.id, url: session.url, setupIntent: session.setupIntent?.id, at: clock.now)
    return session.id
  }

  /// A customer with an address and no method.
  func newCustomer() async throws -> CustomerID {
    let made = try await stripeObject("/v1/customers", "email=jenny@example.com&name=Jenny%20Rosen")
    let id = CustomerID(try #require(made["id"] as? String))
    _ = try await engine.customer(id)
    return id
  }

  /// Stripe used by somebody else with the same key.
  func stripeObject(_ path: String, _ body: String) async throws -> [String: Any] {
    let response = try await sandbox.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111" + path,
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data(body.utf8), timeout: .patience))
    return try #require(try JSONSerialization.jsonObject(with: response.body) as? [String: Any])
  }

  func submit(_ session: CheckoutSessionID, _ method: SetupMethod) throws {
    let step = try sandbox.submit(session: session.text, method.entry)
    guard case .redirect = step else { throw SetupStoryError("not complete: \(step)") }
  }

  /// A bank account that two small deposits must verify; the session is complete, the bank is not.
  func submitUnverified(_ session: CheckoutSessionID) throws {
    let step = try sandbox.submit(session: session.text, .bank("pm_usBankAccount_microdeposits"))
    guard case .redirect = step else { throw SetupStoryError("not complete: \(step)") }
  }

  func verifyDeposits(of session: CheckoutSessionID, succeeds: Bool) throws {
    guard let intent = try ledger.setup(session: session)?.setupIntent else { throw SetupStoryError("no SetupIntent") }
    try sandbox.verifyMicrodeposits(of: intent.text, succeeds: succeeds)
  }

  func onlyAgreement() throws -> Agreement {
    let all = try ledger.agreements(.all, after: nil, limit: 10)
    guard all.count == 1, let agreement = all.first else { throw SetupStoryError("\(all.count) agreements") }
    return agreement
  }
}

struct SetupStoryError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
