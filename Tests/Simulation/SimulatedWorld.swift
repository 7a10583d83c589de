import Domain
import Engine
import Foundation
import Logging
import Sandbox
import Storage
import Stripe
import Templates
import TestSupport
import Transport

/// A whole world: the real engine, Stripe client, templates and ledger file; clock, network, Stripe, customers, staff, mail
/// and merchant simulated. Everything in it follows from its seed.
final class SimulatedWorld: Sendable {
  struct Memory: Sendable {
    var customers: [String] = []
    /// Methods by customer.
    var methods: [String: [String]] = [:]
    var charges: [String] = []
    var agreements: [String] = []
    /// Sessions that a customer has seen the URL of, with their charge.
    var pages: [(session: String, charge: String)] = []
    /// Setup sessions that a customer has seen the URL of.
    var setups: [String] = []
    var keysRolled = 0
    var brokenJobs: Set<String> = []
    /// What the files of jobs say now, where somebody has edited the amount.
    var amounts: [String: Int64] = [:]
    var serve: SimulatedProcess?
    var serveEngine: Engine?
    var eventsSeen = 0
    var processes = 0
    var keys = 0
    var running = 0
    /// Every process that may still live.
    var living: [SimulatedProcess] = []
    var backup: Backup?
    var restores = 0
    /// What kept the fence up when it was last to be lifted.
    var blocked: [String] = []
  }

  static let start = Timestamp(rfc3339: "2026-08-31T12:00:00Z") ?? Timestamp(seconds: 0)
  static let webhookSecret = "whsec_of_the_simulator"

  let plan: Plan
  let planted: Planted?
  /// What is made to happen so that a planted defect shows; also without it, to compare.
  let staged: Planted?
  let timeline: Timeline
  let chance: Chance
  let book: Book
  let sandbox: SandboxStripe
  let wire: Wire
  let judge: Judge
  let ledger: Ledger
  let path: String
  let memory = Locked(Memory())
  let isCalm = Locked(false)
  let disk: Disk
  private let templates: MailTemplates

  init(
    seed: UInt64, size: WorldSize, planted: Planted?, staged: Planted?, directory: String, keepsLines: Bool
  ) throws {
    let chance = Chance(seed: seed)
    var plan = try Plan(seed: seed, chance.fork(), size: size)
    staged?.makeVisible(in: &plan)
    let timeline = Timeline(
      start: Self.start, chance: chance.fork(), interjectionsPerMille: plan.interjectionsPerMille)
    self.plan = plan
    self.planted = planted
    self.staged = staged
    self.chance = chance
    self.timeline = timeline
    let now: @Sendable () -> Timestamp = { timeline.now }
    book = Book(keepsLines: keepsLines, now: now)
    sandbox = SandboxStripe(
      SandboxConfiguration(seed: "world \(seed)", confirmationLimit: chance.pick([20, 3])),
      now: { Int(timeline.now.seconds) })
    path = directory + "/dues.db"
    let heard = Locked<Judge?>(nil)
    disk = Disk(timeline: timeline, chance: chance.fork(), plan: plan, from: Self.start, book: book)
    ledger = try Self.open(path, seed: seed, timeline, disk, heard, planted)
    if let planted { try planted.prepare(path) }
    judge = Judge(
      stripe: StripeTruth(sandbox), ledger: try LedgerTruth(path: path), book: book, plan: plan, now: now)
    wire = Wire(
      timeline: timeline, sandbox: sandbox, judge: judge, book: book, chance: chance.fork(),
      plan: plan,
      outages: plan.outages.map {
        Wire.Outage(
          from: Self.start + .hours(Int64($0.fromHours)), to: Self.start + .hours(Int64($0.fromHours)) + $0.length,
          fault: $0.fault, isOfWritesOnly: $0.isOfWritesOnly)
      })
    templates = try Self.templates.get()
    let judge = judge
    heard.withLock { $0 = judge }
    book.note("seed \(seed): \(plan.description)")
    wire.whileStanding { [weak self] process, point, charge in
      await self?.standInRequest(process, point, charge)
    }
  }

  /// Read once for all worlds.
  private static let templates = Result {
    try MailTemplates(directory: Repository.path("templates"), defaultLocale: "en")
  }

