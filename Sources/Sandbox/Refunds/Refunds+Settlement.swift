/// What becomes of a refund after it was asked for.
///
///     card            succeeded ──▶ its reference becomes known
///     ...5126         succeeded ──▶ failed: the card is gone
///     ...7726, bank   pending ──▶ succeeded, or failed
///
/// While it is pending the charge does not count it (observed with 4000000000007726); `charge.refunded` comes when it
/// has succeeded.
extension Account {
  /// "Some time later" of the test cards, and of a card network's reference; in seconds.
  private static let laterOfCards = 60
  /// How long a bank takes; in seconds.
  private static let laterOfBanks = 4 * 86_400

  /// Makes the appointment for what comes next.
  mutating func plan(refund id: String) {
    let isCard = refunds[id]?["destination_details"]["type"] == "card"
    appointments.add(at: now + (isCard ? Self.laterOfCards : Self.laterOfBanks), .settleRefund(id))
  }

  /// Moves the money: off the balance, and onto the charge's sum.
  mutating func pay(refund id: String) {
    guard let refund = refunds[id], let charge = refund["charge"].text, let before = charges[charge] else { return }
    let amount = refund["amount"].integer ?? 0
    let isCard = refund["destination_details"]["type"] == "card"
    let transaction = newTransaction(
      refundMovement(
        refund, amount: -amount, type: isCard ? "refund" : "payment_refund", category: "refund", "REFUND FOR CHARGE"))
    refunds.change(id) { $0["balance_transaction"] = .string(transaction) }
    charges.change(charge) {
      let refunded = ($0["amount_refunded"].integer ?? 0) + amount
      $0["amount_refunded"] = .int(refunded)
      $0["refunded"] = .bool(.int(refunded) == $0["amount"])
    }
    emit("charge.refunded", charges[charge], previous: before.changed(in: charges[charge] ?? before))
  }

  /// Keeps the appointment, or does what a control asks for; nothing if it is over already.
  ///
  /// - Parameter succeeds: nil for what the card or bank does by itself.
  mutating func settle(refund id: String, as succeeds: Bool?) {
    guard let refund = refunds[id] else { return }
    let trait = methodNotes[refund["payment_method"].text ?? ""]?.trait
    switch refund["status"] {
    case "pending" where succeeds != false:
      refunds.change(id) {
        $0["status"] = "succeeded"
        $0 = $0.without("pending_reason")
      }
      pay(refund: id)
      update(refund: id, before: refund)
    case "pending": fail(refund: id, reason: "unknown")
    case "succeeded" where succeeds == false || (succeeds == nil && trait == .refundFails):
      fail(refund: id, reason: "expired_or_canceled_card")
    case "succeeded" where refund["destination_details"]["card"]["reference_status"] == "pending":
      let reference = Identifiers.digits(of: id, length: 23)
      refunds.change(id) {
        $0["destination_details"]["card"]["reference_status"] = "available"
        $0["destination_details"]["card"]["reference"] = .string(reference)
      }
      update(refund: id, before: refund)
    default: break
    }
  }

  /// A chargeback takes the money that a pending refund wanted to give back.
  mutating func failPendingRefunds(of charge: String) {
    for refund in Array(refunds.newestFirst) where refund["charge"].text == charge && refund["status"] == "pending" {
      fail(refund: refund["id"].text ?? "", reason: "charge_for_pending_refund_disputed")
    }
  }

  /// The money comes back to the balance, and the charge counts it as its own again.
  private mutating func fail(refund id: String, reason: String) {
    guard let refund = refunds[id], let charge = refund["charge"].text else { return }
    let amount = refund["amount"].integer ?? 0
    if refund["status"] == "succeeded" {
      let isCard = refund["destination_details"]["type"] == "card"
      let transaction = newTransaction(
        refundMovement(
          refund, amount: amount, type: isCard ? "refund_failure" : "payment_failure_refund",
          category: "refund_failure", "REFUND FAILURE"))
      refunds.change(id) { $0["failure_balance_transaction"] = .string(transaction) }
      charges.change(charge) {
        $0["amount_refunded"] = .int(($0["amount_refunded"].integer ?? 0) - amount)
        $0["refunded"] = false
      }
    }
    refunds.change(id) {
      $0["status"] = "failed"
      $0["failure_reason"] = .string(reason)
      $0 = $0.without("pending_reason")
    }
    update(refund: id, before: refund)
    emit("refund.failed", refunds[id], previous: refund.changed(in: refunds[id] ?? refund))
  }

  /// Stripe tells of one change under an old name and a new one.
  private mutating func update(refund id: String, before: JSON) {
    let changed = before.changed(in: refunds[id] ?? before)
    emit("refund.updated", refunds[id], previous: changed)
    emit("charge.refund.updated", refunds[id], previous: changed)
  }

  private func refundMovement(
    _ refund: JSON, amount: Int, type: String, category: String, _ description: String
  ) -> Movement {
    let subject = refund["charge"].text.flatMap { charges[$0] }?["description"].text
    return Movement(
      amount: amount, currency: refund["currency"].text ?? "usd", source: refund["id"].text ?? "", type: type,
      category: category, description: description + (subject.map { " (\($0))" } ?? ""), fee: 0, feeDescription: "")
  }
}
