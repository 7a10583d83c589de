import ArgumentParser
import Domain
import Engine
import Storage

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Tells what was charged, failed, came back and how, and was lost.",
    discussion: """
      By month of the failure, by job and by decline, each currency on its own. What the figures mean is printed with them \
      and does not change. This month and the two before, if nothing is said.

      Example:
        dues report
        dues report --from 2027-01-01 --to 2027-03-31 --csv > q1.csv
        dues report --json | jq .months
      """)

  @Option(help: "The first day; the first of the month two months ago if not said.")
  var from: CivilDate?

  @Option(help: "The last day; today if not said.")
  var to: CivilDate?

  @Flag(help: "Comma-separated values, one line for each group and currency.")
  var csv = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if csv, common.json { throw ValidationError("--csv and --json are two forms of the same; choose one") }
    if let from, let to, to < from { throw ValidationError("--to \(to) is before --from \(from)") }
  }

  func run() async throws {
    try await Program.run(common, .ledger) { program in
      let zone = program.configuration.business.zone
      let now = program.now
      let last = to ?? zone.date(at: now)
      let first = from ?? last.adding(days: 1 - last.day).adding(months: -2)
      guard first <= last else { throw CommandFailure.badInput("--from \(first) is after \(last), the last day") }
      let report = try RecoveryReport(
        program.ledger, from: Moment.date(first).timestamp(in: zone),
        before: Moment.date(last.adding(days: 1)).timestamp(in: zone), zone: zone, now: now)
      let sheet = ReportSheet(report: report, first: first, last: last)
      if common.json {
        StandardStreams.out(try JSONText.of(ReportText(report, first, last)))
      } else {
        (csv ? sheet.csv : sheet.lines).forEach(StandardStreams.out)
      }
    }
  }
}

/// A report for a person, or as CSV.
struct ReportSheet {
  let report: RecoveryReport
  let first: CivilDate
  let last: CivilDate

  private typealias End = RecoveryReport.End

  var lines: [String] {
    var lines = ["From \(first) to \(last)", ""] + paid
    guard !report.months.isEmpty else { return lines + ["", "Nothing failed at its first try."] }
    for (title, rows) in [("MONTH", report.months), ("JOB", report.jobs), ("DECLINE", report.declines)] {
      lines += [""] + table(title, rows)
    }
    if !report.unknownCodes.isEmpty {
      let codes = report.unknownCodes.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
      lines +=
        [""]
        + "Codes that Dues does not know, and treats with care: \(codes.joined(separator: ", ")).".wrapped(indent: 0)
    }
    return lines + [""] + RecoveryReport.definition.wrapped(indent: 0)
  }

  private var paid: [String] {
    guard !report.firstTime.isEmpty else { return ["Nothing was paid at its first try."] }
    var table = TextTable([.init("PAID AT THE FIRST TRY"), .init("CHARGES", .right), .init("SUM", .right)])
    for row in report.firstTime { table.add([row.job ?? "one-offs", String(row.count), "\(row.money)"]) }
    let back =
      report.givenBack.isEmpty ? [] : ["Given back since: \(report.givenBack.map { "\($0)" }.joined(separator: ", "))."]
    return table.lines + back
  }

  /// Money by how it came back; the widest amounts of a month fit 80 columns without their currency.
  private func table(_ title: String, _ rows: [RecoveryReport.Row]) -> [String] {
    var table = TextTable(
      [.init(title), .init("CUR"), .init("FAILED", .right), .init("BACK", .right)]
        + [.init("RETRY", .right), .init("LINK", .right), .init("AUTH", .right), .init("CARD", .right)]
        + [.init("OUTSIDE", .right), .init("LOST", .right), .init("OPEN", .right)])
    for row in rows {
      let ends: [End] = [.silentRetry, .link, .authentication, .updatedCard, .outside, .lost, .open]
      table.add(
        [row.group.cut(to: 22), row.currency.code.uppercased(), row.text(row.failed), row.rate]
          + ends.map { row.text(row.ends[$0] ?? .init()) })
    }
    return table.lines
  }

  var csv: [String] {
    let ends = End.allCases
    let header =
      ["by", "group", "currency", "failed", "failed_amount"] + ends.flatMap { [$0.rawValue, "\($0.rawValue)_amount"] }
    let tables = [("month", report.months), ("job", report.jobs), ("decline", report.declines)]
    let rows = tables.flatMap { by, rows in
      rows.map { row in
        ([by, row.group, row.currency.code, String(row.failed.count), String(row.failed.amount)]
          + ends.flatMap { end in [String(row.ends[end]?.count ?? 0), String(row.ends[end]?.amount ?? 0)] })
          .joined(separator: ",")
      }
    }
    return [header.joined(separator: ",")] + rows
  }
}

extension RecoveryReport.Row {
  fileprivate func text(_ sum: RecoveryReport.Sum) -> String {
    guard sum.count > 0 else { return "-" }
    // Without the currency, which has its own column.
    return "\(Money(amount: sum.amount, currency: currency))".split(separator: " ").first.map(String.init) ?? ""
  }

  fileprivate var rate: String { recoveredPerMille.map { "\($0 / 10).\($0 % 10)%" } ?? "open" }
}

/// The document of `report --json`.
private struct ReportText: Encodable {
  let from: String
  let to: String
  let months: [RowText]
  let jobs: [RowText]
  let declines: [RowText]
  let paid_at_first_try: [PaidText]
  let given_back: [String: Int64]
  let unknown_codes: [String: Int]
  let definition = RecoveryReport.definition

  init(_ report: RecoveryReport, _ first: CivilDate, _ last: CivilDate) {
    from = "\(first)"
    to = "\(last)"
    months = report.months.map(RowText.init)
    jobs = report.jobs.map(RowText.init)
    declines = report.declines.map(RowText.init)
    paid_at_first_try = report.firstTime.map(PaidText.init)
    given_back = Dictionary(uniqueKeysWithValues: report.givenBack.map { ($0.currency.code, $0.amount) })
    unknown_codes = report.unknownCodes
  }
}

private struct RowText: Encodable {
  private struct SumText: Encodable {
    let count: Int
    let amount: Int64
  }

  private let group: String
  private let currency: String
  private let failed: SumText
  private let ends: [String: SumText]
  private let recovered_per_mille: Int64?

  init(_ row: RecoveryReport.Row) {
    group = row.group
    currency = row.currency.code
    failed = SumText(count: row.failed.count, amount: row.failed.amount)
    ends = Dictionary(
      uniqueKeysWithValues: RecoveryReport.End.allCases.map { end in
        let sum = row.ends[end] ?? .init()
        return (end.rawValue, SumText(count: sum.count, amount: sum.amount))
      })
    recovered_per_mille = row.recoveredPerMille
  }
}

private struct PaidText: Encodable {
  let job: String?
  let count: Int
  let amount: Int64
  let currency: String

  init(_ paid: FirstTimePaid) {
    job = paid.job
    count = paid.count
    amount = paid.money.amount
    currency = paid.money.currency.code
  }
}
