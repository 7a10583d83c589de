import Domain
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Stripe
import Templates

/// `/s/TOKEN` and its button.
extension PublicSite {
  func setup(_ link: SetupLink, _ visit: Visit) throws -> Response {
    guard let offer = try offer(link) else { return page(.notFound, .notFound, visit.languages) }
    return page(.setup(try setupPage(offer)), .ok, languages(of: offer.customer, visit))
  }

  func saveMethod(_ link: SetupLink, _ visit: Visit) async throws -> Response {
    guard let offer = try offer(link) else { return page(.notFound, .notFound, visit.languages) }
    let languages = languages(of: offer.customer, visit)
    let door = try await engine.setupDoor(
      customer: link.customer, job: offer.job, currency: offer.job?.money.currency ?? configuration.currency,
      locale: languages.first ?? engine.settings.locale)
    switch door {
    case .open(_, .some(let url)): return .seeOther(url)
    case .open(let session, .none):
      do {
        if let stripe = form(try await engine.clientSecret(of: session)) {
          return page(.saveForm(stripe), .ok, languages)
        }
        return tryAgain(link, "Stripe named neither a URL nor a secret for the setup session", languages)
      } catch {
        return tryAgain(link, error.description, languages)
      }
    case .finished(let session):
      return .seeOther("\(engine.links.path(.done))?session_id=\(session)")
    case .refused(let reason, _), .unavailable(let reason): return tryAgain(link, reason, languages)
    }
  }

  private func tryAgain(_ link: SetupLink, _ reason: String, _ languages: [String]) -> Response {
    logger.warning(
      "a customer could not be led to a setup", metadata: ["customer": "\(link.customer)", "reason": "\(reason)"])
    return page(.error(retryURL: engine.links.path(.setup(link))), .serviceUnavailable, languages)
  }
}

/// What a setup link offers, as things stand now.
private struct SetupOffer {
  let link: SetupLink
  let customer: Customer?
  let job: Job?
}

extension PublicSite {
  /// `nil` if its job is gone or broken: what would be agreed to cannot be said.
  private func offer(_ link: SetupLink) throws -> SetupOffer? {
    let customer = try engine.ledger.customer(link.customer)
    if customer?.isDeleted == true { return nil }
    guard let name = link.job else { return SetupOffer(link: link, customer: customer, job: nil) }
    guard case .good(let job)? = engine.settings.jobs[name] else {
      logger.warning("a setup link is for a job that cannot be used", metadata: ["job": "\(name)"])
      return nil
    }
    return SetupOffer(link: link, customer: customer, job: job)
  }

  private func setupPage(_ offer: SetupOffer) throws -> SetupPage {
    let customer = offer.link.customer
    let agreement = try offer.job.flatMap { try engine.ledger.liveAgreement(of: customer, job: $0.name) }
    // As the next period is charged; of what has come to its end nothing is.
    let terms =
      agreement.map { $0.isFinished ? nil : $0.termsAhead(at: engine.now) } ?? offer.job?.terms
    let old = agreement?.paymentMethod
    let zone = (terms?.schedule.zone ?? engine.settings.zone).timeZone
    return SetupPage(
      terms: terms.map {
        SetupPage.Terms(
          description: $0.description, money: $0.money, every: $0.schedule.every, end: $0.schedule.end,
          start: start(of: agreement))
      },
      method: try old.flatMap { try engine.ledger.paymentMethod($0) },
      pending: try pending(offer, zone: zone),
      alsoCharged: old == nil ? [] : try failedCharges(of: customer, with: old, except: nil),
      saveURL: engine.links.path(.setup(offer.link)), zone: zone)
  }

  private func start(of agreement: Agreement?) -> SetupPage.Terms.Start {
    guard let agreement else { return .whenSaved }
    switch agreement.state {
    case .pending:
      return agreement.nextPeriod.map { .first($0.dueAt) } ?? .whenSaved
    case .active:
      guard let due = agreement.nextDueAt else { return .whenSaved }
      return agreement.nextIndex == 0 ? .first(due) : .next(due)
    case .paused: return .paused
    case .canceled: return .whenSaved
    }
  }

  /// A bank account that the customer has entered and that is not verified yet. Reads the ledger only.
  private func pending(_ offer: SetupOffer, zone: TimeZone) throws -> SetupPendingPage? {
    guard let setup = try engine.ledger.latestSetup(of: offer.link.customer, job: offer.link.job),
      setup.state == .verifying
    else { return nil }
    return SetupPendingPage(
      method: try setup.paymentMethod.flatMap { try engine.ledger.paymentMethod($0) },
      usesMicrodeposits: setup.verificationURL != nil, arrivesAt: nil, verifyURL: setup.verificationURL, zone: zone)
  }
}
