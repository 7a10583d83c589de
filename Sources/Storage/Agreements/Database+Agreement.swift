import Domain
import GRDB

extension Database {
  func agreement(_ id: AgreementID) throws -> Agreement {
    guard let row = try row("SELECT * FROM agreements WHERE id = ?", [id.text]) else {
      throw LedgerError.unknown("agreement \(id)")
    }
    return try Agreement(row: row)
  }

  /// Writes an agreement whole; `next_due_at` follows from state, start and index.
  func write(_ agreement: Agreement) throws {
    try run(
      """
      INSERT INTO agreements (id, state, customer, job, amount, currency, description, statement_descriptor_suffix, every,
          at, time_zone, ends, start, new_anchor, earlier_periods, next_index, next_due_at, skipped, change, payment_method, key, consent, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, amount = excluded.amount, currency = excluded.currency,
          description = excluded.description, statement_descriptor_suffix = excluded.statement_descriptor_suffix,
          every = excluded.every, at = excluded.at, time_zone = excluded.time_zone, ends = excluded.ends,
          start = excluded.start, new_anchor = excluded.new_anchor, earlier_periods = excluded.earlier_periods, next_index = excluded.next_index, next_due_at = excluded.next_due_at,
          skipped = excluded.skipped, change = excluded.change, payment_method = excluded.payment_method
      """,
      [
        agreement.id.text, agreement.state.rawValue, agreement.customer.text, agreement.job, agreement.money.amount,
        agreement.money.currency.code, agreement.description, agreement.statementDescriptorSuffix,
        agreement.schedule.every.description, agreement.schedule.at.description, agreement.schedule.zone.identifier,
        agreement.schedule.end?.description, agreement.start?.description, agreement.newAnchor?.description,
        agreement.earlierPeriods, agreement.nextIndex,
        agreement.nextDueAt?.milliseconds, try StoredPeriods.text(agreement.skipped),
        try agreement.change.map { try StoredChange.text($0) }, agreement.paymentMethod?.text, agreement.key,
        agreement.consent, agreement.createdAt.milliseconds,
      ])
  }

  /// No new periods and no off-session retries; owed charges stay payable by link.
  func pauseAgreement(_ id: AgreementID, reason: String, at now: Timestamp) throws {
    var agreement = try agreement(id)
    guard agreement.state == .active || agreement.state == .pending else { return }
    agreement.state = .paused
    try write(agreement)
    try endRetries(of: id, at: now)
    try note(.agreementPaused, agreement: id, at: now, ["reason": reason])
    let turn = try count("SELECT count(*) FROM history WHERE agreement = ? AND what = 'agreement_paused'", [id.text])
    try tellMerchant(.agreementPaused, agreement: id, turn: String(turn), at: now)
  }

  func pauseAgreement(of charge: Charge, at now: Timestamp) throws {
    guard let agreement = charge.origin.agreement else { return }
    try pauseAgreement(agreement, reason: "charge \(charge.id) is \(charge.state.rawValue)", at: now)
  }

  /// Ends an agreement: no new periods, no retries, and nothing that was not tried yet. What has failed before stays
  /// payable by its link, unless `owed` is withdrawn as well.
  func endAgreement(_ id: AgreementID, withdrawsOwed: Bool, at now: Timestamp) throws {
    var agreement = try agreement(id)
    if agreement.state != .canceled {
      agreement.state = .canceled
      try write(agreement)
      try note(.agreementCanceled, agreement: id, at: now)
      try clear(.held, id.text, at: now)
      try clear(.setupFailed, id.text, at: now)
    }
    try endRetries(of: id, at: now)
    let untried = try rows(
      "SELECT * FROM charges WHERE agreement = ? AND state IN ('scheduled', 'held', 'attempting', 'unresolved', 'processing', 'recovering')",
      [id.text])
    for row in untried {
      let charge = try Charge(row: row)
      let isOwed = !(charge.state == .scheduled || charge.state == .held)
      if withdrawsOwed || !isOwed { try requestCancel(charge, reason: "the agreement was canceled", at: now) }
    }
  }

  /// A customer's new method takes the place of the one that failed, in every agreement of the customer that used it and
  /// whose currency it can be charged in.
  /// Agreements without any method wait for a setup (`Ledger+SetupEnd.swift`).
  func replaceMethod(
    of customer: CustomerID, from old: PaymentMethodID?, to new: PaymentMethodID, reason: String, at now: Timestamp
  ) throws {
    let used = try rows(
      """
      SELECT * FROM agreements WHERE customer = ?1 AND state <> 'canceled' AND payment_method = ?2
        AND (?3 IS NULL OR currency = ?3)
      """, [customer.text, old?.text, onlyCurrency(of: new)])
    for row in used {
      var agreement = try Agreement(row: row)
      guard agreement.paymentMethod != new else { continue }
      agreement.paymentMethod = new
      try write(agreement)
      try note(.methodChanged, agreement: agreement.id, at: now, ["method": new.text, "reason": reason])
    }
    try retryOthers(
      of: customer, from: old, to: new, differs: isOtherCard(new, than: old), keepsChosenDay: false, at: now)
  }

