package import Domain
import Foundation
import Storage
package import Templates

/// What inviting a customer came to.
package enum Invitation: Sendable, Equatable {
  /// `isSent`: it has gone; otherwise it waits for the next tick.
  case made(to: String, isSent: Bool)
  /// The same was asked for a moment ago.
  case recently(Timestamp)
  /// There is nobody to write to.
  case noAddress
}

/// Our own lasting link to a setup, and the mail that carries it.
extension Engine {
  /// A second invitation within this time is taken for the same.
  private static let invitationMemory = Duration.minutes(10)

  /// Mails `setup_invitation`: queued first, then sent at once if the mail server takes it.
  package func invite(_ link: SetupLink, again: Bool) async throws -> Invitation {
    guard let url = links.setup(link) else { throw LedgerError.cannot("a setup link needs server.public_url") }
    guard let customer = try ledger.customer(link.customer), let address = customer.email, !customer.isDeleted else {
      return .noAddress
    }
    let since = again ? nil : now - Self.invitationMemory
    switch try ledger.invite(link.customer, job: link.job, url: url, notSince: since, at: now) {
    case .recently(let last): return .recently(last)
    case .queued(let notice): return .made(to: address, isSent: try await sendNow(notice))
    }
  }

  /// What an invitation tells: what it is for, as the customer's agreement has it, else as the job's file says.
  func invitation(
    _ notice: NoticeRecord, _ customer: Customer, _ address: String, _ mail: MailDesk
  ) throws -> MailVariables {
    let agreement = try notice.job.flatMap { try ledger.liveAgreement(of: customer.id, job: $0) }
    let terms = agreement?.termsAhead(at: now) ?? notice.job.flatMap { settings.terms(of: $0) }
    let last = try ledger.latestSetup(of: customer.id, job: notice.job)
    return MailVariables(
      customerName: customer.name, customerEmail: address,
      charge: terms.map {
        MailVariables.ChargeText(
          description: $0.description, amount: $0.money, dueAt: agreement?.nextDueAt ?? notice.dueAt)
      },
      card: nil, reason: last?.state == .failed ? .notVerified : nil, recoveryURL: nil, linkExpires: nil,
      setupURL: notice.url, nextRetryDate: nil, deadlineDate: nil, business: mail.business,
      zone: (terms?.schedule.zone ?? settings.zone).timeZone)
  }
}
