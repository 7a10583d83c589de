import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Stripe
import TestSupport
import Transport

@testable import Engine

/// What customers do in setup sessions of a ``World``.
extension World {
  /// A customer with an address and no method.
  func newcomer(email: String = "ada@example.com") async throws -> CustomerID {
    let made = try await stripePost("/v1/customers", "email=\(email)&name=Ada")
    guard let id = made["id"] as? String else { throw StoryError("no customer: \(made)") }
    _ = try await engine.customer(CustomerID(id))
    return CustomerID(id)
  }

  func setup(of customer: CustomerID?, _ job: Job?) async throws -> CheckoutSessionID {
    let door = try await engine.createSetup(
      customer: customer, email: nil, job: job, currency: job?.money.currency ?? .usd, locale: "en")
    guard case .open(let session, _) = door else { throw StoryError("no session: \(door)") }
    return session
  }

  /// A session that makes no customer: without `customer_creation`.
  func guestSetup(_ job: Job?) async throws -> CheckoutSessionID {
    let opening = try ledger.writeSetup(
      SetupWish(customer: nil, job: job), reusingSince: nil, at: clock.now
    ) { number in
      let request = StripeRequest.createSetupCheckout(
        SetupCheckout(
          customer: nil, email: "guest@example.com", currency: .usd, metadata: engine.setupMetadata(number),
          clientReference: nil, successURL: engine.successURL(), cancelURL: nil, expiresAt: nil, locale: "en",
          methods: engine.settings.methods, ui: .hostedPage), idempotencyKey: "\(ledger.id):setup:\(number)")
      let body = String(decoding: request.body, as: UTF8.self).replacing("customer_creation=always&", with: "")
      return FrozenRequest(
        path: request.path, body: Data(body.utf8), idempotencyKey: "\(ledger.id):setup:\(number)")
    }
    guard case .success(let reply) = await engine.send(StripeRequest(opening.setup.request)) else {
      throw StoryError("no guest session")
    }
    let session = try reply.decode(CheckoutSession.self)
    _ = try ledger.setupOpened(
      opening.setup.number, session: session.id, url: session.url, setupIntent: session.setupIntent?.id, at: clock.now)
    return session.id
  }

  func enterCard(_ session: CheckoutSessionID, _ number: String = "4242424242424242") throws {
    try sandbox.complete(session: session.text, card: number)
  }

  func enterBank(_ session: CheckoutSessionID, _ name: String = "pm_usBankAccount_success") throws {
    let step = try sandbox.submit(session: session.text, .bank(name))
    guard case .redirect = step else { throw StoryError("not complete: \(step)") }
  }

  func nameDeposits(of session: CheckoutSessionID, rightly: Bool) throws {
    guard let intent = try ledger.setup(session: session)?.setupIntent else { throw StoryError("no SetupIntent") }
    try sandbox.verifyMicrodeposits(of: intent.text, succeeds: rightly)
  }

  /// The agreement that a session has made, by its derived id.
  func agreement(madeBy session: CheckoutSessionID) throws -> Agreement? {
    try ledger.agreement(ledger.id.agreement(key: session.text))
  }

  func setupState(_ session: CheckoutSessionID) throws -> SetupRecord.State? {
    try ledger.setup(session: session)?.state
  }

  func happenings(of agreement: Agreement) throws -> [Happening] {
    try ledger.history(agreement: agreement.id).map(\.what)
  }

  /// The same world, except that Stripe's answers to some reads are told otherwise.
  func engine(retelling path: String, _ tell: @escaping @Sendable (String) -> String) -> Engine {
    let wire = network.http
    let http = HTTPClient { request async throws(TransportError) in
      let response = try await wire.send(request)
      guard request.method == .get, request.url.contains(path) else { return response }
      return HTTPResponse(
        status: response.status, headers: response.headers,
        body: Data(tell(String(decoding: response.body, as: UTF8.self)).utf8))
    }
    return engine.with(stripe: Self.stripe(http, engine.clock, serverTime: engine.stripe.serverTime))
  }
}
