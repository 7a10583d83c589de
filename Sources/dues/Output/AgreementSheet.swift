import Domain
import Engine
import Storage

/// An agreement as `agreement show` prints it for a person.
struct AgreementSheet {
  let agreement: Agreement
  let method: PaymentMethod?
  let mandateHasEnded: Bool
  /// The setup whose bank is still verifying what is to be charged.
  let verifying: SetupRecord?
  let customer: Customer?
  let history: [HistoryEntry]

  private var noDate: String {
    agreement.isFinished ? "never: its schedule has come to its end" : "not while it is \(agreement.state.rawValue)"
  }

  var lines: [String] {
    var sheet = FactSheet()
    sheet.add("agreement", agreement.id.text)
    sheet.add("state", agreement.state.rawValue)
    sheet.add("customer", agreement.customer.label(customer))
    sheet.add("job", agreement.job)
    sheet.add("amount", "\(agreement.money) for \(agreement.description)")
    sheet.add(
      "schedule", agreement.anchor.map { agreement.schedule.sentence(from: $0) } ?? agreement.schedule.description)
    sheet.add("start", agreement.start?.description ?? "the day a setup is completed")
    sheet.add("next due", agreement.nextDueAt?.description ?? noDate)
    sheet.add(
      "planned",
      agreement.change.map { "from \($0.from) on \($0.terms.money) for \($0.terms.description), \($0.terms.schedule)" })
    sheet.add(
      "skipped", agreement.skipped.isEmpty ? nil : agreement.skipped.map(\.text).sorted().joined(separator: ", "))
    sheet.add(
      "payment method",
      agreement.paymentMethod.map { id in "\(id)" + (method.map { " (\($0.label))" } ?? "") } ?? "none")
    sheet.add("mandate", method?.mandate.map { "\($0)\(mandateHasEnded ? ", which has ended" : "")" })
    sheet.add("verifying", verifying?.session.map { "the bank has not verified yet what was entered in \($0)" })
    sheet.add("key", agreement.key)
    sheet.add("consent", agreement.consent)
    let story = history.flatMap { $0.sentence.wrapped(indent: 22, first: "\($0.at)  ") }
    return sheet.lines + (story.isEmpty ? [] : [""] + story)
  }
}

extension AgreementSheet {
  init(_ agreement: Agreement, ledger: Ledger) throws {
    let latest = try ledger.latestSetup(of: agreement.customer, job: agreement.job)
    self.init(
      agreement: agreement, method: try agreement.paymentMethod.flatMap { try ledger.paymentMethod($0) },
      mandateHasEnded: try agreement.paymentMethod.map { try ledger.mandateHasEnded(of: $0) } ?? false,
      verifying: latest?.state == .verifying && latest?.agreement == agreement.id ? latest : nil,
      customer: try ledger.customer(agreement.customer), history: try ledger.history(agreement: agreement.id))
  }
}
