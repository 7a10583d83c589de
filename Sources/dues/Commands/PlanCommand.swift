import ArgumentParser
import Domain
import Engine
import Storage

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what would be charged, and when, without doing it.",
    discussion: """
      Periods of agreements, one-offs and planned retries in the order of time, then the totals by job and currency; 30 \
      days if not said. It supposes that nothing fails, and nobody pauses or changes anything. Times are the business's.

      Example:
        dues plan
        dues plan --until 2027-12-31 --by-day
        dues plan --json | jq -r 'select(.job == "gold").amount'
      """)

  @Option(help: "The last moment or day.")
  var until: Moment?

  @Flag(help: "Only the totals, also by day.")
  var byDay = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let zone = program.configuration.business.zone
      let now = program.now
      let end = until?.end(in: zone) ?? now + .days(30)
      guard end >= now else { throw CommandFailure.badInput("--until is in the past; write a later time") }
      let plan = Plan(
        program.ledger, now: now, until: end, catchUp: program.configuration.limits.catchUp,
        usableJobs: Set(program.jobs.jobs.keys))
      var totals = PlanTotals(zone: zone)
      var progress = Progress("planned", of: nil, linesGoOut: common.json || !byDay)
      for planned in plan {
        let planned = try planned.get()
        totals.add(planned)
        if common.json {
          StandardStreams.out(try JSONText.of(PlannedText(planned)))
        } else if !byDay {
          StandardStreams.out(Self.line(planned, zone))
        }
        progress.step()
      }
      progress.end()
      if !common.json { totals.lines(byDay: byDay, until: end).forEach(StandardStreams.out) }
      try Self.warn(program, until: end)
    }
  }

  /// What the plan is silent about.
  private static func warn(_ program: Program, until end: Timestamp) throws {
    for name in try program.ledger.jobsOfDueAgreements(by: end) where program.jobs.jobs[name] == nil {
      StandardStreams.error(
        "dues: jobs/\(name).toml is gone or has a mistake: its agreements wait, and are not in the plan")
    }
  }

  /// Of a fixed width, because nobody knows what is still to come.
  private static func line(_ planned: PlannedCharge, _ zone: ScheduleZone) -> String {
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let amount = "\(planned.money)"
    let name = planned.isRetry ? "retry \(planned.job ?? "")" : planned.job ?? "one-off"
    let space = String(repeating: " ", count: max(0, 14 - amount.count))
    return
      "\(zone.minute(at: planned.dueAt))  \(space)\(amount)  \(pad(name.cut(to: 16), 16))  \(planned.customer.text)"
  }
}

/// The sums of a plan.
struct PlanTotals {
  private let zone: ScheduleZone
  private var count = 0
  private var retries = 0
  private var all = Totals()
  private var byJob: [String: (count: Int, sums: Totals)] = [:]
  private var byDay: [CivilDate: (count: Int, sums: Totals)] = [:]

  init(zone: ScheduleZone) { self.zone = zone }

  mutating func add(_ planned: PlannedCharge) {
    count += 1
    retries += planned.isRetry ? 1 : 0
    all.add(planned.money)
    byJob[planned.job ?? "one-offs", default: (0, Totals())].count += 1
    byJob[planned.job ?? "one-offs", default: (0, Totals())].sums.add(planned.money)
    let day = zone.date(at: planned.dueAt)
    byDay[day, default: (0, Totals())].count += 1
    byDay[day, default: (0, Totals())].sums.add(planned.money)
  }

  func lines(byDay isByDay: Bool, until end: Timestamp) -> [String] {
    guard count > 0 else { return ["Nothing is due until \(zone.minute(at: end))."] }
    var lines: [String] = []
    if isByDay {
      lines += table("DAY", byDay.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) }) + [""]
    }
    lines += (isByDay ? [] : [""]) + table("JOB", byJob.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    let retried = retries == 0 ? "" : ", \(retries) of them retries"
    return lines + ["", "\(count) until \(zone.minute(at: end))\(retried): \(all)."]
  }

  private func table(_ title: String, _ rows: [(String, (count: Int, sums: Totals))]) -> [String] {
    var table = TextTable([.init(title), .init("CHARGES", .right), .init("SUM")], cutsLast: false)
    for (name, row) in rows { table.add([name, String(row.count), "\(row.sums)"]) }
    return table.lines
  }
}

/// One line of `plan --json`.
private struct PlannedText: Encodable {
  let planned: PlannedCharge

  init(_ planned: PlannedCharge) { self.planned = planned }

  enum Key: String, CodingKey { case charge, agreement, job, customer, amount, currency, dueAt = "due_at" }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(planned.charge, forKey: .charge)
    try object.encode(planned.agreement, forKey: .agreement)
    try object.encode(planned.job, forKey: .job)
    try object.encode(planned.customer, forKey: .customer)
    try object.encode(planned.money.amount, forKey: .amount)
    try object.encode(planned.money.currency.code, forKey: .currency)
    try object.encode(planned.dueAt.description, forKey: .dueAt)
  }
}

extension Moment {
  /// A day is meant whole.
  func end(in zone: ScheduleZone) -> Timestamp {
    switch self {
    case .time(let time): time
    case .date(let date): Moment.date(date.adding(days: 1)).timestamp(in: zone) - .milliseconds(1)
    }
  }
}
