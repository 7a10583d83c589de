import Domain
package import Foundation

extension Page {
  /// A made-up but complete page of every kind, for previews and snapshots.
  package static func sample(_ name: PageName, zone: TimeZone) -> Page {
    let charge = summary("Gold membership", zone)
    switch name {
    case .owed:
      return .owed(
        OwedPage(
          charge: charge, method: Sample.card, reason: .declinedByBank, needsOtherMethod: false, savesMethod: true,
          alsoCharged: [summary("Locker", zone)], nextRetryAt: Sample.dueAt + .days(4),
          deadlineAt: Sample.dueAt + .days(14), payURL: "/r/\(Sample.token)/pay", nonce: nil,
          dayChoice: DayChoice(url: "/r/\(Sample.token)/day", first: Sample.day, last: Sample.day.adding(days: 12)),
          stripe: nil))
    case .payForm: return .payForm(charge, stripe(.elements))
    case .saveForm: return .saveForm(stripe(.embeddedPage))
    case .inFlight: return .inFlight(charge)
    case .processing: return .processing(charge)
    case .paid: return .paid(charge)
    case .refunded: return .refunded(charge)
    case .over: return .over(charge)
    case .canceled: return .canceled(charge)
    case .notPaid: return .notPaid(charge, recoveryURL: "/r/\(Sample.token)")
    case .unknown: return .unknown(charge)
    case .setup:
      let terms = SetupPage.Terms(
        description: "Gold membership", money: Sample.money, every: Interval(count: 1, unit: .month), end: nil,
        start: .next(Sample.dueAt))
      return .setup(
        SetupPage(
          terms: terms, method: Sample.card, pending: nil, alsoCharged: [], saveURL: "/s/\(Sample.token)", zone: zone))
    case .setupSaved: return .setupSaved
    case .setupPending:
      return .setupPending(
        SetupPendingPage(
          method: Sample.bankAccount, usesMicrodeposits: true, arrivesAt: Sample.dueAt,
          verifyURL: "https://payments.stripe.com/microdeposit/sample", zone: zone))
    case .setupNotSaved:
      return .setupNotSaved(
        SetupNotSavedPage(
          method: Sample.card, isRefused: true, reason: .expired, saveURL: "/s/\(Sample.token)", goOnURL: nil))
    case .notFound: return .notFound
    case .error: return .error(retryURL: nil)
    }
  }

  private static func stripe(_ ui: StripeOnPage.UI) -> StripeOnPage {
    StripeOnPage(
      ui: ui,
      script: StripeScript(
        publishableKey: "pk_test_sample", apiBase: "https://api.stripe.com", apiVersion: "2026-10-28.endive"),
      clientSecret: "cs_test_sample_secret_sample", method: nil, confirmURL: nil, doneURL: nil)
  }

  private static func summary(_ description: String, _ zone: TimeZone) -> ChargeSummary {
    ChargeSummary(id: Sample.charge, description: description, money: Sample.money, dueAt: Sample.dueAt, zone: zone)
  }
}
