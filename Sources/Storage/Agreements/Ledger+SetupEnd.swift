package import Domain
import GRDB

/// What a setup session came to: each step one commit (law 10), the same result once, whoever brings it and however often.
extension Ledger {
  /// The customer has saved a method. With a job the agreement is made, or its method replaced.
  ///
  /// An agreement that was canceled since the session was asked for stays canceled: then only the method is kept.
  package func completeSetup(_ saved: SavedSetup, at now: Timestamp) throws -> Agreement? {
    try write(at: now) { db in
      let setup = try db.setup(saved.number)
      // What somebody else has judged and refused at the same time is not used after all.
      guard setup.state != .complete, setup.state != .refused else {
        return try setup.agreement.map { try db.agreement($0) }
      }
      try db.save(saved.customer, at: now)
      try db.save(saved.method, at: now)
      // A session of an older dues, whose terms were in its job's file only: it stays to be completed once that is back.
      if setup.job != nil, saved.make == nil, setup.agreement == nil { return nil }
      let agreement = try db.agree(saved, setup, at: now)
      try db.giveToPending(saved.method.id, of: saved.customer.id, completedAt: saved.completedAt, at: now)
      try db.run(
        """
        UPDATE setups SET state = 'complete', customer = ?, payment_method = ?, agreement = ?, url = NULL,
            verification_url = NULL, setup_intent = coalesce(setup_intent, ?), completed_at = ?, concluded_at = ?,
            reason = NULL
          WHERE number = ?
        """,
        [
          saved.customer.id.text, saved.method.id.text, agreement?.id.text, saved.setupIntent?.text,
          saved.completedAt.milliseconds, now.milliseconds, saved.number,
        ])
      try db.clear(.setupFailed, saved.session.text, at: now)
      try db.clearLostSetups(of: saved.customer.id, job: setup.job, agreement: agreement?.id, at: now)
      return agreement
    }
  }

  /// The customer is done and the bank is not: with a job the agreement is there, and `pending`, or keeps its method.
  package func setupVerifying(_ saved: SavedSetup, verificationURL: String?, at now: Timestamp) throws -> Agreement? {
    try write(at: now) { db in
      let setup = try db.setup(saved.number)
      switch setup.state {
      // Failed is later than verifying: what says otherwise was read before.
      case .complete, .refused, .failed: return try setup.agreement.map { try db.agreement($0) }
      case .verifying:
        // The way to verify it may have changed; nothing else has.
        if setup.verificationURL != verificationURL {
          try db.run("UPDATE setups SET verification_url = ? WHERE number = ?", [verificationURL, setup.number])
        }
        return try setup.agreement.map { try db.agreement($0) }
      case .opening, .open, .expired: break
      }
      try db.save(saved.customer, at: now)
      try db.save(saved.method, at: now)
      let agreement = try db.waitingAgreement(setup, saved.make, customer: saved.customer.id, at: now)
      try db.run(
        """
        UPDATE setups SET state = 'verifying', customer = ?, payment_method = ?, agreement = ?, url = NULL,
            verification_url = ?, setup_intent = coalesce(setup_intent, ?), completed_at = ?, reason = NULL
          WHERE number = ?
        """,
        [
          saved.customer.id.text, saved.method.id.text, agreement?.id.text, verificationURL, saved.setupIntent?.text,
          saved.completedAt.milliseconds, saved.number,
        ])
      if let agreement {
        try db.noteConsent(saved.session, saved.consent, given: saved.completedAt, to: agreement, at: now)
        try db.note(
          .setupVerifying, agreement: agreement.id, at: now,
          ["session": saved.session.text, "method": saved.method.label])
      }
      return agreement
    }
  }

