import Domain
import Engine
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Stripe
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
      if let url = checkout.url { return .seeOther(url) }
      return try await payForm(report.charge, checkout, languages)
    case .inFlight:
      let charge = try engine.ledger.charge(id) ?? report.charge
      let onItsWay = summary(charge)
      return page(charge.state == .processing ? .processing(onItsWay) : .inFlight(onItsWay), .conflict, languages)
    case .notOwed: return .seeOther(engine.links.path(.recovery(id)))
    case .unavailable(let reason): return tryAgain(id, reason, languages)
    }
  }

  /// Stripe's form of the checkout, on our page.
  private func payForm(_ charge: Charge, _ checkout: CheckoutRecord, _ languages: [String]) async throws -> Response {
    guard let session = checkout.session else { return tryAgain(charge.id, "the checkout has no session", languages) }
    do {
      guard let stripe = form(try await engine.clientSecret(of: session)) else {
        return tryAgain(charge.id, "Stripe named neither a URL nor a secret for the checkout", languages)
      }
      return page(.payForm(summary(charge), stripe), .ok, languages)
    } catch {
      return tryAgain(charge.id, error.description, languages)
    }
  }

  /// `nil` without a secret, or without a script to use it.
  func form(_ secret: String?) -> StripeOnPage? {
    guard let secret, let script = configuration.stripeScript else { return nil }
    let ui: StripeOnPage.UI = engine.settings.checkoutUI == .elements ? .elements : .embeddedPage
    return StripeOnPage(ui: ui, script: script, clientSecret: secret, method: nil, confirmURL: nil, doneURL: nil)
  }

  private func tryAgain(_ id: ChargeID, _ reason: String, _ languages: [String]) -> Response {
    logger.warning("a customer could not be led to a checkout", metadata: ["charge": "\(id)", "reason": "\(reason)"])
    return page(.error(retryURL: engine.links.path(.recovery(id))), .serviceUnavailable, languages)
  }

  func truth(of report: ChargeReport) throws -> Page {
    let charge = summary(report.charge)
    switch report.charge.state {
    case .recovering: return report.charge.cancelRequested ? .canceled(charge) : .owed(try owed(report))
    case .attempting, .unresolved:
      // Their bank asks: whoever comes back to the page goes on there.
      return report.cardAskedAbout != nil ? .owed(try owed(report)) : .inFlight(charge)
    // Nothing is on its way, and nothing can be paid here yet.
    case .scheduled, .held: return .notPaid(charge, recoveryURL: nil)
    case .processing: return .processing(charge)
    case .paid: return paid(report.charge)
    case .uncollectible: return .over(charge)
    case .canceled: return .canceled(charge)
    }
  }

  private func owed(_ report: ChargeReport) throws -> OwedPage {
    let charge = report.charge
    let now = engine.now
    let savesMethod = engine.settings.policy(of: charge.origin.job).recovery.saveNewCard
    return OwedPage(
      charge: summary(charge), method: report.method,
      reason: report.cardAskedAbout == nil ? report.recovery?.safeReason : .confirmationNeeded,
      needsOtherMethod: report.needsOtherMethod, savesMethod: savesMethod,
      alsoCharged: savesMethod
        ? try failedCharges(of: charge.customer, with: charge.paymentMethod, except: charge.id) : [],
      // Past moments are those that the next tick will deal with.
      nextRetryAt: report.recovery?.nextRetryAt.map { max($0, now) },
      deadlineAt: report.recovery.map(\.deadline).flatMap { $0 > now ? $0 : nil },
      payURL: engine.links.path(.pay(charge.id)),
      nonce: configuration.stripeScript.map { _ in engine.links.nonce(for: charge.id, at: now) },
      dayChoice: try dayChoice(of: charge, now: now), stripe: confirmation(of: report))
  }

  /// Where the bank wants the customer, the card is confirmed on the page: nothing is typed.
  private func confirmation(of report: ChargeReport) -> StripeOnPage? {
    guard let script = configuration.stripeScript, let card = report.cardToConfirm else { return nil }
    let charge = report.charge.id
    return StripeOnPage(
      ui: .confirm, script: script, clientSecret: nil, method: card,
      confirmURL: engine.links.path(.confirm(charge)), doneURL: engine.links.path(.recovery(charge)))
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

  /// Of a charge that is paid.
  func paid(_ charge: Charge) -> Page {
    charge.amountRefunded >= charge.money.amount ? .refunded(summary(charge)) : .paid(summary(charge))
  }

  func summary(_ charge: Charge) -> ChargeSummary { ChargeSummary(charge, zone: engine.zone(of: charge).timeZone) }
}

extension ChargeReport {
  /// The card of an attempt on our page whose bank has asked the customer; it need not be the one that failed before.
  fileprivate var cardAskedAbout: PaymentMethodID? {
    guard let last = attempts.last, last.kind == .onSession, last.state == .sending, last.intent != nil else {
      return nil
    }
    return last.method
  }

  /// What the bank asks about now is not the card that was stopped.
  fileprivate var needsOtherMethod: Bool { recovery?.otherMethodOnly == true && cardAskedAbout == nil }

  /// What is confirmed with its bank on the page; nothing of a card that was stopped.
  fileprivate var cardToConfirm: PaymentMethodID? {
    if let cardAskedAbout { return cardAskedAbout }
    guard let method, method.type == "card", recovery?.safeReason == .confirmationNeeded, !needsOtherMethod else {
      return nil
    }
    return method.id
  }
}
