import Domain
import Engine
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Templates

/// `/s/TOKEN`, its button, and the landing of a setup session.
extension PublicSite {
  private static let mostCharges = 50

  func setup(_ link: SetupLink, _ visit: Visit) throws -> Response {
    guard let offer = try offer(link) else { return page(.notFound, .notFound, visit.languages) }
    return page(.setup(try setupPage(offer)), .ok, languages(of: offer.customer, visit))
  }

  func saveMethod(_ link: SetupLink, _ visit: Visit) async throws -> Response {
    guard let offer = try offer(link) else { return page(.notFound, .notFound, visit.languages) }
    let languages = languages(of: offer.customer, visit)
    let door = try await engine.createSetup(
      customer: link.customer, email: nil, job: offer.job,
      currency: offer.job?.money.currency ?? configuration.currency, locale: languages.first ?? engine.settings.locale)
    switch door {
    case .open(_, .some(let url)): return .seeOther(url)
    case .open(_, .none): return tryAgain(link, "Stripe named no URL for the setup session", languages)
    case .refused(let reason, _), .unavailable(let reason): return tryAgain(link, reason, languages)
    }
  }

  private func tryAgain(_ link: SetupLink, _ reason: String, _ languages: [String]) -> Response {
    logger.warning(
      "a customer could not be led to a setup", metadata: ["customer": "\(link.customer)", "reason": "\(reason)"])
    return page(.error(retryURL: engine.links.path(.setup(link))), .serviceUnavailable, languages)
  }

  func landing(of setup: SetupRecord, _ session: CheckoutSessionID, _ visit: Visit) async throws -> Response {
    let result: SetupResult
    do {
      result = try await engine.completeSetup(session)
    } catch let trouble as StripeTrouble {
      logger.warning("a setup could not be read", metadata: ["session": "\(session)", "reason": "\(trouble)"])
      let again = "\(engine.links.path(.done))?session_id=\(session)"
      return page(.error(retryURL: again), .serviceUnavailable, visit.languages)
    }
    let customer = try setup.customer.flatMap { try engine.ledger.customer($0) }
    switch result {
    case .complete(let completion):
      doorbell.ring()
      let customer = try engine.ledger.customer(completion.customer)
      return page(.setupSaved, .ok, languages(of: customer, visit))
    case .verifying: return page(.setupPending, .ok, languages(of: customer, visit))
    case .open, .ended:
      // Nothing is saved yet: the same offer once more, if it is known whose it is.
      guard let id = setup.customer else { return page(.notFound, .notFound, visit.languages) }
      return try self.setup(SetupLink(customer: id, job: setup.job), visit)
    case .notOurs: return page(.notFound, .notFound, visit.languages)
    }
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
    guard let name = link.job else { return SetupOffer(link: link, customer: customer, job: nil) }
    guard case .good(let job)? = engine.settings.jobs[name] else {
      logger.warning("a setup link is for a job that cannot be used", metadata: ["job": "\(name)"])
      return nil
    }
    return SetupOffer(link: link, customer: customer, job: job)
  }

  private func setupPage(_ offer: SetupOffer) throws -> SetupPage {
    let agreement = try offer.job.flatMap { try liveAgreement(of: offer.link.customer, job: $0.name) }
    let terms = offer.job.map { job in
      SetupPage.Terms(
        description: agreement?.description ?? job.description, money: agreement?.money ?? job.money,
        every: agreement?.schedule.every ?? job.schedule.every, firstAt: agreement?.nextDueAt)
    }
    let old = agreement?.paymentMethod
    return SetupPage(
      terms: terms, method: try old.flatMap { try engine.ledger.paymentMethod($0) },
      alsoCharged: agreement == nil ? [] : try failedCharges(of: offer.link.customer, with: old, except: nil),
      saveURL: engine.links.path(.setup(offer.link)),
      zone: (offer.job?.schedule.zone ?? engine.settings.zone).timeZone)
  }

  /// The agreement whose method a setup would replace, found through the customer's charges.
  private func liveAgreement(of customer: CustomerID, job: String) throws -> Agreement? {
    let reports = try engine.ledger.reports(
      state: nil, customer: customer, email: nil, since: nil, limit: Self.mostCharges)
    for id in Set(reports.filter { $0.charge.origin.job == job }.compactMap(\.charge.origin.agreement)) {
      if let agreement = try engine.ledger.agreement(id), agreement.state != .canceled { return agreement }
    }
    return nil
  }
}
