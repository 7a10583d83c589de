import Domain
import Storage
import Templates

/// A charge as `charge show` prints it for a person.
struct ChargeSheet {
  let report: ChargeReport
  let links: Links
  /// `nil` where nothing will be tried.
  let attemptsLeft: AttemptsLeft?

  var lines: [String] {
    var sheet = FactSheet()
    addCharge(to: &sheet)
    addRecovery(to: &sheet)
    addMessages(to: &sheet)
    return sheet.lines + attempts
  }

  private var charge: Charge { report.charge }

  private func addCharge(to sheet: inout FactSheet) {
    sheet.add("charge", "\(charge.id) (customers read \(ShortReference.text(charge.id)))")
    sheet.add("state", charge.state.rawValue + (charge.cancelRequested ? ", to be canceled" : ""))
    sheet.add("held because", charge.heldReason.map { "\($0.rawValue): \($0.advice)" })
    sheet.add("amount", "\(charge.money)")
    sheet.add("for", charge.description)
    sheet.add("customer", charge.customer.label(report.customer))
    sheet.add("due", "\(charge.dueAt)")
    switch charge.origin {
    case .period(let agreement, let period, let job):
      sheet.add("agreement", "\(agreement), job \(job), period \(period)")
    case .key(let key): sheet.add("key", key)
    }
    sheet.add(
      "payment method",
      charge.paymentMethod.map { id in "\(id)" + (report.method.map { " (\($0.label))" } ?? "") } ?? "none")
    sheet.add(
      "attempts left", attemptsLeft.map { "\($0.ofCharge) of this charge, \($0.ofCard) on this card within 30 days" })
    sheet.add("intent", charge.paymentIntent?.text)
    sheet.add("paid", charge.paidAt.map { "\($0), \(charge.paidBy?.words ?? "")" })
    if charge.amountRefunded > 0 {
      sheet.add("refunded", "\(Money(amount: charge.amountRefunded, currency: charge.money.currency))")
    }
    sheet.add("disputed", charge.disputedAt?.description)
    for (key, value) in charge.metadata.sorted(by: { $0.key < $1.key }) { sheet.add("metadata", "\(key)=\(value)") }
  }

  private func addRecovery(to sheet: inout FactSheet) {
    guard let recovery = report.recovery else { return }
    let live = report.checkout.flatMap { $0.state == .open ? $0 : nil }
    sheet.add("link", links.recovery(charge.id) ?? live?.url)
    sheet.add("checkout", live?.session.map { "\($0), open until \(live?.expiresAt.description ?? "?")" })
    guard recovery.endedAt == nil else { return }
    sheet.add(
      "next retry",
      recovery.nextRetryAt?.description ?? """
        none (\(recovery.noRetry?.rawValue ?? "not planned"))
        """)
    sheet.add("deadline", recovery.deadline.description)
  }

  private func addMessages(to sheet: inout FactSheet) {
    for notice in report.notices where notice.state == "sent" {
      sheet.add("mail", "\(notice.kind.rawValue) to \(notice.to ?? "?"), \(notice.sentAt?.description ?? "?")")
    }
    if let fulfillment = report.fulfillment {
      sheet.add("fulfillment", "\(fulfillment.state)\(fulfillment.deliveredAt.map { ", \($0)" } ?? "")")
    }
  }

  private var attempts: [String] {
    guard !report.attempts.isEmpty else { return [] }
    var table = TextTable([.init("ATTEMPT", .right), .init("SENT"), .init("STATE"), .init("WHY")])
    for attempt in report.attempts {
      let codes = [attempt.declineCode ?? attempt.code, attempt.remedy.map { "(\($0.rawValue))" }].compactMap(\.self)
      let why = codes.isEmpty ? attempt.reason ?? "" : codes.joined(separator: " ")
      table.add([String(attempt.number), attempt.sentAt?.description ?? "", attempt.state.rawValue, why])
    }
    return [""] + table.lines
  }
}

extension CustomerID {
  /// `cus_1 (Ada Lovelace, ada@example.com)`.
  func label(_ customer: Customer?) -> String {
    let known = [customer?.name, customer?.email].compactMap(\.self).joined(separator: ", ")
    return known.isEmpty ? text : "\(text) (\(known))"
  }
}

extension PaidBy {
  fileprivate var words: String {
    switch self {
    case .offSession: "off session"
    case .checkout: "through Checkout"
    case .onSession: "on our page"
    case .outside: "outside of Dues"
    }
  }
}
