import ArgumentParser
import Domain
import Engine
import Storage

struct RehearseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rehearse",
    abstract: "Lets the real engine live through a time on a copy of the ledger.",
    discussion: """
      With the sandbox in place of Stripe, and a clock of its own: every charge, retry, mail and date. Nothing is sent, \
      charged or changed. Cards that have expired by then decline, and of the others --declines; customers do nothing.

      Example:
        dues rehearse --from 2027-03-01 --to 2027-03-31
        dues rehearse --to 2027-12-31 --declines 0.05 --csv > year.csv
      """)

  @Option(help: "The first moment or day, not past; now if not said.")
  var from: Moment?

  @Option(help: "The last moment or day.")
  var to: Moment

  @Option(help: "The share of tries that banks decline for lack of money, 0 to 1.")
  var declines = 0.0

  @Option(help: "Other tries decline with another seed.")
  var seed = "1"

  @Flag(help: "Comma-separated values instead of sentences.")
  var csv = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (0...1).contains(declines) else { throw ValidationError("--declines \(declines) is not a share from 0 to 1") }
    if csv, common.json { throw ValidationError("--csv and --json are two forms of the same; choose one") }
  }

  func run() async throws {
    try await Program.run(common, .ledgerAndMail) { program in
      let zone = program.configuration.business.zone
      let now = program.now
      if let from, from.end(in: zone) < now {
        throw CommandFailure.badInput("--from is past; write today or a later day, or leave it out for now")
      }
      // Of today, what is left of it.
      let start = max(from?.timestamp(in: zone) ?? now, now)
      let end = to.end(in: zone)
      guard start < end else { throw CommandFailure.badInput("--to is not after --from; write a later day") }
      guard end - start <= .days(3660) else {
        throw CommandFailure.badInput("--to is more than ten years after --from")
      }
      let sheet = RehearsalSheet(zone: zone)
      if csv { StandardStreams.out(RehearsalSheet.header) }
      let rehearsal = Rehearsal(
        program: program, from: start, to: end, declinesPerMille: Int((declines * 1000).rounded()), seed: seed)
      let outcome = try await rehearsal.run { entry in
        if common.json {
          StandardStreams.out(try JSONText.of(RehearsedText(entry)))
        } else if csv {
          StandardStreams.out(sheet.row(entry))
        } else if let line = sheet.line(entry) {
          line.forEach(StandardStreams.out)
        }
      }
      if !common.json, !csv { sheet.summary(outcome, until: end).forEach(StandardStreams.out) }
    }
  }
}

/// A rehearsal's log.
struct RehearsalSheet {
  let zone: ScheduleZone

  static let header = "at,what,charge,agreement,job,customer,amount,currency,detail"

  /// What a person wants to read; the rest stands in `--csv` and `--json`.
  private static let told: Set<Happening> = [
    .held, .attemptConcluded, .recoveryOpened, .retryPlanned, .noRetry, .paid, .processing, .uncollectible,
    .noticeSent, .noticeDropped, .noticeRefused, .agreementPaused, .agreementCanceled, .termsChanged,
  ]

  func line(_ entry: LedgerEntry) -> [String]? {
    guard Self.told.contains(entry.entry.what) else { return nil }
    // That it was paid is the next line.
    if entry.entry.what == .attemptConcluded, entry.entry.detail["state"] == AttemptState.succeeded.rawValue {
      return nil
    }
    let about = [
      entry.money.map { "\($0)" }, entry.job, entry.charge?.text ?? entry.agreement?.text,
    ].compactMap { $0 }.joined(separator: " ")
    return entry.entry.sentence.wrapped(indent: 18, first: "\(zone.minute(at: entry.entry.at))  \(about): ")
  }

  /// RFC 4180.
  func row(_ entry: LedgerEntry) -> String {
    let fields: [String?] = [
      entry.entry.at.description, entry.entry.what.rawValue, entry.charge?.text, entry.agreement?.text, entry.job,
      entry.customer?.text, entry.money.map { String($0.amount) }, entry.money?.currency.code, entry.entry.sentence,
    ]
    return fields.map { field in
      let text = field ?? ""
      guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
      return "\"\(text.replacing("\"", with: "\"\""))\""
    }.joined(separator: ",")
  }

  func summary(_ outcome: Rehearsal.Outcome, until end: Timestamp) -> [String] {
    var lines = [
      "", "Until \(zone.minute(at: end)): \(outcome.attempted) tries, \(outcome.mails) mails, \(outcome.ticks) ticks.",
      "Paid \(outcome.paid); given up \(outcome.failed).",
    ]
    if outcome.leftOut.inFlight > 0 {
      lines.append("Left out: \(outcome.leftOut.inFlight) charges with something on its way at Stripe.")
    }
    return lines
  }
}

/// One line of `rehearse --json`.
private struct RehearsedText: Encodable {
  let at: String
  let what: String
  let charge: String?
  let agreement: String?
  let job: String?
  let customer: String?
  let amount: Int64?
  let currency: String?
  let detail: [String: String]
  let text: String

  init(_ entry: LedgerEntry) {
    at = entry.entry.at.description
    what = entry.entry.what.rawValue
    charge = entry.charge?.text
    agreement = entry.agreement?.text
    job = entry.job
    customer = entry.customer?.text
    amount = entry.money?.amount
    currency = entry.money?.currency.code
    detail = entry.entry.detail
    text = entry.entry.sentence
  }
}
