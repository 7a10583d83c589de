import ArgumentParser
import Domain
import Storage

struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job",
    abstract: "The recurring charges, as jobs/NAME.toml describes them.",
    discussion: """
      Example:
        dues job list
        dues job check
        dues job apply gold --from 2027-05-01
      """,
    subcommands: [JobListCommand.self, JobCheckCommand.self, JobApplyCommand.self])
}

struct JobListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the jobs, with the next date on which each charges somebody.",
    discussion: """
      Example:
        dues job list
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let uses = try Self.uses(of: program.ledger)
      let jobs = program.jobs.jobs.values.sorted { $0.name < $1.name }
      if common.json {
        for job in jobs { StandardStreams.out(try JSONText.of(JobText(job, uses[job.name]))) }
      } else {
        Self.table(jobs, uses).lines.forEach(StandardStreams.out)
      }
      if let problem = program.jobs.unreadable { StandardStreams.error("dues: \(problem)") }
      for broken in program.jobs.broken { StandardStreams.error("dues: \(broken)") }
    }
  }

  private static func table(_ jobs: [Job], _ uses: [String: JobUse]) -> TextTable {
    var table = TextTable([
      .init("JOB"), .init("AMOUNT", .right), .init("ACTIVE", .right), .init("NEXT DUE"), .init("SCHEDULE"),
    ])
    for job in jobs {
      let use = uses[job.name]
      table.add([
        job.name, "\(job.money)", String(use?.active ?? 0), use?.nextDueAt?.description ?? "-", "\(job.schedule)",
      ])
    }
    return table
  }

  private static func uses(of ledger: Ledger) throws -> [String: JobUse] {
    var uses: [String: JobUse] = [:]
    try ledger.eachAgreement { agreement in
      guard agreement.state == .active else { return }
      var use = uses[agreement.job] ?? JobUse()
      use.active += 1
      if let next = agreement.nextDueAt { use.nextDueAt = min(use.nextDueAt ?? next, next) }
      uses[agreement.job] = use
    }
    return uses
  }
}

struct JobCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Reads every job file, and names each mistake by file and line; exits 78 if there is one.",
    discussion: """
      Needs neither the ledger nor Stripe, so that it can run before the files are put in place.

      Example:
        dues job check
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let configuration = try Configuration.load(common)
    let catalog = JobFiles.load(directory: configuration.paths.jobs, configuration: configuration)
    for job in catalog.jobs.values.sorted(by: { $0.name < $1.name }) {
      let text = "ok    \(job.name): \(job.money) \(job.schedule)"
      StandardStreams.out(common.json ? try JSONText.of(JobText(job, nil)) : text)
    }
    for warning in catalog.warnings { StandardStreams.error("dues: \(warning)") }
    if let problem = catalog.unreadable { throw CommandFailure(exit: .configuration, message: "\(problem)") }
    guard catalog.broken.isEmpty else {
      let all = catalog.broken.map(\.description).joined(separator: "\ndues: ")
      throw CommandFailure(exit: .configuration, message: all)
    }
  }
}

/// Who is charged by a job.
struct JobUse {
  var active = 0
  var nextDueAt: Timestamp?
}

/// One line of `job list --json`.
private struct JobText: Encodable {
  let job: Job
  let use: JobUse?

  init(_ job: Job, _ use: JobUse?) {
    self.job = job
    self.use = use
  }

  enum Key: String, CodingKey {
    case name, description, amount, currency, every, at, timeZone = "time_zone", missed, active
    case nextDueAt = "next_due_at"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(job.name, forKey: .name)
    try object.encode(job.description, forKey: .description)
    try object.encode(job.money.amount, forKey: .amount)
    try object.encode(job.money.currency.code, forKey: .currency)
    try object.encode("\(job.schedule.every)", forKey: .every)
    try object.encode("\(job.schedule.at)", forKey: .at)
    try object.encode(job.schedule.zone.identifier, forKey: .timeZone)
    try object.encode(job.missed.rawValue, forKey: .missed)
    try object.encode(use?.active ?? 0, forKey: .active)
    try object.encode(use?.nextDueAt?.description, forKey: .nextDueAt)
  }
}

extension JobCatalog {
  /// A job by its name, as a person typed it.
  ///
  /// - Throws: ``CommandFailure``: 65 for a name that no job has, 78 for a job whose file has a mistake.
  func job(named name: String) throws(CommandFailure) -> Job {
    if let job = jobs[name] { return job }
    let errors = errors(of: name)
    if !errors.isEmpty {
      throw CommandFailure(exit: .configuration, message: errors.map(\.description).joined(separator: "\ndues: "))
    }
    if let unreadable { throw CommandFailure(exit: .configuration, message: "\(unreadable)") }
    let known = jobs.keys.sorted()
    let near = Spelling.nearest(to: name, among: known)
    let remedy =
      near.map { "did you mean \"\($0)\"?" }
      ?? (known.isEmpty ? "there is none yet" : "there are \(known.joined(separator: ", "))")
    throw .badInput("there is no job \"\(name)\"; \(remedy)")
  }
}
