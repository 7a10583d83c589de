package import Domain
import Foundation
import GRDB

/// What a finished Checkout Session says, read from Stripe and checked by the engine.
package struct SettledCheckout: Sendable {
  package var session: CheckoutSessionID
  package var intent: PaymentIntentID
  package var received: Money
  /// The line items as Stripe lists them, all pages, as JSON.
  package var lineItems: String
  /// The method that paid, if it was saved for later.
  package var savedMethod: PaymentMethod?

  package init(
    session: CheckoutSessionID, intent: PaymentIntentID, received: Money, lineItems: String, savedMethod: PaymentMethod?
  ) {
    self.session = session
    self.intent = intent
    self.received = received
    self.lineItems = lineItems
    self.savedMethod = savedMethod
  }
}

/// The ledger's half of the fulfill routine: may run any number of times at once, records once (law 7).
extension Ledger {
  /// A paid session of ours.
  package func settle(_ paid: SettledCheckout, _ context: StepContext) throws -> Charge {
    try write(at: context.now) { db in
      guard let row = try db.row("SELECT * FROM checkouts WHERE session = ?", [paid.session.text]) else {
        throw LedgerError.unknown("checkout session \(paid.session)")
      }
      let checkout = try CheckoutRecord(row: row)
      if checkout.state != .complete { try db.close(checkout, as: .complete, at: context.now) }
      let before = try db.charge(checkout.charge)
      let failed = before.paymentMethod
      // Recorded by its intent alone, as `reconcile` does: what the session tells of it is still to be kept.
      let isUntold =
        try db.exists("SELECT 1 FROM payments WHERE payment_intent = ? AND session IS NULL", [paid.intent.text])
      let after = try db.receive(
        paid.received, through: paid.intent, by: .checkout, session: paid.session, for: before, context)
      if before.state != .paid || isUntold, after.state == .paid {
        try db.run(
          "UPDATE payments SET session = ? WHERE payment_intent = ?", [paid.session.text, paid.intent.text])
        try db.run(
          """
          UPDATE fulfillments SET session = ?, line_items = ?
            WHERE charge = ? AND kind = 'charge.paid' AND state = 'queued'
          """, [paid.session.text, paid.lineItems, after.id.text])
        if let method = paid.savedMethod {
          try db.save(method, at: context.now)
          try db.replaceMethod(of: after.customer, from: failed, to: method.id, reason: "paid with it", at: context.now)
        }
      }
      return after
    }
  }

  /// A session that is complete and not paid yet: a delayed method. Not paid, not failed (law 8).
  package func settleProcessing(_ session: CheckoutSessionID, intent: PaymentIntentID?, _ context: StepContext) throws
    -> Charge
  {
    try write(at: context.now) { db in
      guard let row = try db.row("SELECT * FROM checkouts WHERE session = ?", [session.text]) else {
        throw LedgerError.unknown("checkout session \(session)")
      }
      let checkout = try CheckoutRecord(row: row)
      if checkout.state != .complete { try db.close(checkout, as: .complete, at: context.now) }
      let charge = try db.charge(checkout.charge)
      guard charge.state != .processing, charge.state != .paid else { return charge }
      if let intent { try db.seeIntent(intent, of: charge.id, kind: "checkout", .open, at: context.now) }
      try db.run("UPDATE recoveries SET next_retry_at = NULL WHERE charge = ?", [charge.id.text])
      try db.note(.processing, charge: charge.id, at: context.now, ["intent": intent?.text])
      return try db.step(charge, .checkoutProcessing, context)
    }
  }

  /// A delayed payment made through a checkout has failed after all: owed again, with a new link. Said once for each
  /// session; a later payment on its way is not touched by the failure of an older one.
  package func settleFailed(_ session: CheckoutSessionID, intent: PaymentIntentID?, _ context: StepContext) throws
    -> Charge
  {
    try write(at: context.now) { db in
      guard let row = try db.row("SELECT * FROM checkouts WHERE session = ?", [session.text]) else {
        throw LedgerError.unknown("checkout session \(session)")
      }
      let checkout = try CheckoutRecord(row: row)
      let charge = try db.charge(checkout.charge)
      let wasLive = checkout.state.isLive
      if wasLive { try db.close(checkout, as: .complete, at: context.now) }
      let wasOnItsWay =
        try intent.map { intent in
          try db.exists("SELECT 1 FROM intents WHERE id = ? AND state = 'open'", [intent.text])
        } ?? false
      if let intent { try db.seeIntent(intent, of: charge.id, kind: "checkout", .canceled, at: context.now) }
      let attemptIsLive = try db.count(
        "SELECT count(*) FROM attempts WHERE charge = ? AND state IN ('sending', 'unresolved', 'processing')",
        [charge.id.text])
      guard wasLive || wasOnItsWay, attemptIsLive == 0, !charge.state.isFinal else { return charge }
      try db.note(.processingFailed, charge: charge.id, at: context.now, ["reason": "the delayed payment came back"])
      let isOver =
        try db.exists("SELECT 1 FROM recoveries WHERE charge = ? AND ended_at IS NOT NULL", [charge.id.text])
      let after = charge.state == .processing ? try db.step(charge, .checkoutFailed(isOver: isOver), context) : charge
      guard after.state == .recovering, !after.cancelRequested else { return after }
      try db.run("UPDATE recoveries SET wants_link = 1 WHERE charge = ? AND ended_at IS NULL", [charge.id.text])
      let planned = try db.count(
        "SELECT count(*) FROM notices WHERE charge = ? AND kind = 'payment_failed' AND state IN ('planned', 'queued')",
        [charge.id.text])
      // A reminder that fell due while the money was on its way would say less, in the same minute.
      for row in try db.rows(
        "SELECT id FROM notices WHERE charge = ? AND kind = 'reminder' AND state = 'planned' AND due_at <= ?",
        [charge.id.text, context.now.milliseconds])
      {
        let notice: String = row["id"]
        try db.run("UPDATE notices SET state = 'dropped', reason = 'another mail says it' WHERE id = ?", [notice])
        try db.note(
          .noticeDropped, charge: charge.id, at: context.now, ["kind": "reminder", "reason": "another mail says it"])
      }
      if planned == 0 {
        try db.planNotice(.paymentFailed, after, dueAt: context.now, state: "planned", at: context.now)
      }
      return after
    }
  }

