package import Domain
import Foundation
import Storage
import Stripe

/// The ways in: setup-mode Checkout Sessions through which a customer saves a payment method.
extension Engine {
  /// A click within this time is the same click: it leads to the same session.
  private static let clickMemory = Duration.minutes(30)

  /// A new session, whoever else has one open.
  package func createSetup(
    customer: CustomerID?, email: String?, job: Job?, currency: Currency, locale: String
  ) async throws -> SetupDoor {
    try await open(
      SetupWish(customer: customer, job: job), email: email, currency: currency, locale: locale, ui: .hostedPage,
      reusingSince: nil)
  }

  /// The session behind our own link: the one that a click before has opened, as long as it is open, else a new one.
  package func setupDoor(
    customer: CustomerID, job: Job?, currency: Currency, locale: String
  ) async throws -> SetupDoor {
    let since = now - Self.clickMemory
    let wish = SetupWish(customer: customer, job: job)
    let door = try await open(wish, email: nil, currency: currency, locale: locale, ui: checkoutUI, reusingSince: since)
    guard case .finished(let session) = door, case .ended? = try await endIfExpired(session) else { return door }
    return try await open(wish, email: nil, currency: currency, locale: locale, ui: checkoutUI, reusingSince: since)
  }

  private func open(
    _ wish: SetupWish, email: String?, currency: Currency, locale: String, ui: CheckoutUI, reusingSince: Timestamp?
  ) async throws -> SetupDoor {
    if let reason = try await whyNothingIsWritten() { return .unavailable(reason) }
    let opening = try ledger.writeSetup(wish, reusingSince: reusingSince, at: now) { number in
      freeze(wish, number: number, email: email, currency: currency, locale: locale, ui: ui)
    }
    let setup = opening.setup
    if let session = setup.session { return try await reopen(session) }
    switch await send(StripeRequest(setup.request), writtenAt: setup.writtenAt).holding(CheckoutSession.self) {
    case .object(let session):
      _ = try ledger.setupOpened(
        setup.number, session: session.id, url: session.url, setupIntent: session.setupIntent?.id, at: now)
      return .open(session: session.id, url: session.url)
    case .failure(_, let error):
      try ledger.setupNotMade(setup.number, reason: error.sentence, at: now)
      return .refused(error.sentence, isInput: !error.isAuthenticationProblem)
    case .indeterminate(let reason, _), .notSent(let reason):
      // Nothing was promised to anybody: a session that was made after all is found by the next click, or expires unused.
      try ledger.setupUnanswered(setup.number, reason: reason, at: now)
      return .unavailable(reason)
    }
  }

  /// The exact request. Pure: the same wish and number give the same bytes.
  private func freeze(
    _ wish: SetupWish, number: Int, email: String?, currency: Currency, locale: String, ui: CheckoutUI
  ) -> FrozenRequest {
    var metadata = setupMetadata(number)
    if let job = wish.job { metadata.append(("dues_job", job)) }
    let key = "\(ledger.id):setup:\(number)"
    let request = StripeRequest.createSetupCheckout(
      SetupCheckout(
        customer: wish.customer, email: email, currency: currency, metadata: metadata, clientReference: nil,
        successURL: successURL(), cancelURL: settings.website, expiresAt: nil, locale: locale,
        methods: settings.methods, ui: ui),
      idempotencyKey: key)
    return FrozenRequest(path: request.path, body: request.body, idempotencyKey: key)
  }

  /// What lets an object at Stripe be matched with a setup.
  func setupMetadata(_ number: Int) -> [(String, String)] {
    [("dues_ledger", ledger.id.text), ("dues_setup", String(number))]
  }

  /// A session that a click before has opened, as it stands at Stripe now.
  private func reopen(_ session: CheckoutSessionID) async throws -> SetupDoor {
    let read: CheckoutSession
    do {
      read = try await self.read(CheckoutSession.self, .retrieveCheckout(session, expanding: []))
    } catch {
      return .unavailable(error.description)
    }
    return read.status == .open ? .open(session: session, url: read.url) : .finished(session: session)
  }

  /// Expired within the half hour is only what somebody has expired by hand; the ledger learns it here.
  private func endIfExpired(_ session: CheckoutSessionID) async throws -> SetupResult? {
    do {
      return try await completeSetup(session)
    } catch is StripeTrouble {
      return nil
    }
  }
}
