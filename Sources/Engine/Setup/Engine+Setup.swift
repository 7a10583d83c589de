package import Domain
import Foundation
import Storage
import Stripe

/// What asking for a setup session came to.
package enum SetupDoor: Sendable {
  case open(session: CheckoutSessionID, url: String?)
  /// Stripe said no; `isInput`: because of what was asked for.
  case refused(String, isInput: Bool)
  case unavailable(String)
}

/// What a setup session has come to.
package enum SetupResult: Sendable {
  case complete(SetupCompletion)
  case open
  /// The bank is still verifying the method.
  case verifying
  case ended(String)
  case notOurs
}

package struct SetupCompletion: Sendable {
  package let session: CheckoutSessionID
  package let customer: CustomerID
  package let method: PaymentMethod
  package let agreement: Agreement?
}

/// The ways in: setup-mode Checkout Sessions through which a customer saves a payment method.
extension Engine {
  package func createSetup(
    customer: CustomerID?, email: String?, job: Job?, currency: Currency, locale: String
  ) async throws -> SetupDoor {
    let setup = try ledger.writeSetup(customer: customer, job: job?.name, at: now) { number in
      var metadata = [("dues_ledger", ledger.id.text), ("dues_setup", String(number))]
      if let job { metadata.append(("dues_job", job.name)) }
      let key = "\(ledger.id):setup:\(number)"
      let request = StripeRequest.createSetupCheckout(
        SetupCheckout(
          customer: customer, email: email, currency: currency, metadata: metadata, clientReference: nil,
          successURL: successURL(), cancelURL: settings.website, expiresAt: nil, locale: locale,
          methods: settings.methods, ui: .hostedPage),
        idempotencyKey: key)
      return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
    }
    switch await send(StripeRequest(setup.request)) {
    case .success(let reply):
      let session = try reply.decode(CheckoutSession.self)
      _ = try ledger.setupOpened(
        setup.number, session: session.id, url: session.url, setupIntent: session.setupIntent?.id, at: now)
      return .open(session: session.id, url: session.url)
    case .failure(_, let error):
      try ledger.setupEnded(setup.number, .failed, reason: error.sentence, at: now)
      return .refused(error.sentence, isInput: !error.isAuthenticationProblem)
    case .indeterminate(let reason, _, _), .notSent(let reason):
      // Nothing was promised to anybody: a session that was made after all expires unused.
      try ledger.setupEnded(setup.number, .failed, reason: reason, at: now)
      return .unavailable(reason)
    }
  }

  /// Takes a finished setup session: saves the method and, with a job, makes the agreement. By webhook, landing page,
  /// `sync` or hand; the same result once.
  package func completeSetup(_ id: CheckoutSessionID) async throws -> SetupResult {
    guard let setup = try ledger.setup(session: id) else { return .notOurs }
    let session = try await read(
      CheckoutSession.self, .retrieveCheckout(id, expanding: [.setupIntent, .setupIntentPaymentMethod]))
    switch session.status {
    case .open: return .open
    case .expired:
      try ledger.setupEnded(setup.number, .expired, reason: nil, at: now)
      return .ended("the session expired; make another one")
    case .complete, .unknown, nil: break
    }
    guard let intent = session.setupIntent?.object else { return .ended("the session has no SetupIntent") }
    switch intent.status {
    case .succeeded: break
    case .processing, .requiresAction, .requiresConfirmation:
      try ledger.setupEnded(setup.number, .verifying, reason: intent.status.rawValue, at: now)
      return .verifying
    case .requiresPaymentMethod, .canceled, .unknown:
      try ledger.setupEnded(setup.number, .failed, reason: intent.status.rawValue, at: now)
      return .ended("the payment method was not accepted; make another session")
    }
    guard let saved = intent.paymentMethod?.object,
      let owner = saved.customer?.id ?? intent.customer?.id ?? session.customer?.id
    else {
      return .ended("the payment method is not attached to a customer")
    }
    return try await keep(setup, session: id, method: saved, mandate: intent.mandate?.id.text, owner: owner)
  }

  private func keep(
    _ setup: SetupRecord, session: CheckoutSessionID, method saved: StripePaymentMethod, mandate: String?,
    owner: CustomerID
  ) async throws -> SetupResult {
    let customer = try await read(StripeCustomer.self, .retrieveCustomer(owner)).kept
    var method = saved.kept(mandate: mandate)
    method.customer = owner
    let made = setup.job.flatMap { newAgreement(job: $0, customer: owner, method: method.id, session: session) }
    let agreement = try ledger.completeSetup(
      setup.number, customer: customer, method: method, agreement: made, at: now)
    if setup.job != nil, agreement == nil {
      try ledger.raise(
        .badJob, setup.job ?? "",
        advice:
          "a customer completed \(session), but the job file cannot be used; mend it and run `dues setup complete \(session)`",
        at: now)
    }
    return .complete(SetupCompletion(session: session, customer: owner, method: method, agreement: agreement))
  }

  /// The agreement of a setup with a job: it starts the day the session is completed.
  private func newAgreement(job name: String, customer: CustomerID, method: PaymentMethodID, session: CheckoutSessionID)
    -> Agreement?
  {
    guard case .good(let job) = settings.jobs[name] else { return nil }
    return Agreement(
      id: ledger.id.agreement(key: session.text), state: .active, customer: customer, job: job.name, money: job.money,
      description: job.description, statementDescriptorSuffix: job.statementDescriptorSuffix, schedule: job.schedule,
      start: job.schedule.zone.date(at: now), nextIndex: 0, paymentMethod: method, key: nil, consent: session.text,
      createdAt: now)
  }
}
