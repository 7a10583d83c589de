import Domain
import Foundation
import GRDB
import Transport

/// A defect planted at one of the seams, to prove that the checkers bite: each must be caught within a few seeds.
package enum Planted: String, Sendable, CaseIterable {
  // Between engine and Stripe, as if the engine asked wrongly or misread.
  case freshKeyOnResend = "a fresh idempotency key on each resend"
  case oneKeyForAll = "one idempotency key for all attempts of a charge"
  case amountOnResend = "another amount on a resend"
  case swallowedExpire = "expire is not sent, and believed done"
  case swallowedCancel = "cancel is not sent, and believed done"
  case declineIsSuccess = "a 402 is read as succeeded"
  case successIsDecline = "a success is read as a 402"
  case replayUnseen = "Idempotent-Replayed is not seen"
  case hiddenIntents = "intents are missing from lists, and from reads"
  case foreignMethod = "charges with another customer's card"
  case doubledCharge = "each off-session request is made twice, under two keys"
  case processingIsPaid = "processing is read as succeeded"
  case processingIsDecline = "processing is read as a 402"
  case blindTrust = "an event is believed: what it is about is read as succeeded"
  case freshKeyOnRefund = "a fresh idempotency key when a refund is sent again"
  case doubledRefund = "each refund is made twice, under two keys"
  case wholeRefund = "a part is asked back, and all of it goes"
  // In the engine, as if it decided wrongly.
  case blindDuplicates = "duplicates are refunded without a look at what else stands"
  // In the ledger, as if a step forgot something.
  case unpaid = "a paid charge becomes recovering again"
  case lostFulfillment = "charge.paid is not queued"
  case doubledFulfillment = "charge.paid is queued twice"
  case lostNotice = "the first notice is lost"
  case stuckNotice = "a notice is never due"
  case changedAmount = "the amount changes when the row is inserted"
  case forgottenAttempts = "attempts_made is forgotten"
  case reopenedAttempt = "a concluded attempt is unresolved again"
  case silentPayment = "paid is not in the history"
  case lostPayment = "the payment row is lost"
  case believedClosed = "a closing checkout is believed closed"
  case youngForever = "an attempt's age is counted from its last send"
  case endlessRecovery = "a deadline is years away"
  case lostPeriod = "an agreement skips a period"
  case stuckCancel = "a withdrawal is forgotten"
  case heldUnseen = "a held charge is not shown"
  case earlyRetry = "a retry comes after an hour"
  case lostRefund = "the row of a refund is lost once it is sent"
  case reopenedRefund = "a refund that is made is sending again"
  case refundUncounted = "what went back is forgotten"
  case disputeUnseen = "a dispute is not shown"
  case disputePausesNothing = "a dispute does not pause its agreement"
  case doubledAgreement = "a setup makes its agreement twice"
  case changedTerms = "a setup's agreement is not what was shown"
  case lostSetup = "a completed setup is open again"
  case neverLeft = "what may have left counts as never sent"
  case oldAmount = "a changed amount is forgotten"
  case skippedAnyway = "a skipped period is charged all the same"
  case unfenced = "an older ledger goes on as if it were the newest"
  // At the other seams.
  case lostMail = "every third mail is dropped"
  case renamedMail = "a mail goes out under another Message-ID"
  case lostMessage = "the merchant is not told"
  case renamedMessage = "a message goes out under two ids"
  case splitCommit = "a payment's message is committed after the payment"
  case duplicateUnseen = "a second payment is not shown"
  case unlimited = "what is over a limit is sent"
  case staleCheck = "what stands in the way is looked up before the transaction that writes"

  /// What it does to the ledger's file, once the ledger is there.
  func prepare(_ path: String) throws {
    guard let sql = sql ?? returnSQL ?? askedSQL else { return }
    try change(path) { db in
      try db.execute(sql: sql)
      // A trigger is compiled when it is first met: one that does not fit the tables would be another defect than it says.
      for table in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'") {
        let columns = try db.columns(in: table).map { "\"\($0.name)\" = \"\($0.name)\"" }.joined(separator: ", ")
        try db.execute(sql: "EXPLAIN INSERT INTO \"\(table)\" SELECT * FROM \"\(table)\"")
        try db.execute(sql: "EXPLAIN UPDATE \"\(table)\" SET \(columns)")
      }
    }
  }

  /// What it does once a process has committed: the second half of a commit that was split.
  ///
  /// - Parameter isDead: the process died between the two.
  func committed(_ path: String, by process: SimulatedProcess?, isDead: Bool) throws {
    try written(path, by: process)
    guard self == .splitCommit else { return }
    try change(path) { db in
      if !isDead {
        try db.execute(sql: "INSERT INTO planted_now VALUES (1); INSERT INTO fulfillments SELECT * FROM planted_later")
      }
      try db.execute(sql: "DELETE FROM planted_now; DELETE FROM planted_later")
    }
  }

  /// Changes the ledger's file behind the program's back.
  func change(_ path: String, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write(body)
    try queue.close()
  }

  /// What is rare in small worlds happens in those where a defect shows by nothing else.
  func makeVisible(in plan: inout Plan) {
    switch self {
    case .unfenced: plan.isRestored = true
    case .unlimited: plan.maxCharge = [.usd: 1000]
    case .splitCommit: plan.lurking = Plan.Lurking(kind: .ledger, state: "paid")
    case .youngForever, .neverLeft:
      plan.outages = [Plan.Outage(fromHours: 20, length: .hours(40), fault: .requestLost, isOfWritesOnly: true)]
    case .staleCheck:
      plan.hasPages = true
      plan.interjectionsPerMille = 300
    default: break
    }
  }

  func swallows(_ message: MailMessage) -> Bool {
    self == .lostMail && message.messageID.utf8.reduce(0, { $0 + Int($1) }) % 3 == 0
  }
  func renamed(_ mailID: String) -> String? { self == .renamedMail ? "<again.\(mailID.dropFirst())" : nil }
  /// The id under which a message goes out once more.
  func doubled(messageID: String) -> String? { self == .renamedMessage ? "\(messageID)_again" : nil }
  func swallows(messageID: String) -> Bool { self == .lostMessage && messageID.hasSuffix("charge_paid") }

  private var sql: String? {
    switch self {
    case .unpaid:
      """
      DROP TRIGGER paid_is_final;
      CREATE TRIGGER planted AFTER INSERT ON fulfillments WHEN NEW.kind = 'charge.paid' BEGIN
        UPDATE charges SET state = 'held', held_reason = 'refused_by_stripe', paid_at = NULL, paid_by = NULL WHERE id = NEW.charge; END
      """
    case .splitCommit:
      """
      CREATE TABLE planted_later AS SELECT * FROM fulfillments WHERE 0;
      CREATE TABLE planted_now (yes INTEGER);
      CREATE TRIGGER planted AFTER INSERT ON fulfillments
          WHEN NEW.kind = 'charge.paid' AND NOT EXISTS (SELECT 1 FROM planted_now) BEGIN
        INSERT INTO planted_later SELECT * FROM fulfillments WHERE id = NEW.id;
        DELETE FROM fulfillments WHERE id = NEW.id; END
      """
    case .unlimited:
      """
      CREATE TRIGGER planted AFTER INSERT ON charges WHEN NEW.state = 'scheduled' BEGIN
        UPDATE charges SET is_approved = 1 WHERE id = NEW.id; END
      """
    case .duplicateUnseen:
      """
      CREATE TRIGGER planted AFTER INSERT ON matters WHEN NEW.kind = 'second_payment' BEGIN
        DELETE FROM matters WHERE number = NEW.number; END
      """
    case .lostFulfillment:
      """
      CREATE TRIGGER planted AFTER INSERT ON fulfillments WHEN NEW.kind = 'charge.paid' BEGIN
        DELETE FROM fulfillments WHERE id = NEW.id; END
      """
    case .doubledFulfillment:
      """
      DROP INDEX fulfillments_paid_once;
      CREATE TRIGGER planted AFTER INSERT ON fulfillments WHEN NEW.kind = 'charge.paid' AND NEW.id NOT LIKE '%again' BEGIN
        INSERT INTO fulfillments SELECT id || '_again', kind, state, charge, agreement, session, line_items, made_at, tries,
          next_try_at, delivered_at, reason FROM fulfillments WHERE id = NEW.id; END
      """
    case .lostNotice:
      """
      CREATE TRIGGER planted AFTER INSERT ON notices WHEN NEW.kind = 'payment_failed' BEGIN
        DELETE FROM notices WHERE id = NEW.id; END
      """
    case .stuckNotice:
      """
      CREATE TRIGGER planted AFTER UPDATE OF state ON notices WHEN NEW.state = 'queued' BEGIN
        UPDATE notices SET next_try_at = next_try_at + 3200000000000 WHERE id = NEW.id; END
      """
    case .changedAmount:
      """
      DROP TRIGGER charges_are_fixed;
      CREATE TRIGGER planted AFTER INSERT ON charges BEGIN
        UPDATE charges SET amount = amount + 1 WHERE id = NEW.id; END
      """
    case .forgottenAttempts:
      """
      CREATE TRIGGER planted AFTER UPDATE OF attempts_made ON charges BEGIN
        UPDATE charges SET attempts_made = 0 WHERE id = NEW.id; END
      """
    case .reopenedAttempt:
      """
      CREATE TRIGGER planted AFTER UPDATE OF state ON attempts WHEN NEW.state = 'declined' BEGIN
        UPDATE attempts SET state = 'unresolved', concluded_at = NULL WHERE charge = NEW.charge AND number = NEW.number; END
      """
    case .silentPayment:
      """
      CREATE TRIGGER planted AFTER INSERT ON history WHEN NEW.what = 'paid' BEGIN
        DELETE FROM history WHERE number = NEW.number; END
      """
    case .lostPayment:
      "CREATE TRIGGER planted AFTER INSERT ON payments BEGIN DELETE FROM payments WHERE charge = NEW.charge; END"
    case .believedClosed:
      """
      CREATE TRIGGER planted AFTER UPDATE OF state ON checkouts WHEN NEW.state = 'closing' AND NEW.session IS NOT NULL BEGIN
        UPDATE checkouts SET state = 'expired' WHERE charge = NEW.charge AND number = NEW.number; END
      """
    case .youngForever:
      """
      CREATE TRIGGER planted AFTER UPDATE OF sends ON attempts BEGIN
        UPDATE attempts SET first_sent_at = NEW.sent_at, may_resend = 1 WHERE charge = NEW.charge AND number = NEW.number; END
      """
    case .endlessRecovery:
      """
      CREATE TRIGGER planted AFTER INSERT ON recoveries BEGIN
        UPDATE recoveries SET deadline_at = deadline_at + 86400000000 WHERE charge = NEW.charge; END
      """
    case .lostPeriod:
      """
      CREATE TRIGGER planted AFTER UPDATE OF next_index ON agreements WHEN NEW.next_index = OLD.next_index + 1 BEGIN
        UPDATE agreements SET next_index = NEW.next_index + 1 WHERE id = NEW.id; END
      """
    case .stuckCancel:
      """
      CREATE TRIGGER planted AFTER UPDATE OF cancel_requested ON charges WHEN NEW.cancel_requested = 1 BEGIN
        UPDATE charges SET cancel_requested = 0 WHERE id = NEW.id; END
      """
    case .heldUnseen:
      "CREATE TRIGGER planted AFTER INSERT ON matters WHEN NEW.kind = 'held' BEGIN DELETE FROM matters WHERE number = NEW.number; END"
    case .earlyRetry:
      """
      CREATE TRIGGER planted AFTER UPDATE OF next_retry_at ON recoveries WHEN NEW.next_retry_at > OLD.opened_at + 7200000 BEGIN
        UPDATE recoveries SET next_retry_at = OLD.opened_at + 3600000 WHERE charge = NEW.charge; END
      """
    case .staleCheck: Self.staleSQL
    default: nil
    }
  }
}