  /// Recoveries whose deadline has passed and that wait for nothing; `processing` and attempts are waited for, and what was
  /// withdrawn is canceled instead.
  package func recoveriesPastDeadline(at now: Timestamp, limit: Int) throws -> [Charge] {
    try read { db in
      try db.rows(
        """
        SELECT charges.* FROM recoveries JOIN charges ON charges.id = recoveries.charge
          WHERE recoveries.deadline_at <= ? AND recoveries.ended_at IS NULL AND charges.state = 'recovering'
            AND charges.cancel_requested = 0 ORDER BY recoveries.deadline_at LIMIT ?
        """, [now.milliseconds, limit]
      ).map { try Charge(row: $0) }
    }
  }

  /// Wants everything of a charge closed, because it is over. What got on its way meanwhile is waited for (law 7). A
  /// retry that did not come in time is called off aloud (law 9); no mail takes its place, nobody is to pay any more.
  package func wantInstrumentsClosed(of id: ChargeID, at now: Timestamp) throws {
    try write(at: now) { db in
      let charge = try db.charge(id)
      guard charge.state == .recovering else { return }
      if try db.exists("SELECT 1 FROM recoveries WHERE charge = ? AND next_retry_at IS NOT NULL", [id.text]) {
        try db.run(
          "UPDATE recoveries SET next_retry_at = NULL, no_retry_because = ? WHERE charge = ?",
          [NoRetry.pastDeadline.rawValue, id.text])
        try db.note(.noRetry, charge: id, at: now, ["reason": NoRetry.pastDeadline.rawValue])
      }
      try db.run("UPDATE recoveries SET wants_link = 0 WHERE charge = ?", [id.text])
      try db.wantInstrumentsClosed(charge, at: now)
    }
  }

  /// Gives a charge up, once everything that could collect it was seen closed.
  package func endByDeadline(_ id: ChargeID, _ context: StepContext) throws -> Bool {
    try write(at: context.now) { db in
      let charge = try db.charge(id)
      guard charge.state == .recovering, !charge.cancelRequested, try db.liveInstruments(of: id) == 0 else {
        return false
      }
      try db.step(charge, .closedForDeadline, context)
      try db.note(.uncollectible, charge: id, at: context.now, ["reason": "deadline"])
      return true
    }
  }

  /// Recoveries that are to have a checkout and have none live.
  package func recoveriesWantingLink(limit: Int) throws -> [ChargeID] {
    try read { db in
      try db.rows(
        """
        SELECT recoveries.charge FROM recoveries JOIN charges ON charges.id = recoveries.charge
          WHERE recoveries.wants_link = 1 AND charges.state = 'recovering' AND charges.cancel_requested = 0
            AND NOT EXISTS (SELECT 1 FROM checkouts WHERE charge = charges.id AND state IN ('opening', 'closing'))
          ORDER BY recoveries.charge LIMIT ?
        """, [limit]
      ).map { ChargeID($0["charge"]) }
    }
  }

  /// Recoveries whose retry is due and whose open checkout stands in the way.
  package func checkoutsBeforeRetry(at now: Timestamp, limit: Int) throws -> [CheckoutRecord] {
    try read { db in
      try db.rows(
        """
        SELECT checkouts.* FROM recoveries JOIN checkouts ON checkouts.charge = recoveries.charge
            LEFT JOIN agreements ON agreements.id = recoveries.agreement
          WHERE recoveries.next_retry_at <= ?1 AND recoveries.deadline_at > ?1 AND checkouts.state = 'open'
            AND coalesce(agreements.state, 'active') = 'active' ORDER BY recoveries.next_retry_at LIMIT ?2
        """, [now.milliseconds, limit]
      ).map { try CheckoutRecord(row: $0) }
    }
  }

  /// A customer is at the checkout: the retry waits (law 5 would let it close the page under them).
  package func postponeRetry(_ id: ChargeID, until: Timestamp, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE recoveries SET next_retry_at = ? WHERE charge = ? AND next_retry_at IS NOT NULL",
        [until.milliseconds, id.text])
      try db.note(.retryPostponed, charge: id, at: now, ["reason": "checkout_in_use", "until": "\(until)"])
    }
  }
}
