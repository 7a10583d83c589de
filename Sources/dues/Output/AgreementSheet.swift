import Domain
import Storage

/// An agreement as `agreement show` prints it for a person.
struct AgreementSheet {
  let agreement: Agreement
  let method: PaymentMethod?
  let customer: Customer?

  var lines: [String] {
    var sheet = FactSheet()
    sheet.add("agreement", agreement.id.text)
    sheet.add("state", agreement.state.rawValue)
    sheet.add("customer", agreement.customer.label(customer))
    sheet.add("job", agreement.job)
    sheet.add("amount", "\(agreement.money) for \(agreement.description)")
    sheet.add(
      "schedule", agreement.start.map { agreement.schedule.sentence(from: $0) } ?? agreement.schedule.description)
    sheet.add("start", agreement.start?.description ?? "the day a setup is completed")
    sheet.add("next due", agreement.nextDueAt?.description ?? "not while it is \(agreement.state.rawValue)")
    sheet.add(
      "payment method",
      agreement.paymentMethod.map { id in "\(id)" + (method.map { " (\($0.label))" } ?? "") } ?? "none")
    sheet.add("key", agreement.key)
    sheet.add("consent", agreement.consent)
    return sheet.lines
  }
}

extension AgreementSheet {
  init(_ agreement: Agreement, ledger: Ledger) throws {
    self.init(
      agreement: agreement, method: try agreement.paymentMethod.flatMap { try ledger.paymentMethod($0) },
      customer: try ledger.customer(agreement.customer))
  }
}
