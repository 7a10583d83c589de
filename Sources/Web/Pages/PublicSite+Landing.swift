import Domain
import Engine
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Templates

/// `/done?session_id=cs_…`, where every Checkout lands: runs the fulfill routine, then says what is true now.
extension PublicSite {
  /// Stripe is asked only about sessions that the ledger knows.
  func landing(_ visit: Visit) async throws -> Response {
    guard let session = visit.sessionID else { return page(.notFound, .notFound, visit.languages) }
    if let checkout = try engine.ledger.checkout(session: session) {
      return try await landing(of: checkout, session, visit)
    }
    if let setup = try engine.ledger.setup(session: session) { return try await landing(of: setup, session, visit) }
    return page(.notFound, .notFound, visit.languages)
  }

  private func landing(
    of checkout: CheckoutRecord, _ session: CheckoutSessionID, _ visit: Visit
  ) async throws -> Response {
    let settlement = try await settle(checkout, session)
    guard let report = try engine.ledger.report(checkout.charge) else {
      throw LedgerError.unknown("charge \(checkout.charge)")
    }
    return page(landingPage(report, settlement), .ok, languages(of: report.customer, visit))
  }

  /// Paid is final: of a complete session of a paid charge nothing more can be learned, however often the page is loaded.
  private func settle(_ checkout: CheckoutRecord, _ session: CheckoutSessionID) async throws -> Settlement {
    if checkout.state == .complete, try engine.ledger.charge(checkout.charge)?.state == .paid {
      return .paid(checkout.charge)
    }
    let settlement = try await engine.settle(session)
    switch settlement {
    case .paid, .processing, .wrongAmount: doorbell.ring()
    case .unreadable(let reason):
      logger.warning("a landing could not be settled", metadata: ["session": "\(session)", "reason": "\(reason)"])
    case .open, .expired, .notOurs: break
    }
    return settlement
  }

  /// The charge decides; the session only where the charge says that nothing has happened.
  private func landingPage(_ report: ChargeReport, _ settlement: Settlement) -> Page {
    let charge = summary(report.charge)
    switch report.charge.state {
    case .paid: return paid(report.charge)
    case .processing: return .processing(charge)
    case .attempting, .unresolved: return .inFlight(charge)
    case .recovering, .scheduled, .held, .uncollectible, .canceled: break
    }
    switch settlement {
    // Something was paid, or may have been, that the charge does not show: nobody is to pay again.
    case .paid, .processing, .wrongAmount, .notOurs, .unreadable: return .unknown(charge)
    case .open, .expired: break
    }
    switch report.charge.state {
    case .uncollectible: return .over(charge)
    case .canceled: return .canceled(charge)
    case .recovering where report.charge.cancelRequested: return .canceled(charge)
    case .recovering: return .notPaid(charge, recoveryURL: engine.links.path(.recovery(report.charge.id)))
    case .scheduled, .held, .attempting, .unresolved, .processing, .paid: return .notPaid(charge, recoveryURL: nil)
    }
  }
}
