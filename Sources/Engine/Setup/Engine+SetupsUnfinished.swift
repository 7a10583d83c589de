import Domain
import Logging
import Storage
import Stripe

/// Setups whose end no event has told: webhooks and `sync` were away for longer than Stripe keeps its events, or an older
/// copy of the ledger was put in its place.
extension Engine {
  /// A session lives for a day (docs/STRIPE.md); an hour more for the event of its end.
  private static let setupLife = Duration.hours(25)

  /// Reads the sessions that must be over by now. After that the ledger knows their end.
  func endOldSetups(_ report: inout TickReport) async throws {
    await each(try ledger.setupsOpen(writtenBefore: now - Self.setupLife, limit: 100), &report) { setup in
      try await end(setup)
    }
  }

  /// Reads all that are not over, also those whose bank is still verifying.
  ///
  /// One that wants something written waits where the ledger is fenced: once the fence is lifted, a tick takes it up.
  func compareSetups() async throws {
    for setup in try ledger.setupsUnfinished(limit: 1000) {
      do {
        try await goingOn(with: "setup \(setup.number)") { try await end(setup) }
      } catch LedgerError.fenced(let fence) {
        logger.notice(
          "a setup waits until the fence is lifted",
          metadata: ["setup": "\(setup.number)", "reason": "\(fence.advice)"])
      }
    }
  }

  private func end(_ setup: SetupRecord) async throws {
    guard let session = setup.session else { return }
    do {
      _ = try await completeSetup(session)
    } catch let trouble as StripeTrouble {
      guard case .missing = trouble, now - setup.writtenAt > Self.setupLife, try await isForgotten(session) else {
        throw trouble
      }
      // Nobody can complete it any more.
      try ledger.setupExpired(setup.number, at: now)
    }
  }

  /// Stripe does not know the session itself, and not only something that it names.
  private func isForgotten(_ session: CheckoutSessionID) async throws -> Bool {
    do {
      _ = try await read(CheckoutSession.self, .retrieveCheckout(session, expanding: []))
      return false
    } catch {
      guard case .missing = error else { throw error }
      return true
    }
  }
}
