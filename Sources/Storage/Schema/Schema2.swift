/// Every way in: what a setup agrees to, its calls at Stripe, invitations, and mandates that ended.
///
/// `setups` is made anew, because SQLite cannot change a CHECK (sqlite.org/lang_altertable.html, "other kinds of schema
/// changes").
enum Schema2 {
  static let sql = """
    -- Setup-mode sessions of ours; written before they are sent, like every call.
    CREATE TABLE setups_anew (
      number INTEGER PRIMARY KEY,
      state TEXT NOT NULL CHECK (\(oneOf("state", "opening", "open", "verifying", "complete", "refused", "expired", "failed"))),
      idempotency_key TEXT NOT NULL UNIQUE,
      path TEXT NOT NULL,
      body BLOB NOT NULL,
      session TEXT UNIQUE,
      url TEXT,
      customer TEXT,
      job TEXT,
      -- The terms that the customer agrees to, as they were when the session was asked for.
      amount INTEGER CHECK (amount > 0),
      currency TEXT,
      description TEXT,
      statement_descriptor_suffix TEXT,
      every TEXT,
      at TEXT,
      time_zone TEXT,
      -- Whose method it replaces, or which it made.
      agreement TEXT REFERENCES agreements (id),
      setup_intent TEXT,
      payment_method TEXT,
      -- Where the customer tells Stripe what two small deposits have arrived.
      verification_url TEXT,
      written_at INTEGER NOT NULL,
      -- When the customer completed it, in Stripe's time.
      completed_at INTEGER,
      concluded_at INTEGER,
      reason TEXT,
      CHECK ((amount IS NULL) = (currency IS NULL) AND (amount IS NULL) = (description IS NULL)
        AND (amount IS NULL) = (every IS NULL) AND (amount IS NULL) = (at IS NULL) AND (amount IS NULL) = (time_zone IS NULL)),
      CHECK (amount IS NULL OR job IS NOT NULL)
    ) STRICT;
    INSERT INTO setups_anew (number, state, idempotency_key, path, body, session, url, customer, job, agreement,
        setup_intent, payment_method, written_at, reason)
      SELECT number, state, idempotency_key, path, body, session, url, customer, job, agreement, setup_intent,
        payment_method, written_at, reason FROM setups;
    DROP TABLE setups;
    ALTER TABLE setups_anew RENAME TO setups;
    CREATE INDEX setups_by_setup_intent ON setups (setup_intent) WHERE setup_intent IS NOT NULL;
    CREATE INDEX setups_by_customer ON setups (customer, job) WHERE customer IS NOT NULL;
    CREATE INDEX setups_by_agreement ON setups (agreement) WHERE agreement IS NOT NULL;
    CREATE INDEX setups_by_method ON setups (payment_method) WHERE payment_method IS NOT NULL;

    -- Law 2, for a method that was saved without a customer: the customer that is made for it, and its attachment.
    CREATE TABLE setup_requests (
      setup INTEGER NOT NULL REFERENCES setups (number),
      what TEXT NOT NULL CHECK (what IN ('customer', 'attach')),
      turn INTEGER NOT NULL CHECK (turn >= 1),
      idempotency_key TEXT NOT NULL UNIQUE,
      path TEXT NOT NULL,
      body BLOB NOT NULL,
      written_at INTEGER NOT NULL,
      concluded_at INTEGER,
      -- The id that Stripe answered with.
      result TEXT,
      PRIMARY KEY (setup, what, turn),
      CHECK ((concluded_at IS NULL) = (result IS NULL))
    ) STRICT;

    -- An invitation is to a job, before there is an agreement.
    ALTER TABLE notices ADD COLUMN job TEXT;
    CREATE INDEX notices_of_no_charge ON notices (customer, kind) WHERE charge IS NULL;

    -- Stripe has shown its mandate as inactive: it cannot be debited.
    ALTER TABLE payment_methods ADD COLUMN mandate_ended INTEGER NOT NULL DEFAULT 0 CHECK (mandate_ended IN (0, 1));
    CREATE INDEX payment_methods_by_mandate ON payment_methods (mandate) WHERE mandate IS NOT NULL;
    """
}