  private static func open(
    _ path: String, seed: UInt64, _ timeline: Timeline, _ disk: Disk, _ heard: Locked<Judge?>, _ planted: Planted?
  ) throws -> Ledger {
    try Ledger.open(
      path: path, place: LedgerPlace(instance: nil, location: "the world"), now: start,
      watch: { moment in
        let process = SimulatedProcess.current
        switch moment {
        case .beforeWrite:
          timeline.interject()
          try process?.cross(.ledger, .before)
          try disk.write(by: process)
          try planted?.writing(path, by: process)
        case .afterCommit:
          heard.withLock { $0 }?.committed(by: process)
          do throws(Death) {
            try process?.cross(.ledger, .after)
          } catch {
            try planted?.committed(path, by: process, isDead: true)
            throw error
          }
          try planted?.committed(path, by: process, isDead: false)
          timeline.interject()
          // It may have been ended meanwhile.
          if process?.isDead == true { throw Death() }
        }
      }, newID: { LedgerID("led_\(seed)") })
  }

  /// As their files say now.
  var jobs: [Job] {
    let amounts = memory.withLock { $0.amounts }
    return plan.jobs.map { job in
      Job(
        name: job.name, description: job.description,
        money: Money(amount: amounts[job.name] ?? job.money.amount, currency: job.money.currency),
        statementDescriptorSuffix: job.statementDescriptorSuffix, schedule: job.schedule, missed: job.missed,
        policy: job.policy)
    }
  }

  /// The same file through another connection, as a new process has it.
  func reopened() throws -> Ledger {
    let heard = Locked<Judge?>(judge)
    return try Self.open(path, seed: plan.seed, timeline, disk, heard, planted)
  }

  func close() throws {
    // They hold on to the world, and it to them.
    memory.withLock {
      $0.serve = nil
      $0.serveEngine = nil
      $0.living = []
    }
    try judge.ledger.close()
    try ledger.close()
  }

  /// The program as one process runs it.
  func engine(of process: SimulatedProcess, on ledger: Ledger) -> Engine {
    let timeline = timeline
    let wall = WallClock(
      now: { timeline.now + process.skew(at: timeline.now) },
      sleep: { duration in
        if process.isDead { throw Death() }
        await timeline.sleep(duration)
        if process.isDead { throw Death() }
      }, elapsed: { .milliseconds(timeline.now.milliseconds) })
    let http = planted?.wire(wire.client(of: process), in: self) ?? wire.client(of: process)
    let stripe = StripeClient(
      http: http,
      configuration: StripeConfiguration(
        apiKey: "sk_test_world", apiBase: "http://127.0.0.1:12111", apiVersion: "2026-10-28.endive",
        timeout: .seconds(80), userAgent: "Dues/simulated"),
      pacer: Pacer(
        requestsPerSecond: 1000, requestsPerSecondPerEndpoint: 1000,
        now: { .milliseconds(timeline.now.milliseconds) },
        sleep: { await timeline.sleep($0) }),
      serverTime: ServerTime(localNow: wall.now, elapsed: wall.elapsed))
    return Engine(
      ledger: ledger, stripe: stripe, mail: mailDesk(of: process),
      merchant: .url("http://127.0.0.1:9/hook", WebhookSecret("whsec_dGVzdA=="), merchant(of: process)),
      links: Links(publicURL: plan.hasPages ? "http://127.0.0.1:8080" : nil, secret: Self.linkSecret),
      settings: settings(), clock: wall, logger: Logger(label: "world") { _ in SwiftLogNoOpLogHandler() })
  }

  private static var linkSecret: LinkSecret {
    guard let secret = LinkSecret("a secret that is long enough for links") else { preconditionFailure("bad secret") }
    return secret
  }

  private func settings() -> EngineSettings {
    let (broken, rolled) = memory.withLock { ($0.brokenJobs, $0.keysRolled) }
    let jobs = jobs.map { job in
      (job.name, broken.contains(job.name) ? EngineSettings.JobState.broken("line 3: what is this?") : .good(job))
    }
    return EngineSettings(
      jobs: Dictionary(uniqueKeysWithValues: jobs), policy: plan.policy,
      methods: .list(["card", "us_bank_account", "sepa_debit"]), checkoutUI: .hostedPage, maxInFlight: plan.maxInFlight,
      catchUp: plan.catchUp,
      notices: plan.notices, alertEmail: nil, maxCharge: plan.maxCharge, maxTickTotal: plan.maxTickTotal,
      stopAtDeclinesPerMille: plan.stopAtDeclines,
      website: "https://acme.example",
      locale: "en", isLive: false, keyDigest: "test \(rolled)", zone: .utc)
  }

  private func mailDesk(of process: SimulatedProcess) -> MailDesk {
    MailDesk(
      transport: MailTransport { [self] message async throws(MailError) in try await deliver(message, process) },
      from: MailAddress(name: "Acme", address: "billing@acme.example"), replyTo: nil, templates: templates,
      business: Business(name: "Acme", supportEmail: "help@acme.example", color: nil, logo: nil))
  }
}
