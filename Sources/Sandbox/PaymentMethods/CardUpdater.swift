/// What a card network's updater knows of a saved card (docs/STRIPE.md §4, account updater).
package struct SandboxCardUpdate: Sendable, Equatable {
  package var month: Int
  /// Four digits.
  package var year: Int
  /// Four digits of a new number; nil while the number stays.
  package var last4: String?
  /// How the bank answers from now on; nil for as before.
  package var behavior: SandboxBehavior?

  package init(month: Int, year: Int, last4: String?, behavior: SandboxBehavior?) {
    self.month = month
    self.year = year
    self.last4 = last4
    self.behavior = behavior
  }
}

extension Account {
  /// Changes a saved card in place, as the network does by itself: the id stays, the details are new.
  mutating func updateCard(_ id: String, _ update: SandboxCardUpdate) throws(StripeError) {
    guard let method = paymentMethods[id] else { throw .missing("PaymentMethod", id, param: "payment_method") }
    guard method["type"] == "card" else { throw .invalid("\(id) is no card, so no network updates it.") }
    guard method["customer"].text != nil else { throw .invalid("\(id) is not saved, so no network updates it.") }
    guard (1...12).contains(update.month), (2000...2999).contains(update.year) else {
      throw .invalid("month is 1 to 12, year has four digits")
    }
    if let last4 = update.last4, last4.utf8.count != 4 || Int(last4) == nil || last4.hasPrefix("-") {
      throw .invalid("last4 has four digits")
    }
    let fingerprint = update.last4.map { self.fingerprint("\(id)/\($0)") }
    paymentMethods.change(id) {
      $0["card"]["exp_month"] = .int(update.month)
      $0["card"]["exp_year"] = .int(update.year)
      if let last4 = update.last4 { $0["card"]["last4"] = .string(last4) }
      if let fingerprint { $0["card"]["fingerprint"] = fingerprint }
    }
    if let behavior = update.behavior { methodNotes[id]?.behavior = behavior }
    let changed = method["card"].changed(in: paymentMethods[id]?["card"] ?? .null)
    emit("payment_method.automatically_updated", paymentMethods[id], previous: ["card": changed])
  }
}