  /// The bank did not verify what was entered. The agreement waits, without a method, for the day another is saved; a
  /// person is told, and the customer is invited once more.
  package func setupFailed(_ lost: LostSetup, at now: Timestamp) throws {
    try write(at: now) { db in
      let setup = try db.setup(lost.number)
      switch setup.state {
      case .complete, .refused, .failed: return
      case .opening, .open, .verifying, .expired: break
      }
      if let customer = lost.customer { try db.save(customer, at: now) }
      let agreement = try lost.customer.flatMap {
        try db.waitingAgreement(setup, lost.make, customer: $0.id, at: now)
      }
      // The customer has agreed, whatever the bank says; that it was still verifying nobody has heard.
      if let agreement, setup.state != .verifying {
        try db.noteConsent(lost.session, lost.consent, given: lost.completedAt ?? now, to: agreement, at: now)
      }
      let isWanted = try db.lose(setup, lost, as: .failed, reason: lost.reason, agreement: agreement, at: now)
      guard isWanted, let customer = lost.customer, customer.email != nil, let url = lost.invitationURL else { return }
      try db.planInvitation(
        id: "\(customer.id).\(NoticeKind.setupInvitation.rawValue).after\(setup.number)", customer: customer.id,
        job: setup.job, agreement: agreement?.id, url: url, at: now)
    }
  }

  /// What was saved cannot be charged while the customer is away: nothing uses it, and a person is told.
  package func setupRefused(_ lost: LostSetup, _ refusal: SetupRefusal, at now: Timestamp) throws {
    try write(at: now) { db in
      let setup = try db.setup(lost.number)
      guard setup.state != .complete, setup.state != .refused else { return }
      if let customer = lost.customer { try db.save(customer, at: now) }
      if let method = lost.method { try db.save(method, at: now) }
      let agreement = try db.agreement(of: setup, customer: lost.customer?.id)
      _ = try db.lose(setup, lost, as: .refused, reason: refusal.rawValue, agreement: agreement, at: now)
    }
  }

  package func setupExpired(_ number: Int, at now: Timestamp) throws {
    try write(at: now) { db in
      try db.run(
        "UPDATE setups SET state = 'expired', url = NULL, concluded_at = ? WHERE number = ? AND state IN ('opening', 'open')",
        [now.milliseconds, number])
    }
  }
}

extension Database {
  /// The agreement that a setup is about; canceled ones included, so that none comes back to life: neither one that was
  /// there when the session was asked for, nor one that another session has made since.
  fileprivate func agreement(of setup: SetupRecord, customer: CustomerID?) throws -> Agreement? {
    let known = try setup.agreement.map { try agreement($0) }
    if let known, known.state != .canceled { return known }
    guard let job = setup.job, let customer else { return known }
    if let there = try liveAgreement(of: customer, job: job) ?? known { return there }
    return try row(
      """
      SELECT agreements.* FROM agreements JOIN history ON history.agreement = agreements.id
        WHERE agreements.customer = ? AND agreements.job = ? AND agreements.state = 'canceled'
          AND history.what = 'agreement_canceled' AND history.at > ?
        ORDER BY history.number DESC LIMIT 1
      """, [customer.text, job, setup.writtenAt.milliseconds]
    ).map { try Agreement(row: $0) }
  }

  /// A live agreement of the customer and job gets the new method; otherwise the new agreement is added.
  fileprivate func agree(_ saved: SavedSetup, _ setup: SetupRecord, at now: Timestamp) throws -> Agreement? {
    guard setup.job != nil else { return nil }
    if let there = try agreement(of: setup, customer: saved.customer.id) {
      if there.state == .canceled { return there }
      return try take(saved, for: there, isNewConsent: setup.state != .verifying, at: now)
    }
    guard let make = saved.make else { return nil }
    try write(make)
    try note(.created, agreement: make.id, at: now, ["by": make.consent])
    try noteConsent(saved.session, saved.consent, given: saved.completedAt, to: make, at: now)
    try tellMerchant(.agreementCreated, agreement: make.id, turn: "1", at: now)
    return make
  }

