import Domain
import GRDB

/// A setup that saved nothing, and whether that still matters.
extension Database {
  /// Nothing is silent: the setup, the agreement's history and `status` say that nothing was saved, and why.
  ///
  /// - Returns: whether another method is wanted now; not if the agreement is over, or the customer has saved one since.
  func lose(
    _ setup: SetupRecord, _ lost: LostSetup, as state: SetupRecord.State, reason: String, agreement: Agreement?,
    at now: Timestamp
  ) throws -> Bool {
    let completedAt = setup.completedAt ?? lost.completedAt ?? now
    try run(
      """
      UPDATE setups SET state = ?, customer = coalesce(customer, ?), payment_method = coalesce(payment_method, ?),
          agreement = coalesce(agreement, ?), url = NULL, verification_url = NULL, completed_at = ?, concluded_at = ?,
          reason = ?
        WHERE number = ?
      """,
      [
        state.rawValue, lost.customer?.id.text, lost.method?.id.text, agreement?.id.text, completedAt.milliseconds,
        now.milliseconds, reason, setup.number,
      ])
    if let agreement { try noteLoss(of: agreement, lost, as: state, at: now) }
    guard agreement?.state != .canceled, try !isMoot(setup, lost, agreement, completedAt: completedAt) else {
      return false
    }
    let whose = lost.customer.map { " of \($0.id)" } ?? ""
    try raise(
      .setupFailed, agreement?.id.text ?? lost.session.text,
      "a payment method\(whose) could not be saved (\(lost.reason)); invite them to save another: `dues setup link --send`",
      at: now)
    return true
  }

  private func noteLoss(
    of agreement: Agreement, _ lost: LostSetup, as state: SetupRecord.State, at now: Timestamp
  ) throws {
    var waiting = agreement
    // It starts on the day that another method is saved.
    if waiting.paymentMethod == nil, waiting.state == .pending || waiting.state == .paused,
      waiting.consent == lost.session.text
    {
      waiting.start = nil
      try write(waiting)
    }
    try note(
      state == .refused ? .setupRefused : .setupFailed, agreement: agreement.id, at: now,
      ["session": lost.session.text, "method": lost.method?.label, "reason": lost.reason])
  }

  /// Whether the customer has completed another one for the same since.
  private func isMoot(
    _ setup: SetupRecord, _ lost: LostSetup, _ agreement: Agreement?, completedAt: Timestamp
  ) throws -> Bool {
    try row(
      """
      SELECT 1 FROM setups WHERE (agreement = ?1 OR (customer = ?2 AND job IS ?3)) AND state = 'complete'
          AND (completed_at, number) > (?4, ?5)
      """,
      [
        agreement?.id.text, (lost.customer?.id ?? setup.customer)?.text, setup.job, completedAt.milliseconds,
        setup.number,
      ]) != nil
  }

  /// A completed setup is what a failed one of the same customer and job was waiting for.
  func clearLostSetups(
    of customer: CustomerID, job: String?, agreement: AgreementID?, at now: Timestamp
  ) throws {
    if let agreement { try clear(.setupFailed, agreement.text, at: now) }
    let lost = try rows(
      "SELECT session FROM setups WHERE customer = ? AND job IS ? AND state IN ('refused', 'failed') AND session IS NOT NULL",
      [customer.text, job])
    for row in lost { try clear(.setupFailed, row["session"], at: now) }
  }
}
