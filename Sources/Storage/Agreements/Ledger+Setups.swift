package import Domain
import GRDB

/// Setup sessions from the wish to the session; what becomes of it is in `Ledger+SetupEnd.swift`.
extension Ledger {
  /// Writes the request of a setup session before it is sent (law 2).
  ///
  /// - Parameter reusingSince: one for the same customer, job and terms that was written since is taken instead, so that a
  ///   double click leaves one session; `nil`: always a new one.
  package func writeSetup(
    _ wish: SetupWish, reusingSince: Timestamp?, at now: Timestamp, freeze: (_ number: Int) -> FrozenRequest
  ) throws -> SetupOpening {
    try writeRequests(at: now) { db in
      if let reusingSince, let young = try db.youngSetup(wish, since: reusingSince) { return .existing(young) }
      let number = try db.nextNumber(in: "setups")
      let request = freeze(number)
      let agreement = try wish.customer.flatMap { customer in
        try wish.job.flatMap { try db.liveAgreement(of: customer, job: $0) }
      }
      let terms = wish.terms
      try db.run(
        """
        INSERT INTO setups (number, state, idempotency_key, path, body, customer, job, amount, currency, description,
            statement_descriptor_suffix, every, at, time_zone, ends, agreement, written_at)
          VALUES (?, 'opening', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          number, request.idempotencyKey, request.path, request.body, wish.customer?.text, wish.job,
          terms?.money.amount, terms?.money.currency.code, terms?.description, terms?.statementDescriptorSuffix,
          terms?.schedule.every.description, terms?.schedule.at.description, terms?.schedule.zone.identifier,
          terms?.schedule.end?.description, agreement?.id.text, now.milliseconds,
        ])
      try db.noteRequests(1)
      return .written(try db.setup(number))
    }
  }

  /// Stripe has made the session; however often it is said, by however many who asked.
  package func setupOpened(
    _ number: Int, session: CheckoutSessionID, url: String?, setupIntent: SetupIntentID?, at now: Timestamp
  ) throws -> SetupRecord {
    try write(at: now) { db in
      try db.run(
        """
        UPDATE setups SET state = 'open', session = ?, url = ?, setup_intent = ?, reason = NULL
          WHERE number = ? AND session IS NULL
        """, [session.text, url, setupIntent?.text, number])
      return try db.setup(number)
    }
  }

  /// Stripe refused to make the session.
  package func setupNotMade(_ number: Int, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE setups SET state = 'failed', reason = ?, concluded_at = ? WHERE number = ? AND session IS NULL",
        [reason, now.milliseconds, number])
    }
  }

  /// Why nobody could be led to it yet; it is sent again when somebody asks again.
  package func setupUnanswered(_ number: Int, reason: String, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE setups SET reason = ? WHERE number = ? AND state = 'opening'", [reason, number])
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

  /// The setup that saved a method.
  package func setup(method: PaymentMethodID) throws -> SetupRecord? {
    try read { db in
      try db.row("SELECT * FROM setups WHERE payment_method = ? ORDER BY number DESC LIMIT 1", [method.text])
        .map { try SetupRecord(row: $0) }
    }
  }

  /// The newest setup of a customer that came to something: a page tells how it stands.
  package func latestSetup(of customer: CustomerID, job: String?) throws -> SetupRecord? {
    try read { db in
      try db.row(
        """
        SELECT * FROM setups WHERE customer = ? AND job IS ? AND state IN ('verifying', 'complete', 'refused', 'failed')
            AND session IS NOT NULL
          ORDER BY completed_at DESC, number DESC LIMIT 1
        """, [customer.text, job]
      ).map { try SetupRecord(row: $0) }
    }
  }

  /// Setups of which the ledger has not learned the end, the oldest first.
  package func setupsUnfinished(limit: Int) throws -> [SetupRecord] {
    try read { db in
      try db.rows("SELECT * FROM setups WHERE \(Schema9.unfinished) ORDER BY written_at LIMIT ?", [limit])
        .map { try SetupRecord(row: $0) }
    }
  }

  /// Those of them that are open here, and were written before a moment.
  package func setupsOpen(writtenBefore: Timestamp, limit: Int) throws -> [SetupRecord] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM setups WHERE \(Schema9.unfinished) AND state = 'open' AND written_at < ? ORDER BY written_at LIMIT ?
        """, [writtenBefore.milliseconds, limit]
      ).map { try SetupRecord(row: $0) }
    }
  }

  /// Newest first, at most `limit`; absent filters do not filter.
  package func setups(state: SetupRecord.State?, customer: CustomerID?, limit: Int) throws -> [SetupRecord] {
    try read { db in
      try db.rows(
        """
        SELECT * FROM setups WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR customer = ?2)
          ORDER BY number DESC LIMIT ?3
        """, [state?.rawValue, customer?.text, limit]
      ).map { try SetupRecord(row: $0) }
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

  /// The oldest one, where a customer has several for one job (`--again`). One whose schedule has come to its end, and of
  /// which nothing is owed, is over: who agrees again makes another.
  func liveAgreement(of customer: CustomerID, job: String) throws -> Agreement? {
    for row in try rows(
      "SELECT * FROM agreements WHERE customer = ? AND job = ? AND state <> 'canceled' ORDER BY created_at, id",
      [customer.text, job])
    {
      let agreement = try Agreement(row: row)
      if try !agreement.isFinished || isOwed(agreement.id) { return agreement }
    }
    return nil
  }

  private func isOwed(_ agreement: AgreementID) throws -> Bool {
    try row(
      """
      SELECT 1 FROM charges WHERE agreement = ?
        AND state IN ('scheduled', 'held', 'attempting', 'unresolved', 'processing', 'recovering')
      """, [agreement.text]) != nil
  }

  /// Only of a known customer: who clicks without one may be anybody.
  fileprivate func youngSetup(_ wish: SetupWish, since: Timestamp) throws -> SetupRecord? {
    guard let customer = wish.customer else { return nil }
    let young = try row(
      """
      SELECT * FROM setups WHERE customer = ? AND job IS ? AND state IN ('opening', 'open') AND written_at > ?
        ORDER BY number DESC LIMIT 1
      """, [customer.text, wish.job, since.milliseconds]
    ).map { try SetupRecord(row: $0) }
    return young?.terms == wish.terms ? young : nil
  }
}