  private func take(
    _ saved: SavedSetup, for there: Agreement, isNewConsent: Bool, at now: Timestamp
  ) throws -> Agreement {
    let detail: KeyValuePairs<String, String?> = ["session": saved.session.text, "method": saved.method.label]
    if try isSuperseded(saved, there) {
      try note(.setupSuperseded, agreement: there.id, at: now, detail)
      return there
    }
    if let only = saved.method.onlyCurrency, only != there.money.currency {
      try raise(
        .setupFailed, there.id.text,
        "the customer has saved \(saved.method.label), which cannot be charged in \(there.money.currency); "
          + HumanMatter.setupFailed.advice, at: now)
      return there
    }
    if isNewConsent {
      try noteConsent(saved.session, saved.consent, given: saved.completedAt, to: there, at: now)
    }
    // Without an old one there is nothing that failed with it: a one-off without a method keeps its link.
    if let old = there.paymentMethod {
      try replaceMethod(of: saved.customer.id, from: old, to: saved.method.id, reason: "setup", at: now)
    }
    return try give(saved.method.id, to: try agreement(there.id), completedAt: saved.completedAt, at: now)
  }

  /// Of two choices of a customer the later one counts, in whatever order they are heard of.
  private func isSuperseded(_ saved: SavedSetup, _ agreement: Agreement) throws -> Bool {
    try row(
      """
      SELECT 1 FROM setups WHERE agreement = ? AND state = 'complete' AND number <> ?
          AND (completed_at, number) > (?, ?)
      """, [agreement.id.text, saved.number, saved.completedAt.milliseconds, saved.number]) != nil
  }

  /// An agreement that had no method has one now: it starts, unless a day was set, on the day that it was saved.
  func give(
    _ method: PaymentMethodID, to there: Agreement, completedAt: Timestamp, at now: Timestamp
  ) throws -> Agreement {
    var after = there
    if after.paymentMethod == nil {
      after.paymentMethod = method
      try note(.methodChanged, agreement: after.id, at: now, ["method": method.text, "reason": "setup"])
    }
    after.start = after.start ?? after.schedule.zone.date(at: completedAt)
    let wasPending = after.state == .pending
    if wasPending { after.state = .active }
    try write(after)
    if wasPending { try note(.agreementActivated, agreement: after.id, at: now, ["method": method.text]) }
    return after
  }

  /// A setup makes active what waits for a method, except where the bank is still verifying another one for it.
  fileprivate func giveToPending(
    _ method: PaymentMethodID, of customer: CustomerID, completedAt: Timestamp, at now: Timestamp
  ) throws {
    let waiting = try rows(
      """
      SELECT * FROM agreements WHERE customer = ?1 AND payment_method IS NULL AND state IN ('pending', 'paused')
          AND (?2 IS NULL OR currency = ?2)
          AND NOT EXISTS (SELECT 1 FROM setups WHERE setups.agreement = agreements.id AND setups.state = 'verifying')
        ORDER BY id
      """, [customer.text, onlyCurrency(of: method)])
    for row in waiting { _ = try give(method, to: Agreement(row: row), completedAt: completedAt, at: now) }
  }

  /// The agreement of a setup that has no method to give yet: the one there is, else the new one, pending.
  fileprivate func waitingAgreement(
    _ setup: SetupRecord, _ make: Agreement?, customer: CustomerID, at now: Timestamp
  ) throws -> Agreement? {
    if let there = try agreement(of: setup, customer: customer) { return there }
    guard var make else { return nil }
    make.state = .pending
    make.paymentMethod = nil
    try write(make)
    try note(.created, agreement: make.id, at: now, ["by": make.consent])
    try tellMerchant(.agreementCreated, agreement: make.id, turn: "1", at: now)
    return make
  }

  /// When, where and to what; the merchant must be able to show it (docs/STRIPE.md §8).
  fileprivate func noteConsent(
    _ session: CheckoutSessionID, _ consent: SetupConsent, given: Timestamp, to agreement: Agreement, at now: Timestamp
  ) throws {
    let terms = agreement.termsAhead(at: given)
    try note(
      .consentGiven, agreement: agreement.id, at: now,
      [
        "session": session.text, "given": "\(given)",
        "terms": "\(terms.money) \(terms.schedule) for \(terms.description)",
        "terms_of_service": consent.termsOfService, "promotions": consent.promotions,
      ])
  }
}
