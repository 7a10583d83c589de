/// Calendar and foresight: schedules that end, periods taken out, terms that change, mails ahead of time, and the reports.
enum Schema6 {
  static let sql = """
    -- `12 times`, or `until 2027-12-31`; null: until somebody ends it.
    ALTER TABLE agreements ADD COLUMN ends TEXT;
    ALTER TABLE setups ADD COLUMN ends TEXT;
    -- Period keys that a person has taken out before they were due.
    ALTER TABLE agreements ADD COLUMN skipped TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(skipped));
    -- Another interval counts from another date than the start, and what ends by count counts the periods before it.
    ALTER TABLE agreements ADD COLUMN new_anchor TEXT;
    ALTER TABLE agreements ADD COLUMN earlier_periods INTEGER NOT NULL DEFAULT 0 CHECK (earlier_periods >= 0);
    -- New terms from a date on, as `job apply` has planned them.
    ALTER TABLE agreements ADD COLUMN change TEXT CHECK (change IS NULL OR json_valid(change));
    -- The due time that the customer was, or was not, written to about ahead of time.
    ALTER TABLE agreements ADD COLUMN upcoming_for INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE agreements ADD COLUMN expiring_for INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX agreements_upcoming ON agreements (next_due_at) WHERE next_due_at IS NOT NULL AND upcoming_for <> next_due_at;
    CREATE INDEX agreements_expiring ON agreements (next_due_at) WHERE next_due_at IS NOT NULL AND expiring_for <> next_due_at;
    ALTER TABLE charges ADD COLUMN upcoming_for INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE charges ADD COLUMN expiring_for INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX charges_upcoming ON charges (due_at) WHERE state = 'scheduled' AND key IS NOT NULL AND upcoming_for <> due_at;
    CREATE INDEX charges_expiring ON charges (due_at) WHERE state = 'scheduled' AND key IS NOT NULL AND expiring_for <> due_at;

    -- What a mail ahead of time is about, where it is about no charge yet.
    ALTER TABLE notices ADD COLUMN about_due_at INTEGER;

    -- When the operator was last written to, by cause: at most once a day.
    CREATE TABLE alerts (
      cause TEXT PRIMARY KEY,
      sent_at INTEGER NOT NULL
    ) STRICT;

    -- Lists and reports over a month cost what the month holds.
    CREATE INDEX charges_by_due ON charges (due_at);
    CREATE INDEX charges_by_paid ON charges (paid_at) WHERE paid_at IS NOT NULL;
    CREATE INDEX recoveries_by_opening ON recoveries (opened_at);
    CREATE INDEX customers_by_email ON customers (lower(email)) WHERE email IS NOT NULL;
    """
}
