/// The customer's leave to debit a bank account: made with the account's setup or its first payment, taken back by the
/// customer or the bank (docs/STRIPE.md §4).
extension Account {
  mutating func newMandate(for method: String) -> String {
    let id = newID("mandate_1", length: 23)
    let type = paymentMethods[method]?["type"].text ?? "us_bank_account"
    mandates[id] = [
      "id": .string(id), "object": "mandate", "livemode": false, "multi_use": [:], "payment_method": .string(method),
      "customer_acceptance": ["accepted_at": .int(now), "offline": [:], "type": "offline"], "status": "active",
      "payment_method_details": .object(["type": .string(type), type: [:]]), "type": "multi_use",
    ]
    return id
  }

  /// From now on it is inactive, and nothing can be debited with it.
  mutating func revoke(mandate id: String) {
    guard mandates[id]?["status"] == "active" else { return }
    mandates.change(id) { $0["status"] = "inactive" }
    emit("mandate.updated", mandates[id], previous: ["status": "active"])
  }

  /// A bank debit wants a mandate that is in force: the one that is named, or the account's own, or a new one.
  func checkMandate(_ confirmation: Confirmation, _ notes: PaymentMethodNotes) throws(StripeError) {
    guard case .debits = notes.behavior else { return }
    if let named = confirmation.mandate {
      guard let mandate = mandates[named] else { throw .missing("mandate", named, param: "mandate") }
      guard mandate["payment_method"].text == confirmation.method, mandate["status"] == "active" else {
        throw invalidMandate("The mandate \(named) is not active for this PaymentMethod.")
      }
      return
    }
    if confirmation.bringsMandate { return }
    guard let known = notes.mandate else {
      throw invalidMandate(
        "The PaymentMethod (\(confirmation.method)) has no mandate. Save it through a SetupIntent, or pass mandate_data."
      )
    }
    guard mandates[known]?["status"] == "active" else {
      throw invalidMandate("The mandate \(known) of this PaymentMethod is inactive.")
    }
  }

  private func invalidMandate(_ message: String) -> StripeError {
    .executed(message, code: "payment_intent_mandate_invalid", param: "mandate")
  }
}

extension SandboxStripe {
  /// The customer or the bank takes the leave to debit back.
  package func revoke(mandate id: String) throws(Refusal) {
    let isThere = with { (account: inout Account) -> Bool in
      guard account.mandates[id] != nil else { return false }
      account.revoke(mandate: id)
      return true
    }
    guard isThere else { throw Refusal(message: "there is no mandate \(id)") }
  }
}
