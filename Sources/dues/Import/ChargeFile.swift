import Domain

/// A file of one-offs.
typealias ChargeFile = ImportFile<ChargeDraft>

/// A one-off that somebody wants, good in itself.
struct ChargeDraft: ImportDraft, Equatable {
  static let header = ["key", "customer", "amount", "currency", "description", "due_at", "payment_method"]

  let line: Int
  let key: String
  let customer: CustomerID
  let money: Money
  let description: String
  /// `nil`: now.
  let dueAt: Timestamp?
  /// `nil`: the customer's own.
  let method: PaymentMethodID?
}

extension ChargeDraft {
  init?(_ fields: [String], _ row: inout ImportRow) {
    let key = row.attempt { () throws(CommandFailure) in try ImportRow.key(fields[0]) }
    let customer = row.attempt { () throws(CommandFailure) in try TypedID.customer(fields[1]) }
    let money = row.attempt { () throws(CommandFailure) in
      try ChargeEnqueueCommand.money(ImportRow.amount(fields[2]), fields[3])
    }
    let description = row.attempt { () throws(CommandFailure) in
      try ChargeEnqueueCommand.checked(description: fields[4])
    }
    let dueAt: Timestamp?? = row.optional(fields[5]) { text throws(CommandFailure) in try Self.time(text) }
    let method: PaymentMethodID?? = row.optional(fields[6]) { text throws(CommandFailure) in try TypedID.method(text) }
    guard let key, let customer, let money, let description, let dueAt, let method else { return nil }
    self.init(
      line: row.line, key: key, customer: customer, money: money, description: description, dueAt: dueAt, method: method
    )
  }

  private static func time(_ text: String) throws(CommandFailure) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else {
      throw .badInput("due_at \"\(text.cut(to: 40))\" is not a time; write RFC 3339, such as 2027-03-31T09:00:00Z")
    }
    return time
  }
}
