/// Money that goes back: each refund of ours, written before it is sent.
enum Schema3 {
  static let sql = """
    -- Law 2: the exact request, committed before it is sent. Money that goes out twice is as bad as money taken twice.
    CREATE TABLE refunds (
      number INTEGER PRIMARY KEY,
      charge TEXT NOT NULL REFERENCES charges (id),
      payment_intent TEXT NOT NULL REFERENCES payments (payment_intent),
      amount INTEGER NOT NULL CHECK (amount > 0),
      state TEXT NOT NULL CHECK (\(oneOf("state", "sending", "done", "refused"))),
      idempotency_key TEXT NOT NULL UNIQUE,
      path TEXT NOT NULL,
      body BLOB NOT NULL,
      refund TEXT UNIQUE,
      written_at INTEGER NOT NULL,
      sent_at INTEGER,
      concluded_at INTEGER,
      reason TEXT,
      CHECK ((state = 'sending') = (concluded_at IS NULL)),
      CHECK ((state = 'done') = (refund IS NOT NULL))
    ) STRICT;
    -- One at a time for each payment: what is asked for next depends on what this one came to.
    CREATE UNIQUE INDEX refunds_one_live ON refunds (payment_intent) WHERE state = 'sending';
    CREATE INDEX refunds_to_settle ON refunds (written_at) WHERE state = 'sending';
    CREATE INDEX refunds_by_charge ON refunds (charge);
    -- The duplicate detector looks at what is one too many, however many payments there are.
    CREATE INDEX payments_too_many ON payments (seen_at) WHERE is_extra = 1 AND amount_refunded < amount;
    """
}
