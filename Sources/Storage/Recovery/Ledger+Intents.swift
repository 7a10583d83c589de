package import Domain
import GRDB

extension Database {
  /// Another off-session intent that can still collect.
  fileprivate func hasOpenIntent(_ charge: ChargeID, besides intent: PaymentIntentID) throws -> Bool {
    try exists(
      "SELECT 1 FROM intents WHERE charge = ? AND id <> ? AND kind = 'off_session' AND state IN ('open', 'closing')",
      [charge.text, intent.text])
  }

  /// Another attempt whose intent is being made, and not known yet.
  fileprivate func isMakingIntent(_ charge: ChargeID, besidesAttempt number: Int) throws -> Bool {
    try exists(
      """
      SELECT 1 FROM attempts
        WHERE charge = ? AND number <> ? AND payment_intent IS NULL AND state IN ('sending', 'unresolved')
      """, [charge.text, number])
  }

  /// The next attempt confirms it; never one that has been seen canceled or paid.
  func takeAsOwn(_ intent: PaymentIntentID, of charge: ChargeID) throws {
    try run(
      """
      UPDATE charges SET payment_intent = ?1 WHERE id = ?2
        AND EXISTS (SELECT 1 FROM intents WHERE id = ?1 AND state IN ('open', 'closing'))
      """, [intent.text, charge.text])
  }
}

/// The intents that can still collect.
extension Ledger {
  package func intentsToClose(limit: Int) throws -> [(intent: PaymentIntentID, charge: ChargeID)] {
    try read { db in
      try db.rows("SELECT id, charge FROM intents WHERE state = 'closing' ORDER BY charge LIMIT ?", [limit])
        .map { (PaymentIntentID($0["id"]), ChargeID($0["charge"])) }
    }
  }

  /// An intent of a charge that the ledger has not heard of before: what a next attempt confirms, or what is to be closed,
  /// because the charge is over, or only the customer can go on with it.
  ///
  /// Beside an attempt whose intent nobody knows yet, or another open intent, it is left alone: that one is the charge's own
  /// (law 4).
  package func adopt(
    _ intent: PaymentIntentID, attempt number: Int, of charge: ChargeID, waitsForCustomer: Bool, at now: Timestamp
  ) throws {
    try write(at: now) { db in
      try db.run("UPDATE charges SET attempts_made = max(attempts_made, ?) WHERE id = ?", [number, charge.text])
      let owed = try db.charge(charge)
      let isOnSession = try db.exists(
        "SELECT 1 FROM attempts WHERE charge = ? AND number = ? AND kind = 'on_session'", [charge.text, number])
      // One of our page is never confirmed off session, and is closed with its attempt.
      if isOnSession { return try db.seeIntent(intent, of: charge, kind: "on_session", .closing, at: now) }
      if owed.isOverOrWithdrawn {
        // Closed, and seen closed; one after the other, where there are several (law 4).
        guard try !db.hasOpenIntent(charge, besides: intent) else { return }
        return try db.seeIntent(intent, of: charge, kind: "off_session", .closing, at: now)
      }
      if waitsForCustomer, owed.paymentIntent == intent {
        let isOpen = try db.exists("SELECT 1 FROM intents WHERE id = ? AND state = 'open'", [intent.text])
        if isOpen { try db.wantIntentClosed(intent.text, of: charge, at: now) }
      }
      guard owed.paymentIntent == nil, try !db.hasOpenIntent(charge, besides: intent),
        try !db.isMakingIntent(charge, besidesAttempt: number)
      else { return }
      try db.seeIntent(intent, of: charge, kind: "off_session", waitsForCustomer ? .closing : .open, at: now)
      try db.takeAsOwn(intent, of: charge)
    }
  }

  package func intentCanceled(_ intent: PaymentIntentID, byUs: Bool, at now: Timestamp) throws {
    try write(at: now) { db in
      guard let row = try db.row("SELECT charge FROM intents WHERE id = ?", [intent.text]) else { return }
      try db.run("UPDATE intents SET state = 'canceled', canceled_by_us = ? WHERE id = ?", [byUs, intent.text])
      try db.run("UPDATE charges SET payment_intent = NULL WHERE payment_intent = ?", [intent.text])
      let charge = ChargeID(row["charge"])
      try db.clear(.cannotClose, charge.text, at: now)
      try db.note(.intentClosed, charge: charge, at: now, ["intent": intent.text, "state": "canceled"])
    }
  }

  /// An intent of ours that Stripe shows as succeeded, however we came to look at it.
  package func intentSucceeded(
    _ intent: PaymentIntentID, of charge: ChargeID, received: Money, by: PaidBy, _ context: StepContext
  ) throws -> Charge {
    try write(at: context.now) { db in
      try db.receive(received, through: intent, by: by, session: nil, for: db.charge(charge), context)
    }
  }

  /// Those of a charge that are to be seen canceled before anything else may collect.
  package func intentsToClose(of charge: ChargeID) throws -> [PaymentIntentID] {
    try read { db in
      try db.rows("SELECT id FROM intents WHERE charge = ? AND state = 'closing'", [charge.text])
        .map { PaymentIntentID($0["id"]) }
    }
  }

  /// Intents of ours that could still collect for a charge, as far as the ledger knows.
  package func openIntents(of charge: ChargeID) throws -> [PaymentIntentID] {
    try read { db in
      try db.rows(
        "SELECT id FROM intents WHERE charge = ? AND kind <> 'checkout' AND state IN ('open', 'closing')", [charge.text]
      ).map { PaymentIntentID($0["id"]) }
    }
  }

  package func charge(ofIntent intent: PaymentIntentID) throws -> ChargeID? {
    try read { db in try db.row("SELECT charge FROM intents WHERE id = ?", [intent.text]).map { ChargeID($0["charge"]) }
    }
  }
}
