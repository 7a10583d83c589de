import Domain
import Engine
import Foundation
import GRDB
import Sandbox
import Storage
import Stripe
import Transport

/// Money that goes back, and who looks whether all of it is right.
extension SimulatedWorld {
  private struct Paid {
    let charge: String
    let intent: String
    let left: Int
  }

  private var payments: [Paid] {
    do {
      return try judge.ledger.rows(
        "SELECT charge, payment_intent, amount - amount_refunded FROM payments ORDER BY seen_at, payment_intent"
      ).map { Paid(charge: $0[0], intent: $0[1], left: $0[2]) }
    } catch {
      book.report("checker", "payments", "\(error)")
      return []
    }
  }

  /// `dues charge refund`, sometimes by two at once.
  func refund() async {
    guard let paid = chance.pickIfAny(payments) else { return }
    let amount = chance.pick([nil, nil, max(1, paid.left / 3), max(1, paid.left), paid.left + 1])
    let times = chance.happens(200) ? 2 : 1
    await withDiscardingTaskGroup { group in
      for _ in 0..<times { group.addTask { [self] in await refund(paid, amount) } }
    }
    book.cover { $0.happened(amount == nil ? "admin: refund" : "admin: refund of a part") }
  }

  private func refund(_ paid: Paid, _ amount: Int?) async {
    judge.mayRefund(paid.intent, amount)
    await run(process("refund", longest: 14)) { engine in
      let result = try await engine.refund(
        ChargeID(paid.charge), through: PaymentIntentID(paid.intent), amount: amount.map { Int64($0) },
        reason: .requestedByCustomer)
      book.note("refund of \(paid.intent): \(Self.word(result))")
    }
    judge.step("refund")
  }

  private static func word(_ result: RefundResult) -> String {
    switch result {
    case .made(let refund): "made \(refund.number)"
    case .refused(let refund, let reason): "refused \(refund.number): \(reason)"
    case .unanswered(let refund, let reason): "unanswered \(refund.number): \(reason)"
    }
  }

  func reconcile() async { await reconcile(refunds: chance.happens(500)) }

  /// `dues reconcile`, with or without `--refund-duplicates`.
  func reconcile(refunds: Bool) async {
    if refunds { judge.state.withLock { $0.reconcilesThatRefund += 1 } }
    let since: Timestamp? = chance.happens(500) ? nil : Self.start
    await run(process("reconcile", longest: 40)) { engine in
      if refunds, planted == .blindDuplicates, let paid = chance.pickIfAny(payments) {
        _ = try await engine.refund(
          ChargeID(paid.charge), through: PaymentIntentID(paid.intent), amount: nil, reason: .duplicate)
      }
      let report = try await engine.reconcile(since: since, refundsDuplicates: refunds)
      book.note(
        "reconcile: adopted \(report.adopted), duplicates \(report.duplicates.map { "\($0.paymentIntent) \($0.refund ?? "-")" }), "
          + "strangers \(report.strangers.map(\.id)), perhaps \(report.perhapsPaid.count)")
    }
    book.cover { $0.happened(refunds ? "reconcile, refunding duplicates" : "reconcile") }
    judge.step("reconcile")
  }

  /// A cardholder goes to their bank, or the bank decides.
  func dispute() {
    let open = judge.stripe.all("dispute").filter { ($0["status"] as? String ?? "").hasSuffix("needs_response") }
    do {
      if chance.happens(400), let dispute = chance.pickIfAny(open.compactMap { $0["id"] as? String }) {
        try sandbox.close(dispute: dispute, chance.pick(SandboxDisputeOutcome.allCases))
        book.cover { $0.happened("a dispute is closed") }
      } else if let intent = chance.pickIfAny(judge.stripe.allIntents.filter(\.hasSucceeded)),
        let charge = intent.latestCharge
      {
        // A debit is called back; only of cards a bank asks first.
        let details = judge.stripe.object(charge)?["payment_method_details"] as? [String: Any]
        let isCard = details?["type"] as? String == "card"
        let kind =
          isCard ? chance.pick([SandboxDisputeGround.CaseType.chargeback, .chargeback, .inquiry]) : .bankReturn
        try sandbox.dispute(charge: charge, SandboxDisputeGround(reason: "fraudulent", caseType: kind))
        book.note("\(intent.id) is disputed")
        book.cover { $0.happened("a dispute") }
      }
    } catch {
      book.note("no dispute: \(error.message)")
    }
  }

  /// Staff charges another amount than is owed in the dashboard, under the metadata of a charge that is still to come; then
  /// the admin gives it back, and lets the charge go on.
  func payWrongAmount() async {
    let later = timeline.now + .hours(6)
    let waiting = judge.charges(in: ["scheduled"]).filter { (timestamp("due_at", of: $0) ?? later) > later }
    guard let charge = chance.pickIfAny(waiting), let customer = column("customer", of: charge),
      let method = chance.pickIfAny(
        (memory.withLock { $0.methods[customer] ?? [] }).filter {
          judge.stripe.object($0)?["type"] as? String == "card"
        })
    else { return }
    let made = stripe(
      .post, "/v1/payment_intents",
      "amount=150&currency=usd&customer=\(customer)&payment_method=\(method)&off_session=true&confirm=true"
        + "&metadata[dues_ledger]=\(ledger.id)&metadata[dues_charge]=\(charge)&metadata[staff]=yes")
    book.note("staff charges another amount for \(charge)")
    book.cover { $0.happened("staff charges another amount") }
    guard made["status"] as? String == "succeeded", let intent = made["id"] as? String else { return }
    await tick()
    judge.mayRefund(intent, nil)
    await command("refund of another amount") { engine in
      _ = try await engine.refund(
        ChargeID(charge), through: PaymentIntentID(intent), amount: nil, reason: .requestedByCustomer)
    }
    await command("approve \(charge)") { try approve(charge, $0) }
    await tick()
  }

  private func timestamp(_ column: String, of charge: String) -> Timestamp? {
    do {
      return try judge.ledger.row("SELECT \(column) FROM charges WHERE id = ?", [charge])
        .map { Timestamp(milliseconds: $0[0]) }
    } catch {
      return nil
    }
  }

  /// Staff copies a payment in the dashboard, with all its metadata: the customer has paid twice.
  func copyPayment() {
    guard let paid = chance.pickIfAny(payments.filter { judge.stripe.intent($0.intent)?.charge == $0.charge }),
      let intent = judge.stripe.intent(paid.intent), let customer = intent.customer,
      let method = chance.pickIfAny(memory.withLock { $0.methods[customer] ?? [] }),
      (judge.stripe.object(method)?["type"] as? String) == "card"
    else { return }
    stripe(
      .post, "/v1/payment_intents",
      "amount=\(intent.amount)&currency=\(intent.currency)&customer=\(customer)&payment_method=\(method)"
        + "&off_session=true&confirm=true&metadata[dues_ledger]=\(ledger.id)&metadata[dues_charge]=\(paid.charge)"
        + "&metadata[staff]=yes")
    book.note("staff copies the payment of \(paid.charge)")
    book.cover { $0.happened("staff copies a payment") }
  }
}
