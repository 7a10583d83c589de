package import Domain
import GRDB

/// What adding something under a key came to.
package enum Addition<Added: Sendable>: Sendable {
  case added(Added)
  /// The same key with the same values: the same thing.
  case existing(Added)
  /// The same key with other values; names what differs.
  case differs(String)
  /// Something equal is there already, and nobody said `--again`.
  case again(Added)
}

/// What is there already where an agreement is to be added.
package enum StandingAgreement: Sendable {
  /// It has the key.
  case sameKey(Agreement)
  /// The customer's live one for the job, beside which there may be no other.
  case live(Agreement)
}

/// Which agreements are asked for; absent members do not filter.
package struct AgreementFilter: Sendable {
  package let state: Agreement.State?
  package let customer: CustomerID?
  package let email: String?
  package let job: String?
  package let since: Timestamp?

  package init(state: Agreement.State?, customer: CustomerID?, email: String?, job: String?, since: Timestamp?) {
    self.state = state
    self.customer = customer
    self.email = email
    self.job = job
    self.since = since
  }

  package static let all = AgreementFilter(state: nil, customer: nil, email: nil, job: nil, since: nil)
}

extension Ledger {
  /// Adds an agreement. One live agreement per customer and job, unless `again`.
  package func add(_ agreement: Agreement, again: Bool, at now: Timestamp) throws -> Addition<Agreement> {
    try write(at: now) { db in
      if let row = try db.row("SELECT * FROM agreements WHERE id = ?", [agreement.id.text]) {
        let there = try Agreement(row: row)
        if let difference = there.difference(from: agreement) { return .differs(difference) }
        return .existing(there)
      }
      if !again, let live = try db.liveAgreement(of: agreement.customer, job: agreement.job) { return .again(live) }
      try db.insert(agreement, at: now)
      return .added(agreement)
    }
  }

  /// Adds agreements, all or none; those that are there already stay as they are.
  ///
  /// It is one transaction, and takes the memory of one of them. Whoever else wants to write waits until it is over.
  ///
  /// - Parameter next: gives the next one, and `nil` after the last; what it throws undoes all. It must not use the ledger.
  /// - Throws: ``LedgerError/cannot(_:)`` if one is there with other values, or its customer has a live one for the job.
  /// - Returns: how many are new.
  package func add(all next: () throws -> Agreement?, at now: Timestamp) throws -> Int {
    try write(at: now) { db in
      var added = 0
      while let agreement = try next() {
        let there = try db.first(
          "SELECT * FROM agreements WHERE id = ?", [agreement.id.text], Agreement.init(row:))
        if let there {
          guard let difference = there.difference(from: agreement) else { continue }
          throw LedgerError.cannot("agreement \(agreement.id) is there already, with other values: \(difference)")
        }
        if let live = try db.liveAgreement(of: agreement.customer, job: agreement.job) {
          throw LedgerError.cannot("customer \(live.customer) has agreement \(live.id) for job \(live.job) already")
        }
        try db.insert(agreement, at: now)
        added += 1
      }
      return added
    }
  }

  /// What stands where agreements are to be added, some hundred at most, in one look at the ledger; `nil` where nothing does.
  package func standing(
    at places: [(key: String, customer: CustomerID, job: String)]
  ) throws -> [StandingAgreement?] {
    try read { db in
      let found = try db.all(
        "SELECT * FROM agreements WHERE key IN (\(databaseQuestionMarks(count: places.count)))",
        StatementArguments(places.map(\.key)), Agreement.init(row:))
      var there: [String: Agreement] = [:]
      for agreement in found {
        if let key = agreement.key { there[key] = agreement }
      }
      var standing: [StandingAgreement?] = []
      for place in places {
        if let same = there[place.key] {
          standing.append(.sameKey(same))
        } else {
          let live = try db.liveAgreement(of: place.customer, job: place.job)
          standing.append(live.map { StandingAgreement.live($0) })
        }
      }
      return standing
    }
  }

  package func agreement(_ id: AgreementID) throws -> Agreement? {
    try read { db in try db.row("SELECT * FROM agreements WHERE id = ?", [id.text]).map { try Agreement(row: $0) } }
  }

  /// The agreement that a setup for this job would give its method to.
  package func liveAgreement(of customer: CustomerID, job: String) throws -> Agreement? {
    try read { db in try db.liveAgreement(of: customer, job: job) }
  }

  package func hasAgreement(_ customer: CustomerID, madeSince: Timestamp) throws -> Bool {
    try read { db in
      try db.row(
        "SELECT 1 FROM agreements WHERE customer = ? AND created_at >= ?", [customer.text, madeSince.milliseconds])
        != nil
    }
  }

