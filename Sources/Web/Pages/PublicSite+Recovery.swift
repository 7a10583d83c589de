import Domain
import Engine
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Templates

/// `/r/TOKEN` and its button.
extension PublicSite {
  /// A customer with more failed charges than this is told of the newest.
  private static let mostOthers = 50

  /// What is true of the charge now. Reads only: mail scanners and previews open links too.
  func recovery(_ id: ChargeID, _ visit: Visit) throws -> Response {
    guard let report = try engine.ledger.report(id) else { return page(.notFound, .notFound, visit.languages) }
    return page(try truth(of: report), .ok, languages(of: report.customer, visit))
  }

  /// The click: to the live checkout, or a new one. Twice is once: the second finds what the first has opened.
  func pay(_ id: ChargeID, _ visit: Visit) async throws -> Response {
    guard let report = try engine.ledger.report(id) else { return page(.notFound, .notFound, visit.languages) }
    let languages = languages(of: report.customer, visit)
    switch try await engine.openCheckout(for: id, by: .customer, youngerThan: Engine.freshFor) {
    case .open(let checkout):
      guard let url = checkout.url else { return tryAgain(id, "Stripe named no URL for the checkout", languages) }
      return .seeOther(url)
    case .inFlight:
      let charge = try engine.ledger.charge(id) ?? report.charge
      let onItsWay = summary(charge)
      return page(charge.state == .processing ? .processing(onItsWay) : .inFlight(onItsWay), .conflict, languages)
    case .notOwed: return .seeOther(engine.links.path(.recovery(id)))
    case .unavailable(let reason): return tryAgain(id, reason, languages)
    }
  }

  private func tryAgain(_ id: ChargeID, _ reason: String, _ languages: [String]) -> Response {
    logger.warning("a customer could not be led to a checkout", metadata: ["charge": "\(id)", "reason": "\(reason)"])
    return page(.error(retryURL: engine.links.path(.recovery(id))), .serviceUnavailable, languages)
  }

  func truth(of report: ChargeReport) throws -> Page {
    let charge = summary(report.charge)
    switch report.charge.state {
    case .recovering: return report.charge.cancelRequested ? .canceled(charge) : .owed(try owed(report))
    case .attempting, .unresolved: return .inFlight(charge)
    // Nothing is on its way, and nothing can be paid here yet.
    case .scheduled, .held: return .notPaid(charge, recoveryURL: nil)
    case .processing: return .processing(charge)
    case .paid: return .paid(charge)
    case .uncollectible: return .over(charge)
    case .canceled: return .canceled(charge)
    }
  }

  private func owed(_ report: ChargeReport) throws -> OwedPage {
    let charge = report.charge
    let now = engine.clock.now()
    let savesMethod = engine.settings.policy(of: charge.origin.job).recovery.saveNewCard
    return OwedPage(
      charge: summary(charge), method: report.method, reason: report.recovery?.safeReason,
      needsOtherMethod: report.recovery?.otherMethodOnly ?? false, savesMethod: savesMethod,
      alsoCharged: savesMethod
        ? try failedCharges(of: charge.customer, with: charge.paymentMethod, except: charge.id) : [],
      // Past moments are those that the next tick will deal with.
      nextRetryAt: report.recovery?.nextRetryAt.map { max($0, now) },
      deadlineAt: report.recovery.map(\.deadline).flatMap { $0 > now ? $0 : nil },
      payURL: engine.links.path(.pay(charge.id)), nonce: nil)
  }

  /// What is retried with a new method when it takes the place of `method`, the oldest first.
  func failedCharges(
    of customer: CustomerID, with method: PaymentMethodID?, except id: ChargeID?
  ) throws -> [ChargeSummary] {
    try engine.ledger.reports(state: .recovering, customer: customer, email: nil, since: nil, limit: Self.mostOthers)
      .map(\.charge)
      .filter { $0.id != id && $0.paymentMethod == method && !$0.cancelRequested }
      .reversed()
      .map { summary($0) }
  }

  func summary(_ charge: Charge) -> ChargeSummary { ChargeSummary(charge, zone: engine.zone(of: charge).timeZone) }
}
