import Domain
import Engine
import Foundation
import Logging
import Sandbox
import Storage
import Stripe
import Transport

/// The real engine on a copy of the ledger, with a virtual clock and the sandbox in place of Stripe: what would happen.
///
/// Customers do nothing in it: nobody pays a link, nobody saves a card. Nothing of it reaches anybody.
struct Rehearsal {
  /// What happened in it.
  struct Outcome {
    var ticks = 0
    var attempted = 0
    var paid = Totals()
    var failed = Totals()
    var mails = 0
    var leftOut: Ledger.LeftOut
  }

  /// The timer of the rehearsal: every five minutes, as the units have it.
  private static let grid = Duration.minutes(5)
  /// What nobody asks about any more is forgotten after so long.
  private static let memory = Duration.days(3)

  let program: Program
  let from: Timestamp
  let to: Timestamp
  let declinesPerMille: Int
  let seed: String

  /// - Parameter tell: each entry of the history that is made, in order.
  func run(_ tell: (LedgerEntry) throws -> Void) async throws -> Outcome {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("dues-rehearsal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { remove(directory) }
    let (copy, leftOut) = try program.ledger.rehearsal(
      at: directory.appendingPathComponent("dues.db").path, from: from)
    let outcome = try await live(copy, leftOut, tell)
    try copy.close()
    return outcome
  }

  private func live(_ copy: Ledger, _ leftOut: Ledger.LeftOut, _ tell: (LedgerEntry) throws -> Void) async throws
    -> Outcome
  {
    let clock = RehearsalClock(from)
    let stripe = SandboxStripe(
      // Search is of no use here, and what it does not know yet would have to be remembered.
      SandboxConfiguration(seed: "rehearsal", accountID: "acct_rehearsal", searchLag: -1),
      now: { Int(clock.now.seconds) })
    try stripe.adoptAll(of: copy)
    let engine = engine(on: copy, stripe, clock)
    var outcome = Outcome(leftOut: leftOut)
    var told = try copy.lastHistoryNumber()
    var progress = Progress("rehearsed", of: Int((to - from).wholeSeconds / 86_400) + 1, linesGoOut: true)
    var day = from
    while clock.now <= to {
      let report = try await engine.tick(limit: nil)
      outcome.ticks += 1
      outcome.attempted += report.attempted
      try tellNews(of: copy, after: &told, into: &outcome, tell)
      while clock.now - day >= .days(1) {
        day = day + .days(1)
        progress.step()
        stripe.forget(before: Int((clock.now - Self.memory).seconds))
      }
      clock.move(to: try next(copy, after: clock.now))
    }
    progress.end()
    return outcome
  }

  /// The timer's first beat at which something is to be done, and once a day anyway.
  private func next(_ copy: Ledger, after now: Timestamp) throws -> Timestamp {
    let moment = min(try copy.nextMoment(after: now) ?? now + .days(1), now + .days(1))
    let beat = Self.grid.wholeMilliseconds
    let beats = (moment.milliseconds + beat - 1) / beat
    return max(Timestamp(milliseconds: beats * beat), now + Self.grid)
  }

  private func tellNews(
    of copy: Ledger, after told: inout Int64, into outcome: inout Outcome, _ tell: (LedgerEntry) throws -> Void
  ) throws {
    while true {
      let page = try copy.history(after: told, limit: 1000)
      for entry in page {
        if let money = entry.money, entry.entry.what == .paid { outcome.paid.add(money) }
        if let money = entry.money, entry.entry.what == .uncollectible { outcome.failed.add(money) }
        if entry.entry.what == .noticeSent { outcome.mails += 1 }
        try tell(entry)
      }
      guard let last = page.last else { return }
      told = last.number
    }
  }

  private func engine(on copy: Ledger, _ stripe: SandboxStripe, _ clock: RehearsalClock) -> Engine {
    let real = program.engine
    var settings = real.settings
    settings.alertEmail = nil
    settings.isLive = false
    settings.keyDigest = "rehearsal"
    let banks = RehearsalBanks(
      stripe: stripe, ledger: copy, declinesPerMille: declinesPerMille, seed: seed, now: { clock.now },
      zone: settings.zone)
    let begun = ContinuousClock.now
    let client = StripeClient(
      http: banks.http,
      configuration: StripeConfiguration(
        apiKey: "sk_test_rehearsal", apiBase: "http://127.0.0.1", apiVersion: program.configuration.stripe.apiVersion,
        timeout: .seconds(80), userAgent: Program.userAgent),
      pacer: Pacer(
        requestsPerSecond: 1_000_000, requestsPerSecondPerEndpoint: 1_000_000,
        now: { begun.duration(to: .now) }, sleep: { _ in }),
      serverTime: ServerTime(localNow: { clock.now }))
    let mail = real.mail.map { desk in
      MailDesk(
        transport: MailTransport { _ in }, from: desk.from, replyTo: desk.replyTo, templates: desk.templates,
        business: desk.business)
    }
    return Engine(
      ledger: copy, stripe: client, mail: mail, merchant: nil, links: real.links, settings: settings, clock: clock.wall,
      logger: Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() })
  }

  private func remove(_ directory: URL) {
    do {
      try FileManager.default.removeItem(at: directory)
    } catch {
      StandardStreams.error("dues: \(directory.path) could not be removed (\(error)); remove it by hand")
    }
  }
}
