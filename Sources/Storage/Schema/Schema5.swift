/// Paying on our own page: an attempt on session asks Stripe twice, and the customer may choose the day of the next try.
enum Schema5 {
  static let sql = """
    -- The second request of an attempt on session, after the customer's bank has asked: law 2 holds for it as well.
    ALTER TABLE attempts ADD COLUMN confirm_key TEXT;
    ALTER TABLE attempts ADD COLUMN confirm_path TEXT;
    ALTER TABLE attempts ADD COLUMN confirm_body BLOB;
    CREATE UNIQUE INDEX attempts_by_confirm_key ON attempts (confirm_key) WHERE confirm_key IS NOT NULL;
    -- The customer chose the day of the next try, once.
    ALTER TABLE recoveries ADD COLUMN chosen_at INTEGER;
    -- Events may have been missed: before anything is sent, what Stripe has is compared.
    ALTER TABLE ledger ADD COLUMN is_doubted INTEGER NOT NULL DEFAULT 0 CHECK (is_doubted IN (0, 1));
    """
}
