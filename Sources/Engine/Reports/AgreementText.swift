package import Domain

/// An agreement as `agreement show --json` prints it and the merchant's system gets it.
package struct AgreementText: Sendable, Encodable {
  let agreement: Agreement

  package init(_ agreement: Agreement) { self.agreement = agreement }

  enum Key: String, CodingKey {
    case id, state, customer, job, amount, currency, paymentMethod = "payment_method", start
    case nextDueAt = "next_due_at", key
  }

  package func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(agreement.id, forKey: .id)
    try object.encode(agreement.state, forKey: .state)
    try object.encode(agreement.customer, forKey: .customer)
    try object.encode(agreement.job, forKey: .job)
    try object.encode(agreement.money.amount, forKey: .amount)
    try object.encode(agreement.money.currency.code, forKey: .currency)
    try object.encode(agreement.paymentMethod, forKey: .paymentMethod)
    try object.encode(agreement.start?.description, forKey: .start)
    try object.encode(agreement.nextDueAt?.description, forKey: .nextDueAt)
    try object.encode(agreement.key, forKey: .key)
  }
}