  func onlyCurrency(of method: PaymentMethodID) throws -> String? {
    try row("SELECT * FROM payment_methods WHERE id = ?", [method.text])
      .flatMap { PaymentMethod(row: $0).onlyCurrency?.code }
  }

  /// The same card, saved again, has another id.
  private func isOtherCard(_ new: PaymentMethodID, than old: PaymentMethodID?) throws -> Bool {
    try exists(
      """
      SELECT 1 FROM payment_methods n LEFT JOIN payment_methods o ON o.id = ?
        WHERE n.id = ? AND (o.id IS NULL OR n.budget_key <> o.budget_key OR n.expiry_month IS NOT o.expiry_month
          OR n.expiry_year IS NOT o.expiry_year)
      """, [old?.text, new.text])
  }

  /// What one agreement owes is charged with another method from now on.
  func charge(owedOf agreement: Agreement, from old: PaymentMethodID?, to new: PaymentMethodID, at now: Timestamp)
    throws
  {
    try retryOthers(
      of: agreement.customer, from: old, to: new, differs: isOtherCard(new, than: old), keepsChosenDay: false,
      only: agreement.id, at: now)
  }

  /// The bank has renewed a saved card in place: what failed with it is tried again, as with a new one.
  func renewed(_ method: PaymentMethod, at now: Timestamp) throws {
    guard let customer = method.customer else { return }
    try retryOthers(of: customer, from: method.id, to: method.id, differs: true, keepsChosenDay: true, at: now)
  }

  /// The customer's other charges that failed with the old method are retried with the new one in the next tick; the 24
  /// hours are waived, at most once a day, and only if it `differs`.
  private func retryOthers(
    of customer: CustomerID, from old: PaymentMethodID?, to new: PaymentMethodID, differs: Bool, keepsChosenDay: Bool,
    only agreement: AgreementID? = nil, at now: Timestamp
  ) throws {
    let currency = try onlyCurrency(of: new)
    let failed = try rows(
      """
      SELECT charges.id, recoveries.method_changed_at, recoveries.chosen_at IS NOT NULL AS is_chosen, coalesce(agreements.state, 'active') = 'active' AS is_active FROM charges JOIN recoveries ON recoveries.charge = charges.id
          LEFT JOIN agreements ON agreements.id = charges.agreement
        WHERE charges.customer = ?1 AND charges.payment_method IS ?2 AND (?4 IS NULL OR charges.agreement = ?4)
          AND (?5 IS NULL OR charges.currency = ?5)
          -- Also where the customer is at our page just now: the retry waits for that.
          AND (charges.state = 'recovering' OR EXISTS (SELECT 1 FROM attempts WHERE charge = charges.id
            AND kind = 'on_session' AND attempts.state IN ('sending', 'unresolved')))
          AND charges.cancel_requested = 0
          AND recoveries.ended_at IS NULL AND recoveries.deadline_at > ?3
      """, [customer.text, old?.text, now.milliseconds, agreement?.text, currency])
    for row in failed {
      let charge = ChargeID(row["id"])
      try run("UPDATE charges SET payment_method = ? WHERE id = ?", [new.text, charge.text])
      try note(.methodChanged, charge: charge, at: now, ["method": new.text])
      // A paused agreement's charge gets the card, and its retry when it is resumed.
      let isActive: Bool = row["is_active"]
      guard differs else { continue }
      guard isActive else {
        try run(
          "UPDATE recoveries SET no_retry_because = ? WHERE charge = ? AND ended_at IS NULL",
          [NoRetry.agreementPaused.rawValue, charge.text])
        continue
      }
      if keepsChosenDay, row["is_chosen"] { continue }
      // The 24 hours are waived once a day.
      let waivedAt = row.timeIfAny("method_changed_at")
      let retryAt = waivedAt.map { max(now, $0 + .hours(24)) } ?? now
      try run(
        """
        UPDATE recoveries SET next_retry_at = ?, no_retry_because = NULL, method_changed_at = ? WHERE charge = ?
        """, [retryAt.milliseconds, retryAt.milliseconds, charge.text])
      try note(.retryPlanned, charge: charge, at: now, ["at": "\(retryAt)", "reason": "new_method"])
    }
    try run(
      """
      UPDATE charges SET payment_method = ?1 WHERE customer = ?2 AND state IN ('scheduled', 'held')
        AND payment_method IS ?3 AND (?4 IS NULL OR agreement = ?4) AND (?5 IS NULL OR currency = ?5)
      """, [new.text, customer.text, old?.text, agreement?.text, currency])
  }
}
