import Transport

/// `/_sandbox/charges`, `/_sandbox/disputes`, `/_sandbox/refunds` and the card updater.
extension SandboxStripe {
  /// `reason=fraudulent&kind=chargeback|inquiry|compliance|bank_return`.
  func openDispute(_ charge: String, _ form: FormValue) -> HTTPResponse {
    guard let kind = SandboxDisputeGround.CaseType(rawValue: form.text("kind") ?? "chargeback") else {
      return Pages.json(["error": "kind is one of chargeback, inquiry, compliance, bank_return"], status: 400)
    }
    let ground = SandboxDisputeGround(reason: form.text("reason") ?? "fraudulent", caseType: kind)
    return answer { () throws(Refusal) in try dispute(charge: charge, ground) }
  }

  /// `outcome=won|lost|escalated`.
  func closeDispute(_ id: String, _ form: FormValue) -> HTTPResponse {
    guard let outcome = form.text("outcome").flatMap(SandboxDisputeOutcome.init(rawValue:)) else {
      let outcomes = SandboxDisputeOutcome.allCases.map(\.rawValue).joined(separator: ", ")
      return Pages.json(["error": .string("outcome is one of \(outcomes)")], status: 400)
    }
    return answer { () throws(Refusal) in try close(dispute: id, outcome) }
  }

  /// `outcome=succeed|fail`.
  func settleRefund(_ id: String, _ form: FormValue) -> HTTPResponse {
    guard let outcome = form.text("outcome"), ["succeed", "fail"].contains(outcome) else {
      return Pages.json(["error": "outcome=succeed or outcome=fail"], status: 400)
    }
    return answer { () throws(Refusal) in try settle(refund: id, succeeds: outcome == "succeed") }
  }

  /// `month=12&year=2030`, and if need be `last4=4444`, `behavior=succeeds` or `decline=CODE`.
  func updateCard(_ method: String, _ form: FormValue) -> HTTPResponse {
    guard let month = form.integer("month"), let year = form.integer("year") else {
      return Pages.json(["error": "month=MM and year=YYYY"], status: 400)
    }
    guard ["succeeds", nil].contains(form.text("behavior")) else {
      return Pages.json(["error": "behavior=succeeds, or decline=CODE"], status: 400)
    }
    let decline = form.text("decline").map { SandboxBehavior.declinesCharges(SandboxDecline($0)) }
    let behavior = decline ?? (form.has("behavior") ? .succeeds : nil)
    return answer { () throws(Refusal) in
      try update(
        card: method,
        SandboxCardUpdate(month: month, year: year, last4: form.text("last4"), behavior: behavior))
    }
  }
}
