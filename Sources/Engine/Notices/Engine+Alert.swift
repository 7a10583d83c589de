import Domain
import Logging
import Storage
import Transport

/// Telling the operator by mail that something needs a person: at most once a day for each cause.
extension Engine {
  /// Due for so long although ticks run: something keeps them from being sent.
  private static let dueTooLong = Duration.hours(2)

  /// Whether charges grow old although the timer runs; said, and taken back.
  func judgeLateness() throws {
    if let oldest = try ledger.oldestDue(at: now), now - oldest > Self.dueTooLong {
      try ledger.raise(
        .overdue, "charges", advice: "the oldest has been due since \(oldest): \(HumanMatter.overdue.advice)", at: now)
    } else {
      try ledger.clear(.overdue, "charges", at: now)
    }
  }

  /// What `serve` does now and then: it lives while the timer may be dead.
  package func watch() async {
    do {
      // A machine that was paused has lost what passed meanwhile, until Stripe tells it.
      if isClockOff { try await readIfUnread() }
    } catch {
      logger.error("what time it is could not be learned", metadata: ["reason": "\(error)"])
    }
    do {
      let silent = try ledger.status(at: now).matters.filter { $0.kind == .timerSilent }
      for matter in silent { logger.error("\(matter.kind.rawValue): \(matter.advice)") }
      await alert(and: silent, at: now)
    } catch {
      logger.error("the ledger cannot be read", metadata: ["reason": "\(error)"])
    }
  }

  /// A mail that cannot be sent is tried again by the next tick: nothing is marked before it has gone.
  func alert(and more: [Matter] = [], at moment: Timestamp) async {
    guard let mail, let address = settings.alertEmail else { return }
    do {
      let matters = try ledger.mattersToAlert(and: more, at: moment)
      guard !matters.isEmpty else { return }
      let text = AlertText(matters)
      try await mail.transport.send(
        mail.message(
          subject: text.subject, text: text.plain, html: text.html, id: "alert.\(moment.milliseconds)",
          to: MailAddress(address: address), at: moment))
      try ledger.alerted(Set(matters.map(\.kind)), at: moment)
    } catch {
      logger.error("the operator could not be written to", metadata: ["reason": "\(error)"])
    }
  }
}

/// What the operator reads.
struct AlertText {
  private static let most = 50
  private let matters: [Matter]

  init(_ matters: [Matter]) { self.matters = matters }

  /// `Dues: 3 held, 1 timer_silent`.
  var subject: String {
    let counts = Dictionary(grouping: matters, by: \.kind).map { ($0.key.rawValue, $0.value.count) }
    return "Dues: " + counts.sorted { $0.0 < $1.0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
  }

  private var lines: [String] {
    let shown = matters.prefix(Self.most).map { "\($0.kind.rawValue) \($0.subject), since \($0.since): \($0.advice)" }
    let rest = matters.count - shown.count
    return shown + (rest > 0 ? ["… and \(rest) more"] : []) + ["`dues status` shows all that stands."]
  }

  var plain: String { lines.map { "- \($0)\n" }.joined(separator: "\n") }

  var html: String {
    let paragraphs = lines.map { line in
      let safe = line.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      return "<p>\(safe)</p>"
    }
    return
      "<!doctype html><html lang=\"en\"><title>Dues</title><body>\(paragraphs.joined(separator: "\n"))</body></html>"
  }
}
