import Domain

/// A file of agreements.
typealias AgreementFile = ImportFile<AgreementDraft>

/// An agreement that somebody wants, good in itself.
struct AgreementDraft: ImportDraft, Equatable {
  static let header = ["key", "customer", "job", "start", "amount", "payment_method"]

  let line: Int
  let key: String
  let customer: CustomerID
  let job: String
  /// `nil`: today in the job's zone.
  let start: CivilDate?
  /// In minor units of the job's currency; `nil`: the job's.
  let amount: Int64?
  /// `nil`: the customer's own.
  let method: PaymentMethodID?
}

extension AgreementDraft {
  init?(_ fields: [String], _ row: inout ImportRow) {
    let key = row.attempt { () throws(CommandFailure) in try ImportRow.key(fields[0]) }
    let customer = row.attempt { () throws(CommandFailure) in try TypedID.customer(fields[1]) }
    if fields[2].isEmpty { row.complain("the job is missing; write the name of a file in the jobs directory") }
    let start: CivilDate?? = row.optional(fields[3]) { text throws(CommandFailure) in try Self.date(text) }
    let amount: Int64?? = row.optional(fields[4]) { text throws(CommandFailure) in try ImportRow.amount(text) }
    let method: PaymentMethodID?? = row.optional(fields[5]) { text throws(CommandFailure) in try TypedID.method(text) }
    guard let key, let customer, !fields[2].isEmpty, let start, let amount, let method else { return nil }
    self.init(
      line: row.line, key: key, customer: customer, job: fields[2], start: start, amount: amount, method: method)
  }

  private static func date(_ text: String) throws(CommandFailure) -> CivilDate {
    do {
      return try CivilDate(parsing: text)
    } catch {
      throw .badInput("start \"\(text.cut(to: 40))\" is not a date; write it such as 2027-03-31")
    }
  }
}
