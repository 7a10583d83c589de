import Domain
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Templates

/// The landing of a setup session: takes it, then says what is true now.
extension PublicSite {
  func landing(of setup: SetupRecord, _ session: CheckoutSessionID, _ visit: Visit) async throws -> Response {
    let result: SetupResult
    do {
      result = try await engine.completeSetup(session)
    } catch let trouble as StripeTrouble {
      logger.warning("a setup could not be read", metadata: ["session": "\(session)", "reason": "\(trouble)"])
      let again = "\(engine.links.path(.done))?session_id=\(session)"
      return page(.error(retryURL: again), .serviceUnavailable, visit.languages)
    }
    // What is known of it now: completing it may have found out whose it is.
    let setup = try engine.ledger.setup(session: session) ?? setup
    let customer = try setup.customer.flatMap { try engine.ledger.customer($0) }
    let languages = languages(of: customer, visit)
    switch result {
    case .complete:
      doorbell.ring()
      return page(.setupSaved, .ok, languages)
    case .verifying(let verification):
      doorbell.ring()
      return page(.setupPending(pendingPage(verification)), .ok, languages)
    case .refused(let rejection):
      return page(
        .setupNotSaved(
          SetupNotSavedPage(
            method: rejection.method, isRefused: true, reason: rejection.refusal.safeReason, saveURL: saveURL(setup),
            goOnURL: nil)), .ok, languages)
    case .open(let url): return try notFinished(setup, url: url, languages, visit)
    case .ended:
      doorbell.ring()
      return page(
        .setupNotSaved(
          SetupNotSavedPage(
            method: nil, isRefused: false, reason: setup.state == .failed ? .notVerified : nil,
            saveURL: saveURL(setup), goOnURL: nil)), .ok, languages)
    case .notOurs: return page(.notFound, .notFound, visit.languages)
    }
  }

  /// Nothing is saved yet: the same offer once more, or the way back to Stripe's page if it is not known whose it is.
  private func notFinished(
    _ setup: SetupRecord, url: String?, _ languages: [String], _ visit: Visit
  ) throws -> Response {
    if let id = setup.customer { return try self.setup(SetupLink(customer: id, job: setup.job), visit) }
    return page(
      .setupNotSaved(SetupNotSavedPage(method: nil, isRefused: false, reason: nil, saveURL: nil, goOnURL: url)), .ok,
      languages)
  }

  private func pendingPage(_ verification: SetupVerification) -> SetupPendingPage {
    let zone = verification.agreement?.schedule.zone ?? engine.settings.zone
    return SetupPendingPage(
      method: verification.method, usesMicrodeposits: verification.usesMicrodeposits,
      arrivesAt: verification.arrivesAt, verifyURL: verification.url, zone: zone.timeZone)
  }

  /// Where another method is saved; `nil` if it is not known for whom, or for what.
  private func saveURL(_ setup: SetupRecord) -> String? {
    guard let customer = setup.customer else { return nil }
    if let job = setup.job {
      guard case .good? = engine.settings.jobs[job] else { return nil }
    }
    return engine.links.path(.setup(SetupLink(customer: customer, job: setup.job)))
  }
}
