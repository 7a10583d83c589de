/// Disputes: opened by a test card's charge or by a control, closed by a control (docs/STRIPE.md §10).
///
/// The API has no operation on them here; they come as events, and through expansions.
extension Account {
  /// What Stripe keeps for every chargeback, in minor units, won or lost.
  private static let disputeFee = 1500
  /// The last second of the ninth day.
  private static let daysToAnswer = 9

  /// - Returns: the dispute's id.
  /// - Throws: a refusal for a charge that is not paid, or is in dispute already.
  mutating func openDispute(of id: String, _ ground: SandboxDisputeGround) throws(StripeError) -> String {
    guard let charge = charges[id] else { throw .missing("charge", id, param: "charge", status: 404) }
    guard charge["status"] == "succeeded", charge["captured"].isTrue else {
      throw .invalid("\(id) is not paid, so nobody can dispute it.")
    }
    guard !charge["disputed"].isTrue else { throw .invalid("\(id) is disputed already.") }
    guard !charge["refunded"].isTrue else { throw .invalid("\(id) is refunded: there is nothing to dispute.") }
    guard SandboxDisputeGround.reasons.contains(ground.reason) else {
      throw .invalid("reason is one of \(SandboxDisputeGround.reasons.sorted().joined(separator: ", "))")
    }
    let dispute = newDispute(of: charge, ground)
    charges.change(id) {
      $0["disputed"] = true
      $0["dispute"] = .string(dispute)
    }
    if ground.caseType != .inquiry { failPendingRefunds(of: id) }
    emit("charge.dispute.created", disputes[dispute])
    if ground.caseType != .inquiry { withdraw(for: dispute) }
    if ground.caseType == .bankReturn { conclude(dispute: dispute, status: "lost") }
    return dispute
  }

  /// What the charge of a test card or account brings upon itself, as soon as it is paid.
  mutating func disputeAtOnce(charge id: String) {
    guard case .isDisputed(let ground) = methodNotes[charges[id]?["payment_method"].text ?? ""]?.trait else { return }
    do {
      _ = try openDispute(of: id, ground)
    } catch {
      // Somebody was faster: it is refunded or disputed already.
    }
  }

  mutating func closeDispute(_ id: String, _ outcome: SandboxDisputeOutcome) throws(StripeError) {
    guard let dispute = disputes[id] else { throw .missing("dispute", id, param: "dispute", status: 404) }
    let isInquiry = dispute["status"] == "warning_needs_response"
    guard isInquiry || dispute["status"] == "needs_response" else {
      throw .invalid("\(id) is closed already: \(dispute["status"].text ?? "").")
    }
    switch outcome {
    case .escalated:
      guard isInquiry else { throw .invalid("\(id) is no inquiry, so it cannot escalate.") }
      escalate(id)
    case .won, .lost:
      conclude(dispute: id, status: isInquiry ? "warning_closed" : outcome.rawValue)
      if outcome == .won, !isInquiry { reinstate(for: id) }
    }
  }

  private mutating func escalate(_ id: String) {
    let before = disputes[id] ?? .null
    disputes.change(id) {
      $0["status"] = "needs_response"
      $0["is_charge_refundable"] = false
      // A bank debit's dispute has no case type.
      if !$0["payment_method_details"]["card"].isNull {
        $0["payment_method_details"]["card"]["case_type"] = "chargeback"
      }
    }
    if let charge = before["charge"].text { failPendingRefunds(of: charge) }
    emit("charge.dispute.updated", disputes[id], previous: ["status": before["status"]])
    withdraw(for: id)
  }

  private mutating func conclude(dispute id: String, status: String) {
    let before = disputes[id]?["status"] ?? .null
    disputes.change(id) {
      $0["status"] = .string(status)
      if status == "won" { $0["is_charge_refundable"] = true }
    }
    emit("charge.dispute.closed", disputes[id], previous: ["status": before])
  }

  /// Takes the amount and the fee off the balance.
  private mutating func withdraw(for id: String) {
    guard let dispute = disputes[id] else { return }
    move(
      for: dispute, amount: -(dispute["amount"].integer ?? 0), fee: Self.disputeFee, category: "dispute",
      "Chargeback withdrawal for \(dispute["charge"].text ?? "")")
    emit("charge.dispute.funds_withdrawn", disputes[id])
  }

  /// Gives the amount back; the fee is Stripe's for good.
  private mutating func reinstate(for id: String) {
    guard let dispute = disputes[id] else { return }
    move(
      for: dispute, amount: dispute["amount"].integer ?? 0, fee: 0, category: "dispute_reversal",
      "Chargeback reversal for \(dispute["charge"].text ?? "")")
    emit("charge.dispute.funds_reinstated", disputes[id])
  }

  private mutating func move(for dispute: JSON, amount: Int, fee: Int, category: String, _ description: String) {
    let id = dispute["id"].text ?? ""
    let transaction = newTransaction(
      Movement(
        amount: amount, currency: dispute["currency"].text ?? "usd", source: id, type: "adjustment",
        category: category, description: description, fee: fee, feeDescription: "Dispute fee"))
    let moved = transactions[transaction] ?? .null
    disputes.change(id) { $0["balance_transactions"] = .array($0["balance_transactions"].elements + [moved]) }
  }

  private mutating func newDispute(of charge: JSON, _ ground: SandboxDisputeGround) -> String {
    let id = newID("dp_1", length: 23)
    let rest = (charge["amount"].integer ?? 0) - (charge["amount_refunded"].integer ?? 0)
    let dueBy = (now / 86_400 + Self.daysToAnswer + 1) * 86_400 - 1
    let isInquiry = ground.caseType == .inquiry
    var dispute: JSON = [
      "id": .string(id), "object": "dispute", "amount": .int(rest), "balance_transactions": [],
      "charge": charge["id"], "created": .int(now), "currency": charge["currency"], "enhanced_eligibility_types": [],
      "evidence": Account.noEvidence, "is_charge_refundable": .bool(isInquiry), "livemode": false, "metadata": [:],
      "evidence_details": [
        "due_by": ground.caseType == .bankReturn ? nil : .int(dueBy), "enhanced_eligibility": [:],
        "has_evidence": false, "past_due": false, "submission_count": 0,
      ],
      "payment_intent": charge["payment_intent"], "reason": .string(ground.reason),
      "status": isInquiry ? "warning_needs_response" : "needs_response",
    ]
    let card = charge["payment_method_details"]["card"]
    if !card.isNull {
      let code = ground.networkReasonCode(brand: card["brand"].text ?? "")
      dispute["network_reason_code"] = JSON(code)
      dispute["payment_method_details"] = [
        "type": "card",
        "card": [
          "brand": card["brand"], "case_type": .string(ground.caseType.rawValue), "network": card["network"],
          "network_reason_code": JSON(code),
        ],
      ]
    }
    disputes[id] = dispute
    return id
  }

  private static let noEvidence: JSON = {
    let fields = [
      "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
      "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
      "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
      "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
      "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
      "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file",
      "uncategorized_text",
    ]
    let none = Dictionary(uniqueKeysWithValues: fields.map { ($0, JSON.null) })
    return .object(none.merging(["enhanced_evidence": [:]]) { $1 })
  }()
}
