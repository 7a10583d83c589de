import Domain
import Logging
import Storage
import Templates

/// Mails ahead of a charge: that it is coming, and that its card will not be good any more.
extension Engine {
  private static let mostAhead = 1000

  /// Each due time is looked at once for each kind; nothing is sent about what is due already.
  func foretell(_ report: inout TickReport) async throws {
    for (kind, lead) in [
      (NoticeKind.cardExpiring, settings.notices.cardExpiring), (.upcomingCharge, settings.notices.upcomingCharge),
    ] {
      guard let lead else { continue }
      var quiet: [(foretold: Foretold, reason: String?)] = []
      var told: [Foretold] = []
      for foretold in try ledger.toForetell(kind, dueBy: now + lead, limit: Self.mostAhead) {
        switch whyQuiet(kind, foretold) {
        case .nothingToSay: quiet.append((foretold, nil))
        case .because(let reason): quiet.append((foretold, reason))
        case nil: told.append(foretold)
        }
      }
      try ledger.keepQuiet(kind, about: quiet, at: now)
      await each(told, &report) { foretold in try await foretell(kind, foretold) }
    }
  }

  private func foretell(_ kind: NoticeKind, _ foretold: Foretold) async throws {
    // Without pages of ours the link is a setup session's own, which lives a day.
    var url = links.setup(SetupLink(customer: foretold.customer, job: foretold.job))
    if url == nil { url = try await setupURL(for: foretold) }
    // Asked again by the next tick, until the day comes.
    guard let url else { return }
    try ledger.foretell(kind, foretold, url: url, at: now)
  }

  /// Why a customer does not hear of something ahead of time.
  private enum Quiet {
    /// Now or later.
    case nothingToSay
    case because(String)
  }

  /// `nil`: the customer is written to.
  private func whyQuiet(_ kind: NoticeKind, _ foretold: Foretold) -> Quiet? {
    guard foretold.dueAt > now else { return .nothingToSay }
    let reaches = foretold.method?.reaches(foretold.dueAt, in: settings.zone(of: foretold.job)) ?? true
    switch kind {
    case .cardExpiring: if reaches { return .nothingToSay }
    case .upcomingCharge:
      // One mail for one thing: the one about the card says the date as well.
      if !reaches, settings.notices.cardExpiring != nil { return .because("the mail about the card says it") }
    case .paymentFailed, .authenticationNeeded, .reminder, .finalNotice, .paymentRecovered, .setupInvitation:
      return .nothingToSay
    }
    return nil
  }

  /// - Returns: `nil` if Stripe did not make one, or the job's file cannot be used now.
  private func setupURL(for foretold: Foretold) async throws -> String? {
    var job: Job?
    if let name = foretold.job {
      guard case .good(let good)? = settings.jobs[name] else { return nil }
      job = good
    }
    guard let currency = foretold.agreement?.money.currency ?? foretold.charge?.money.currency else { return nil }
    let door = try await createSetup(
      customer: foretold.customer, email: nil, job: job, currency: currency, locale: settings.locale)
    guard case .open(_, let url) = door else { return nil }
    return url
  }

  /// What a mail ahead of time tells.
  func variables(
    ahead notice: NoticeRecord, _ foretold: Foretold, _ customer: Customer, _ address: String, _ mail: MailDesk
  ) -> MailVariables {
    let description = foretold.agreement?.description ?? foretold.charge?.description ?? ""
    let money = foretold.agreement?.money ?? foretold.charge?.money
    return MailVariables(
      customerName: customer.name, customerEmail: address,
      charge: money.map { MailVariables.ChargeText(description: description, amount: $0, dueAt: foretold.dueAt) },
      card: foretold.method, reason: nil, recoveryURL: nil, linkExpires: nil, setupURL: notice.url,
      nextRetryDate: nil, deadlineDate: nil, business: mail.business,
      zone: (foretold.agreement?.schedule.zone ?? settings.zone).timeZone)
  }
}
