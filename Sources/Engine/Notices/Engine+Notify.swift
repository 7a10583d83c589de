package import Domain
import Logging
import Storage
import Templates
import Transport

/// The notify pass: renders what waits in the outbox in the customer's language, and sends it.
extension Engine {
  private static let batch = 100
  /// A bound on one pass; the next tick goes on.
  private static let mostBatches = 100
  /// A mail that has not gone by then died with its process.
  private static let sendingTime = Duration.minutes(5)
  /// Mail that fails is tried again for three days.
  private static let mailPatience = Duration.days(3)

  func notify(_ report: inout TickReport) async throws {
    guard let mail else {
      logger.info("mails wait: neither mail.smtp_url nor mail.outbox is set")
      return
    }
    for _ in 0..<Self.mostBatches {
      let queued = try ledger.noticesQueued(by: now, limit: Self.batch)
      var sent = 0
      await each(queued, &report) { notice in sent += try await send(notice, mail) ? 1 : 0 }
      report.emailsSent += sent
      if queued.count < Self.batch { return }
    }
  }

  /// One notice now, so that whoever asked for it sees what becomes of it. What cannot be sent yet waits for a tick.
  ///
  /// - Returns: whether it was sent.
  func sendNow(_ notice: NoticeRecord) async throws -> Bool {
    guard let mail else { return false }
    return try await send(notice, mail)
  }

  private func send(_ notice: NoticeRecord, _ mail: MailDesk) async throws -> Bool {
    switch try ledger.standing(of: notice, at: now) {
    case .stands: break
    case .waits:
      // Taken and let go: it is looked at again in a while, and does not stand before the others.
      _ = try ledger.take(notice, until: now + Self.sendingTime, at: now)
      return false
    case .wantsLink:
      try ledger.noticeWantsLink(notice, at: now)
      return false
    case .untrue:
      try ledger.noticeDropped(notice, reason: "no longer true", at: now)
      return false
    }
    if let end = try endOfQuiet(for: notice) {
      try ledger.noticeWaits(notice, until: end, at: now)
      return false
    }
    guard let customer = try ledger.customer(notice.customer), let address = customer.email, !customer.isDeleted else {
      try ledger.noticeRefused(notice, .mailNotSendable, reason: "no email address", at: now)
      return false
    }
    guard try ledger.take(notice, until: now + Self.sendingTime, at: now) else { return false }
    let rendered = try mail.templates.render(
      notice.kind, variables: try variables(of: notice, customer, address, mail), locales: customer.locales)
    let message = mail.message(
      rendered, id: notice.id, to: MailAddress(name: customer.name, address: address).withUsableName, at: notice.dueAt)
    do {
      try await mail.transport.send(message)
    } catch {
      try notSent(notice, error)
      return false
    }
    try ledger.noticeSent(notice, to: address, locale: rendered.locale, at: now)
    return true
  }

  /// Until when the customer is not written to, in the zone of what the mail is about; an invitation that somebody sends
  /// now goes now.
  private func endOfQuiet(for notice: NoticeRecord) throws -> Timestamp? {
    guard let quiet = settings.notices.quietHours, notice.kind != .setupInvitation else { return nil }
    let job = try notice.job ?? notice.charge.flatMap { try ledger.charge($0)?.origin.job }
    let end = quiet.end(from: now, in: settings.zone(of: job))
    return end > now ? end : nil
  }

  private func notSent(_ notice: NoticeRecord, _ error: MailError) throws {
    switch error {
    case .refused(let reason):
      logger.error("a mail was refused for good", metadata: ["notice": "\(notice.id)", "reason": "\(reason)"])
      try ledger.noticeRefused(notice, .mailRefused, reason: reason, at: now)
    case .unavailable(let reason):
      logger.warning("a mail could not be sent yet", metadata: ["notice": "\(notice.id)", "reason": "\(reason)"])
      let wait = min(Duration.minutes(5 << Int64(min(notice.tries, 7))), .hours(6))
      if now + wait - notice.dueAt > Self.mailPatience {
        try ledger.noticeRefused(notice, .mailRefused, reason: "given up after 3 days: \(reason)", at: now)
      } else {
        try ledger.noticeDelayed(notice, reason: reason, nextTryAt: now + wait, at: now)
      }
    }
  }

  private func variables(
    of notice: NoticeRecord, _ customer: Customer, _ address: String, _ mail: MailDesk
  ) throws -> MailVariables {
    if notice.kind == .setupInvitation { return try invitation(notice, customer, address, mail) }
    if notice.kind.isAhead, let foretold = try ledger.foretold(by: notice) {
      return variables(ahead: notice, foretold, customer, address, mail)
    }
    let report = try notice.charge.flatMap { try ledger.report($0) }
    let charge = report?.charge
    return MailVariables(
      customerName: customer.name, customerEmail: address,
      charge: charge.map { MailVariables.ChargeText(description: $0.description, amount: $0.money, dueAt: $0.dueAt) },
      card: report?.method, reason: report?.recovery?.safeReason, recoveryURL: notice.url,
      linkExpires: notice.urlExpiresAt, setupURL: nil, nextRetryDate: report?.recovery?.nextRetryAt,
      deadlineDate: report?.recovery?.deadline, business: mail.business, zone: zone(of: charge).timeZone)
  }

  /// The zone in which a charge's dates are told: its job's, or the business's.
  package func zone(of charge: Charge?) -> ScheduleZone { settings.zone(of: charge?.origin.job) }
}
