import Domain
import Engine

/// What `dues reconcile` says to a person.
struct ReconcileSheet {
  let report: ReconcileReport

  var lines: [String] {
    var lines = [
      "compared \(report.intents) \(report.intents == 1 ? "intent" : "intents") and \(report.sessions) "
        + "\(report.sessions == 1 ? "session" : "sessions") of this ledger at Stripe; "
        + "\(report.adopted) had been missed and \(report.adopted == 1 ? "is" : "are") recorded now"
    ]
    for duplicate in report.duplicates {
      let done =
        duplicate.refund ?? (duplicate.isProven ? "give it back with --refund-duplicates" : "look at both first")
      lines.append(
        "paid twice: \(duplicate.charge), \(duplicate.paymentIntent) is one too many (\(duplicate.amount) "
          + "\(duplicate.currency)): \(done)")
    }
    for stranger in report.strangers {
      lines.append(
        "not in the ledger: \(stranger.id) (\(stranger.status)), for \(stranger.charge.isEmpty ? "no charge" : stranger.charge)"
      )
    }
    for paid in report.perhapsPaid {
      lines.append(
        "perhaps paid outside: \(paid.charge), the same customer has paid just that through \(paid.paymentIntent)")
    }
    return lines
  }
}
