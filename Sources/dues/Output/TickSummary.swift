import Engine

/// A tick in a sentence, for the journal: `2 planned, 2 attempted: 1 paid, 1 declined; 1 link, 1 mail (812 ms)`.
struct TickSummary {
  let report: TickReport

  var text: String {
    let attempts = counts([
      (report.paid, "paid"), (report.processing, "processing"), (report.declined, "declined"),
      (report.unresolved, "unresolved"), (report.held, "held"),
    ])
    let charged = counts([
      (report.planned, "planned"), (report.attempted, "attempted"), (report.retried, "of them retried"),
    ])
    let after = counts([
      (report.linksCreated, report.linksCreated == 1 ? "link" : "links"),
      (report.emailsSent, report.emailsSent == 1 ? "mail" : "mails"), (report.fulfilled, "told to your system"),
      (report.eventsApplied, report.eventsApplied == 1 ? "event applied" : "events applied"),
      (report.errors, report.errors == 1 ? "error (see the log)" : "errors (see the log)"),
    ])
    let charging = [charged, attempts].filter { !$0.isEmpty }.joined(separator: ": ")
    let parts = [charging, after].filter { !$0.isEmpty }
    return "\(parts.isEmpty ? "nothing to do" : parts.joined(separator: "; ")) (\(report.durationMs) ms)"
  }

  private func counts(_ counts: [(Int, String)]) -> String {
    counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