  /// Agreements in the order of their ids, a page at a time. Those of one customer cost what they are, however many there are.
  package func agreements(_ filter: AgreementFilter, after id: AgreementID?, limit: Int) throws -> [Agreement] {
    try read { db in
      var sql = "SELECT agreements.* FROM agreements"
      var conditions = ["agreements.id > ?"]
      var arguments: [(any DatabaseValueConvertible)?] = [id?.text ?? ""]
      func only(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments.append(value)
      }
      only(
        "agreements.customer IN (SELECT id FROM customers WHERE email IS NOT NULL AND lower(email) = lower(?))",
        filter.email)
      only("agreements.state = ?", filter.state?.rawValue)
      only("agreements.customer = ?", filter.customer?.text)
      only("agreements.job = ?", filter.job)
      only("agreements.created_at >= ?", filter.since?.milliseconds)
      sql += " WHERE \(conditions.joined(separator: " AND ")) ORDER BY agreements.id LIMIT ?"
      return try db.rows(sql, StatementArguments(arguments + [limit])).map { try Agreement(row: $0) }
    }
  }

  package func pause(_ id: AgreementID, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      let agreement = try db.agreement(id)
      guard agreement.state != .canceled else {
        throw LedgerError.cannot("agreement \(id) is canceled; it cannot be paused")
      }
      try db.pauseAgreement(id, reason: "admin", at: now)
      return try db.agreement(id)
    }
  }

  /// Goes on with the first period that is due after now: a pause is never billed afterwards.
  ///
  /// - Parameter goodHour: when a retry may be made that comes back, from a moment on.
  package func resume(
    _ id: AgreementID, at now: Timestamp, goodHour: (Timestamp) -> Timestamp = { $0 }
  ) throws -> Agreement {
    try write(at: now) { db in
      var agreement = try db.agreement(id)
      guard agreement.state == .paused else {
        throw LedgerError.cannot("agreement \(id) is \(agreement.state.rawValue); only a paused one can be resumed")
      }
      let hadChange = agreement.change != nil
      agreement = agreement.passing(now)
      agreement.state = agreement.start == nil || agreement.paymentMethod == nil ? .pending : .active
      try db.write(agreement)
      if hadChange, agreement.change == nil {
        try db.noteTerms(.termsChanged, of: agreement, from: agreement.nextPeriod?.date, at: now)
      }
      // The retries that the pause ended come back, never within 24 hours of the last attempt.
      let waiting = try db.rows(
        """
        SELECT charge, (SELECT max(coalesce(sent_at, written_at)) FROM attempts WHERE charge = recoveries.charge) AS last
          FROM recoveries WHERE agreement = ? AND ended_at IS NULL AND no_retry_because = 'agreement_paused'
            AND EXISTS (SELECT 1 FROM attempts WHERE charge = recoveries.charge)
            -- Also of what a limit holds, and while the customer is at our page: if nothing comes of it, the plan goes on.
            AND EXISTS (SELECT 1 FROM charges WHERE id = recoveries.charge
              AND (state IN ('recovering', 'held') OR EXISTS (SELECT 1 FROM attempts WHERE charge = charges.id
                AND kind = 'on_session' AND state IN ('sending', 'unresolved'))))
        """, [id.text])
      for row in waiting {
        try db.run(
          "UPDATE recoveries SET no_retry_because = NULL, next_retry_at = ? WHERE charge = ?",
          [goodHour(max(now, row.time("last") + .days(1))).milliseconds, row["charge"] as String])
      }
      try db.note(.agreementResumed, agreement: id, at: now)
      return agreement
    }
  }

  /// Ends an agreement, and asks for the end of its unpaid charges unless what is owed stays payable.
  package func cancel(_ id: AgreementID, keepOwed: Bool, at now: Timestamp) throws -> Agreement {
    try write(at: now) { db in
      try db.endAgreement(id, withdrawsOwed: !keepOwed, at: now)
      return try db.agreement(id)
    }
  }
}

extension Database {
  fileprivate func insert(_ agreement: Agreement, at now: Timestamp) throws {
    try write(agreement)
    try note(.created, agreement: agreement.id, at: now, ["by": agreement.consent])
    try tellMerchant(.agreementCreated, agreement: agreement.id, turn: "1", at: now)
  }
}

extension Agreement {
  /// What an equal key would change; `nil` if nothing.
  package func difference(from other: Agreement) -> String? {
    if customer != other.customer { return "customer is \(customer), not \(other.customer)" }
    if job != other.job { return "job is \(job), not \(other.job)" }
    if money != other.money { return "amount is \(money), not \(other.money)" }
    if let theirs = other.start, let start, start != theirs { return "start is \(start), not \(theirs)" }
    return nil
  }
}
