/// What banks and card networks do by themselves: disputes, refunds that turn out otherwise, renewed cards.
extension SandboxStripe {
  /// The cardholder goes to their bank about a charge.
  ///
  /// - Returns: the dispute's id.
  @discardableResult
  package func dispute(charge id: String, _ ground: SandboxDisputeGround) throws(Refusal) -> String {
    try refusing { (account: inout Account) throws(StripeError) in try account.openDispute(of: id, ground) }
  }

  package func close(dispute id: String, _ outcome: SandboxDisputeOutcome) throws(Refusal) {
    try refusing { (account: inout Account) throws(StripeError) in try account.closeDispute(id, outcome) }
  }

  /// Ends a refund that is pending, or fails one that has succeeded.
  package func settle(refund id: String, succeeds: Bool) throws(Refusal) {
    try refusing { (account: inout Account) throws(StripeError) in
      guard let refund = account.refunds[id] else { throw .missing("refund", id, param: "id") }
      guard refund["status"] == "pending" || (refund["status"] == "succeeded" && !succeeds) else {
        throw .invalid("\(id) is \(refund["status"].text ?? "") already")
      }
      account.settle(refund: id, as: succeeds)
    }
  }

  /// The card network's updater changes a saved card.
  package func update(card paymentMethod: String, _ update: SandboxCardUpdate) throws(Refusal) {
    try refusing { (account: inout Account) throws(StripeError) in try account.updateCard(paymentMethod, update) }
  }

  private func refusing<Result>(
    _ body: (inout Account) throws(StripeError) -> Result
  ) throws(Refusal) -> Result {
    do {
      return try with(body)
    } catch {
      throw Refusal(message: error.message)
    }
  }
}
