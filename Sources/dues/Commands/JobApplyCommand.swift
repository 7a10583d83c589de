import ArgumentParser
import Domain
import Engine
import Storage

struct JobApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Moves the agreements of a job to its file's amount and schedule, from a date on.",
    discussion: """
      Shown before it is done. What is charged already, and what falls due before that date, stays as it was agreed. The \
      same interval keeps each agreement's own day; another interval counts from the date. Tell your customers first.

      Example:
        dues job apply gold --from 2027-05-01 --check
        dues job apply gold --from 2027-05-01
      """)

  @Argument(help: "The job: a file of the jobs directory, without .toml.")
  var job: String

  @Option(help: "Periods due on this date or later are charged by the file.")
  var from: CivilDate

  @Flag(help: "Only show what would change.")
  var check = false

  @Flag(help: "Do it without asking.")
  var yes = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let job = try program.jobs.job(named: job)
      try await program.hearTime()
      let change = TermsChange(from: from, terms: job.terms)
      let plan = try ApplyPlan(change, of: job.name, program.ledger) { today(for: $0, program) }
      if !common.json { plan.lines.forEach(StandardStreams.out) }
      guard !check, !plan.moves.isEmpty else { return try tellJSON(plan, done: 0) }
      try Consent.ask("Move \(plan.moves.count) agreements of job \(job.name) from \(from) on?", yes: yes)
      var done = 0
      for move in plan.moves {
        // One that was ended, or charged, in this moment is left as it is, and said.
        do {
          _ = try program.ledger.change(
            move.before.id, to: change, today: today(for: move.before, program), at: program.now)
          done += 1
        } catch LedgerError.cannot(let why) {
          StandardStreams.error("dues: \(why)")
        }
      }
      try tellJSON(plan, done: done)
      if !common.json { StandardStreams.out("\(done) moved.") }
    }
  }

  private func today(for agreement: Agreement, _ program: Program) -> CivilDate {
    agreement.schedule.zone.date(at: program.now)
  }

  private func tellJSON(_ plan: ApplyPlan, done: Int) throws {
    guard common.json else { return }
    StandardStreams.out(
      try JSONText.of(
        ApplyText(moved: done, toMove: plan.moves.count, unchanged: plan.unchanged, refused: plan.refused)))
  }
}

private struct ApplyText: Encodable {
  let moved: Int
  let toMove: Int
  let unchanged: Int
  let refused: [String]

  enum CodingKeys: String, CodingKey { case moved, toMove = "to_move", unchanged, refused }
}

/// What applying new terms would come to, agreement by agreement.
struct ApplyPlan {
  struct Move {
    let before: Agreement
    /// The first period by the new terms.
    let first: Period?
    let after: Agreement

    var to: Money { after.change?.terms.money ?? after.money }
    var zone: ScheduleZone { after.change?.terms.schedule.zone ?? after.schedule.zone }
  }

  private let schedule: Schedule
  private(set) var moves: [Move] = []
  /// On the file's terms already, or planned to be.
  private(set) var unchanged = 0
  /// Sentences: why an agreement cannot be moved.
  private(set) var refused: [String] = []

  init(_ change: TermsChange, of job: String, _ ledger: Ledger, today: (Agreement) -> CivilDate) throws {
    schedule = change.terms.schedule
    try ledger.eachAgreement { agreement in
      guard agreement.job == job, agreement.state != .canceled else { return }
      let planned = agreement.terms == change.terms ? nil : change
      if agreement.change == planned {
        unchanged += 1
        return
      }
      if let why = agreement.whyNot(
        change, today: today(agreement), lastPeriod: try ledger.lastPeriod(of: agreement.id)?.text)
      {
        refused.append("\(agreement.id) \(why)")
        return
      }
      var after = agreement
      after.change = planned
      let first = after.turns.first { $0.period.date >= change.from }
      moves.append(Move(before: agreement, first: first?.period, after: first?.agreement ?? after))
    }
  }

  /// What changes, then each agreement, then the whole in a line.
  var lines: [String] {
    var lines: [String] = []
    if !moves.isEmpty {
      lines += schedules + [""]
      var table = TextTable([
        .init("AGREEMENT"), .init("FROM", .right), .init("TO", .right), .init("FIRST DUE"), .init("CUSTOMER"),
      ])
      for move in moves {
        table.add([
          move.before.id.text, "\(move.before.money)", "\(move.to)",
          move.first.map { "\(move.zone.minute(at: $0.dueAt)) \(move.zone.identifier)" }
            ?? (move.before.start == nil ? "once begun" : "never"),
          move.before.customer.text,
        ])
      }
      lines += table.lines
    }
    lines += refused.map { "not moved: \($0)" }
    lines.append("\(moves.count) to move, \(unchanged) as the file has it, \(refused.count) that cannot be moved.")
    return lines
  }

  /// Each schedule that somebody has now, and the one that all get.
  private var schedules: [String] {
    Set(moves.map { "\($0.before.schedule)" }).sorted().map { old in
      old == "\(schedule)" ? "Charged \(old), as before." : "Charged \(schedule); now \(old)."
    }
  }
}
