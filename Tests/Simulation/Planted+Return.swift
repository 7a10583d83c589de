/// The defects of money that goes back, of methods that are saved, and of what persons ask for.
extension Planted {
  var returnSQL: String? {
    switch self {
    case .lostRefund:
      "CREATE TRIGGER planted AFTER UPDATE OF sent_at ON refunds BEGIN DELETE FROM refunds WHERE number = NEW.number; END"
    case .reopenedRefund:
      """
      CREATE TRIGGER planted AFTER UPDATE OF state ON refunds WHEN NEW.state = 'done' BEGIN
        UPDATE refunds SET state = 'sending', refund = NULL, concluded_at = NULL WHERE number = NEW.number; END
      """
    case .refundUncounted:
      """
      CREATE TRIGGER planted AFTER UPDATE OF amount_refunded ON payments BEGIN
        UPDATE payments SET amount_refunded = 0 WHERE payment_intent = NEW.payment_intent; END
      """
    case .disputeUnseen:
      """
      CREATE TRIGGER planted AFTER INSERT ON matters WHEN NEW.kind = 'disputed' BEGIN
        DELETE FROM matters WHERE number = NEW.number; END
      """
    case .disputePausesNothing:
      """
      CREATE TRIGGER planted AFTER UPDATE OF state ON agreements WHEN NEW.state = 'paused' AND OLD.state = 'active'
          AND EXISTS (SELECT 1 FROM charges WHERE agreement = NEW.id AND disputed_at IS NOT NULL) BEGIN
        UPDATE agreements SET state = 'active' WHERE id = NEW.id; END
      """
    case .doubledAgreement:
      """
      CREATE TRIGGER planted AFTER INSERT ON agreements WHEN NEW.consent LIKE 'cs_%' AND NEW.id NOT LIKE '%again' BEGIN
        INSERT INTO agreements (id, state, customer, job, amount, currency, description, statement_descriptor_suffix, every,
            at, time_zone, start, next_index, next_due_at, payment_method, key, consent, created_at)
          SELECT id || '_again', state, customer, job, amount, currency, description, statement_descriptor_suffix, every,
            at, time_zone, start, next_index, next_due_at, payment_method, NULL, consent, created_at
          FROM agreements WHERE id = NEW.id; END
      """
    case .changedTerms:
      """
      CREATE TRIGGER planted AFTER INSERT ON agreements WHEN NEW.consent LIKE 'cs_%' BEGIN
        UPDATE agreements SET amount = amount + 100 WHERE id = NEW.id; END
      """
    case .lostSetup:
      """
      CREATE TRIGGER planted AFTER UPDATE OF state ON setups WHEN NEW.state = 'complete' BEGIN
        UPDATE setups SET state = 'open', concluded_at = NULL WHERE number = NEW.number; END
      """
    default: nil
    }
  }

  /// The defects of what persons ask for, of what cannot leave, and of older copies.
  var askedSQL: String? {
    switch self {
    case .neverLeft:
      """
      CREATE TRIGGER planted AFTER UPDATE OF asked_at ON attempts WHEN NEW.state = 'unresolved' BEGIN
        UPDATE attempts SET unexecuted = sends WHERE charge = NEW.charge AND number = NEW.number; END
      """
    case .oldAmount:
      """
      CREATE TRIGGER planted AFTER UPDATE OF amount ON agreements WHEN NEW.amount <> OLD.amount BEGIN
        UPDATE agreements SET amount = OLD.amount WHERE id = NEW.id; END
      """
    case .skippedAnyway:
      """
      CREATE TRIGGER planted AFTER UPDATE OF skipped ON agreements WHEN NEW.skipped <> OLD.skipped BEGIN
        UPDATE agreements SET skipped = OLD.skipped, next_index = OLD.next_index, next_due_at = OLD.next_due_at
          WHERE id = NEW.id; END
      """
    case .unfenced:
      """
      CREATE TRIGGER planted AFTER UPDATE OF fenced_because, is_doubted ON ledger
          WHEN NEW.fenced_because IS NOT NULL OR NEW.is_doubted = 1 BEGIN
        UPDATE ledger SET fenced_because = NULL, is_doubted = 0; END;
      CREATE TRIGGER planted_too AFTER UPDATE OF events_read_until ON ledger BEGIN
        UPDATE ledger SET progress = max(progress, NEW.events_read_until); END
      """
    default: nil
    }
  }
}
