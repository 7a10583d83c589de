package import Domain
import GRDB

/// A setup-mode Checkout Session of ours.
package struct SetupRecord: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable { case opening, open, verifying, complete, expired, failed }

  package let number: Int
  package let state: State
  package let request: FrozenRequest
  package let session: CheckoutSessionID?
  package let url: String?
  package let customer: CustomerID?
  package let job: String?
  package let agreement: AgreementID?
  package let setupIntent: SetupIntentID?

  init(row: Row) throws {
    number = row["number"]
    state = try row.named("state")
    request = FrozenRequest(path: row["path"], body: row["body"], idempotencyKey: row["idempotency_key"])
    session = (row["session"] as String?).map { CheckoutSessionID($0) }
    url = row["url"]
    customer = (row["customer"] as String?).map { CustomerID($0) }
    job = row["job"]
    agreement = (row["agreement"] as String?).map { AgreementID($0) }
    setupIntent = (row["setup_intent"] as String?).map { SetupIntentID($0) }
  }
}

extension Ledger {
  /// Writes the request of a setup session before it is sent (law 2).
  package func writeSetup(
    customer: CustomerID?, job: String?, at now: Timestamp, freeze: (_ number: Int) -> FrozenRequest
  ) throws -> SetupRecord {
    try write(at: now) { db in
      let number = try db.count("SELECT coalesce(max(number), 0) FROM setups", []) + 1
      let request = freeze(number)
      try db.run(
        """
        INSERT INTO setups (number, state, idempotency_key, path, body, customer, job, written_at)
          VALUES (?, 'opening', ?, ?, ?, ?, ?, ?)
        """, [number, request.idempotencyKey, request.path, request.body, customer?.text, job, now.milliseconds])
      return try db.setup(number)
    }
  }

  package func setupOpened(
    _ number: Int, session: CheckoutSessionID, url: String?, setupIntent: SetupIntentID?, at now: Timestamp
  ) throws -> SetupRecord {
    try write(at: now) { db in
      try db.run(
        "UPDATE setups SET state = 'open', session = ?, url = ?, setup_intent = ? WHERE number = ? AND state = 'opening'",
        [session.text, url, setupIntent?.text, number])
      return try db.setup(number)
    }
  }

  package func setupEnded(_ number: Int, _ state: SetupRecord.State, reason: String?, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE setups SET state = ?, reason = ? WHERE number = ? AND state <> 'complete'",
        [state.rawValue, reason, number])
    }
  }

  package func setup(session: CheckoutSessionID) throws -> SetupRecord? {
    try read { db in
      try db.row("SELECT * FROM setups WHERE session = ?", [session.text]).map { try SetupRecord(row: $0) }
    }
  }

  package func setup(intent: SetupIntentID) throws -> SetupRecord? {
    try read { db in
      try db.row("SELECT * FROM setups WHERE setup_intent = ?", [intent.text]).map { try SetupRecord(row: $0) }
    }
  }

  /// The customer has saved a method. With a job, the agreement is made, or its method replaced; once, however often
  /// this runs.
  ///
  /// - Parameter make: the agreement of a setup with a job, as it would be new; `nil` if the job is gone.
  package func completeSetup(
    _ number: Int, customer: Customer, method: PaymentMethod, agreement make: Agreement?, at now: Timestamp
  ) throws -> Agreement? {
    try write(at: now) { db in
      let setup = try db.setup(number)
      try db.save(customer, at: now)
      try db.save(method, at: now)
      if setup.state == .complete { return try setup.agreement.map { try db.agreement($0) } }
      // Without its job's file there is no agreement yet; the setup stays to be completed once the file is back.
      if setup.job != nil, make == nil { return nil }
      let agreement = try db.agree(make, customer: customer.id, method: method.id, at: now)
      try db.run(
        """
        UPDATE setups SET state = 'complete', customer = ?, payment_method = ?, agreement = ?, reason = NULL WHERE number = ?
        """, [customer.id.text, method.id.text, agreement?.id.text, number])
      return agreement
    }
  }
}

extension Database {
  func setup(_ number: Int) throws -> SetupRecord {
    guard let row = try row("SELECT * FROM setups WHERE number = ?", [number]) else {
      throw LedgerError.unknown("setup \(number)")
    }
    return try SetupRecord(row: row)
  }

  /// A live agreement of the customer and job gets the new method; otherwise the new agreement is added.
  fileprivate func agree(_ make: Agreement?, customer: CustomerID, method: PaymentMethodID, at now: Timestamp) throws
    -> Agreement?
  {
    guard let make else { return nil }
    if let row = try row(
      "SELECT * FROM agreements WHERE customer = ? AND job = ? AND state <> 'canceled' ORDER BY created_at LIMIT 1",
      [customer.text, make.job])
    {
      let there = try Agreement(row: row)
      try replaceMethod(of: customer, from: there.paymentMethod, to: method, reason: "setup", at: now)
      var after = try agreement(there.id)
      if after.state == .pending {
        after.state = .active
        after.start = after.start ?? make.start
        try write(after)
        try note(.agreementActivated, agreement: after.id, at: now, ["method": method.text])
      }
      return after
    }
    try write(make)
    try note(.created, agreement: make.id, at: now, ["by": make.consent])
    try tellMerchant(.agreementCreated, agreement: make.id, turn: "1", at: now)
    return make
  }
}
