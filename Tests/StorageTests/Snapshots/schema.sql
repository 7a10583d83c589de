CREATE TRIGGER attempts_alone BEFORE INSERT ON attempts
  WHEN EXISTS (SELECT 1 FROM checkouts WHERE charge = NEW.charge AND (state = 'opening' OR state = 'open' OR state = 'closing'))
    OR EXISTS (SELECT 1 FROM intents WHERE charge = NEW.charge AND secret_left = 1 AND state IN ('open', 'closing'))
  BEGIN SELECT RAISE(ABORT, 'one live instrument per charge (law 5): something else could still collect'); END;

CREATE TRIGGER charges_are_fixed BEFORE UPDATE OF id, customer, amount, currency, description, agreement, period, key, due_at
  ON charges
  BEGIN SELECT RAISE(ABORT, 'a charge is fixed when it is inserted (law 1)'); END;

CREATE TRIGGER checkouts_alone BEFORE INSERT ON checkouts
  WHEN EXISTS (SELECT 1 FROM attempts WHERE charge = NEW.charge AND (state = 'sending' OR state = 'unresolved' OR state = 'processing'))
    OR EXISTS (SELECT 1 FROM intents WHERE charge = NEW.charge AND secret_left = 1 AND state IN ('open', 'closing'))
  BEGIN SELECT RAISE(ABORT, 'one live instrument per charge (law 5): an attempt is not concluded'); END;

CREATE TRIGGER paid_is_final BEFORE UPDATE OF state ON charges WHEN OLD.state = 'paid' AND NEW.state <> 'paid'
  BEGIN SELECT RAISE(ABORT, 'paid is final (law 7)'); END;

CREATE TABLE agreements (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK ((state = 'pending' OR state = 'active' OR state = 'paused' OR state = 'canceled')),
  customer TEXT NOT NULL REFERENCES customers (id),
  job TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  description TEXT NOT NULL,
  statement_descriptor_suffix TEXT,
  every TEXT NOT NULL,
  at TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  start TEXT,
  next_index INTEGER NOT NULL CHECK (next_index >= 0),
  next_due_at INTEGER CHECK (state = 'active' OR next_due_at IS NULL),
  payment_method TEXT REFERENCES payment_methods (id),
  key TEXT UNIQUE,
  consent TEXT NOT NULL,
  created_at INTEGER NOT NULL, ends TEXT, skipped TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(skipped)), new_anchor TEXT, earlier_periods INTEGER NOT NULL DEFAULT 0 CHECK (earlier_periods >= 0), change TEXT CHECK (change IS NULL OR json_valid(change)), upcoming_for INTEGER NOT NULL DEFAULT 0, expiring_for INTEGER NOT NULL DEFAULT 0,
  CHECK (state <> 'active' OR start IS NOT NULL)
) STRICT;

CREATE TABLE alerts (
  cause TEXT PRIMARY KEY,
  sent_at INTEGER NOT NULL
) STRICT;

CREATE TABLE attempts (
  charge TEXT NOT NULL REFERENCES charges (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  kind TEXT NOT NULL CHECK (kind IN ('off_session', 'on_session')),
  state TEXT NOT NULL CHECK ((state = 'sending' OR state = 'succeeded' OR state = 'processing' OR state = 'declined' OR state = 'needs_customer' OR state = 'refused' OR state = 'unresolved')),
  idempotency_key TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  body BLOB NOT NULL,
  payment_method TEXT REFERENCES payment_methods (id),
  budget_key TEXT,
  payment_intent TEXT,
  written_at INTEGER NOT NULL,
  sent_at INTEGER,
  sends INTEGER NOT NULL DEFAULT 0,
  -- Of the sends, those that Stripe certainly did not execute: never left, or turned away with the key.
  unexecuted INTEGER NOT NULL DEFAULT 0 CHECK (unexecuted <= sends),
  asked_at INTEGER,
  may_resend INTEGER NOT NULL DEFAULT 1 CHECK (may_resend IN (0, 1)),
  concluded_at INTEGER,
  code TEXT, decline_code TEXT, advice_code TEXT, network_decline_code TEXT, network_advice_code TEXT,
  remedy TEXT CHECK ((remedy = 'wait' OR remedy = 'new_details' OR remedy = 'authenticate' OR remedy = 'stop' OR remedy = 'our_fault')),
  safe_reason TEXT,
  reason TEXT,
  request_id TEXT, confirm_key TEXT, confirm_path TEXT, confirm_body BLOB, first_sent_at INTEGER,
  PRIMARY KEY (charge, number)
) STRICT;

CREATE TABLE charges (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK ((state = 'scheduled' OR state = 'held' OR state = 'attempting' OR state = 'unresolved' OR state = 'processing' OR state = 'recovering' OR state = 'paid' OR state = 'uncollectible' OR state = 'canceled')),
  customer TEXT NOT NULL REFERENCES customers (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  description TEXT NOT NULL,
  statement_descriptor_suffix TEXT,
  agreement TEXT REFERENCES agreements (id),
  period TEXT,
  job TEXT,
  key TEXT,
  due_at INTEGER NOT NULL,
  payment_method TEXT REFERENCES payment_methods (id),
  payment_intent TEXT,
  paid_at INTEGER,
  paid_by TEXT CHECK ((paid_by = 'off_session' OR paid_by = 'checkout' OR paid_by = 'on_session' OR paid_by = 'outside')),
  amount_refunded INTEGER NOT NULL DEFAULT 0 CHECK (amount_refunded >= 0),
  disputed_at INTEGER,
  held_reason TEXT,
  cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
  is_approved INTEGER NOT NULL DEFAULT 0 CHECK (is_approved IN (0, 1)),
  attempts_made INTEGER NOT NULL DEFAULT 0 CHECK (attempts_made >= 0),
  metadata TEXT NOT NULL CHECK (json_valid(metadata)),
  created_at INTEGER NOT NULL, upcoming_for INTEGER NOT NULL DEFAULT 0, expiring_for INTEGER NOT NULL DEFAULT 0,
  -- Law 1: agreement x period is unique, and so is a one-off's key; a charge is the one or the other.
  UNIQUE (agreement, period),
  UNIQUE (key),
  CHECK ((agreement IS NULL) = (period IS NULL) AND (agreement IS NULL) = (job IS NULL)),
  CHECK ((agreement IS NULL) <> (key IS NULL)),
  CHECK ((state = 'paid') = (paid_at IS NOT NULL) AND (paid_at IS NULL) = (paid_by IS NULL)),
  CHECK ((state = 'held') = (held_reason IS NOT NULL))
) STRICT;

CREATE TABLE checkouts (
  charge TEXT NOT NULL REFERENCES charges (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  state TEXT NOT NULL CHECK ((state = 'opening' OR state = 'open' OR state = 'closing' OR state = 'expired' OR state = 'complete' OR state = 'failed')),
  opened_by TEXT NOT NULL CHECK (opened_by IN ('engine', 'customer')),
  idempotency_key TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  body BLOB NOT NULL,
  session TEXT UNIQUE,
  url TEXT,
  expires_at INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  sends INTEGER NOT NULL DEFAULT 0,
  sent_at INTEGER,
  asked_at INTEGER,
  closed_at INTEGER,
  reason TEXT,
  PRIMARY KEY (charge, number),
  CHECK ((state = 'opening' OR state = 'closing' OR state = 'failed') OR session IS NOT NULL)
) STRICT;

CREATE TABLE customers (
  id TEXT PRIMARY KEY,
  email TEXT,
  name TEXT,
  locales TEXT NOT NULL CHECK (json_valid(locales)),
  is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1)),
  read_at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  object TEXT NOT NULL,
  payload BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('webhook', 'sync')),
  received_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK ((state = 'waiting' OR state = 'applied' OR state = 'ignored')),
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER,
  reason TEXT
) STRICT;

CREATE TABLE fulfillments (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK ((state = 'queued' OR state = 'delivered' OR state = 'given_up')),
  charge TEXT REFERENCES charges (id),
  agreement TEXT REFERENCES agreements (id),
  session TEXT,
  line_items TEXT NOT NULL CHECK (json_valid(line_items)),
  made_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER,
  delivered_at INTEGER,
  reason TEXT
) STRICT;

CREATE TABLE history (
  number INTEGER PRIMARY KEY,
  charge TEXT REFERENCES charges (id),
  agreement TEXT REFERENCES agreements (id),
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE TABLE intents (
  id TEXT PRIMARY KEY,
  charge TEXT NOT NULL REFERENCES charges (id),
  kind TEXT NOT NULL CHECK ((kind = 'off_session' OR kind = 'on_session' OR kind = 'checkout')),
  state TEXT NOT NULL CHECK ((state = 'open' OR state = 'closing' OR state = 'canceled' OR state = 'succeeded')),
  secret_left INTEGER NOT NULL DEFAULT 0 CHECK (secret_left IN (0, 1)),
  canceled_by_us INTEGER NOT NULL DEFAULT 0 CHECK (canceled_by_us IN (0, 1)),
  seen_at INTEGER NOT NULL,
  asked_at INTEGER
) STRICT;

CREATE TABLE ledger (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  instance TEXT,
  stripe_account TEXT,
  livemode INTEGER CHECK (livemode IN (0, 1)),
  -- Of the key that was last seen to belong to the account; another one is looked at first.
  key_digest TEXT,
  events_read_until INTEGER NOT NULL,
  events_read_at INTEGER,
  last_commit_at INTEGER NOT NULL,
  last_tick_at INTEGER
, location TEXT, progress INTEGER NOT NULL DEFAULT 0 CHECK (progress >= 0), number_floor INTEGER NOT NULL DEFAULT 0 CHECK (number_floor >= 0), fenced_because TEXT, is_doubted INTEGER NOT NULL DEFAULT 0 CHECK (is_doubted IN (0, 1)), zone_rules TEXT) STRICT;

CREATE TABLE matters (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  advice TEXT NOT NULL,
  since INTEGER NOT NULL,
  told_at INTEGER,
  cleared_at INTEGER
) STRICT;

CREATE TABLE notices (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK ((state = 'planned' OR state = 'queued' OR state = 'sent' OR state = 'dropped' OR state = 'refused')),
  charge TEXT REFERENCES charges (id),
  agreement TEXT REFERENCES agreements (id),
  customer TEXT NOT NULL REFERENCES customers (id),
  due_at INTEGER NOT NULL,
  url TEXT,
  url_expires_at INTEGER,
  to_address TEXT,
  locale TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER,
  sent_at INTEGER,
  reason TEXT,
  created_at INTEGER NOT NULL
, job TEXT, about_due_at INTEGER) STRICT;

CREATE TABLE payment_methods (
  id TEXT PRIMARY KEY,
  customer TEXT REFERENCES customers (id),
  type TEXT NOT NULL,
  brand TEXT, last4 TEXT, expiry_month INTEGER, expiry_year INTEGER, fingerprint TEXT, mandate TEXT,
  budget_key TEXT NOT NULL,
  -- A `stop` decline: this card is never charged again. `final`: nor is the customer sent a link for it.
  stopped TEXT CHECK (stopped IN ('other_method_only', 'final')),
  is_detached INTEGER NOT NULL DEFAULT 0 CHECK (is_detached IN (0, 1)),
  read_at INTEGER NOT NULL
, mandate_ended INTEGER NOT NULL DEFAULT 0 CHECK (mandate_ended IN (0, 1))) STRICT;

CREATE TABLE payments (
  payment_intent TEXT PRIMARY KEY,
  charge TEXT NOT NULL REFERENCES charges (id),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  currency TEXT NOT NULL,
  paid_by TEXT NOT NULL CHECK ((paid_by = 'off_session' OR paid_by = 'checkout' OR paid_by = 'on_session' OR paid_by = 'outside')),
  session TEXT,
  is_extra INTEGER NOT NULL CHECK (is_extra IN (0, 1)),
  amount_refunded INTEGER NOT NULL DEFAULT 0,
  seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE recoveries (
  charge TEXT PRIMARY KEY REFERENCES charges (id),
  agreement TEXT REFERENCES agreements (id),
  -- While it is open, the agreement's next period waits (recovery.while_recovering).
  blocks_agreement INTEGER NOT NULL CHECK (blocks_agreement IN (0, 1)),
  opened_at INTEGER NOT NULL,
  deadline_at INTEGER NOT NULL,
  next_retry_at INTEGER,
  no_retry_because TEXT,
  wants_link INTEGER NOT NULL CHECK (wants_link IN (0, 1)),
  other_method_only INTEGER NOT NULL DEFAULT 0 CHECK (other_method_only IN (0, 1)),
  safe_reason TEXT NOT NULL,
  then_do TEXT NOT NULL CHECK ((then_do = 'pause' OR then_do = 'cancel' OR then_do = 'continue')),
  method_changed_at INTEGER,
  ended_at INTEGER, chosen_at INTEGER,
  CHECK (ended_at IS NULL OR (next_retry_at IS NULL AND wants_link = 0))
) STRICT;

CREATE TABLE refunds (
  number INTEGER PRIMARY KEY,
  charge TEXT NOT NULL REFERENCES charges (id),
  payment_intent TEXT NOT NULL REFERENCES payments (payment_intent),
  amount INTEGER NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK ((state = 'sending' OR state = 'done' OR state = 'refused')),
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

CREATE TABLE "setups" (
  number INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK ((state = 'opening' OR state = 'open' OR state = 'verifying' OR state = 'complete' OR state = 'refused' OR state = 'expired' OR state = 'failed')),
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
  reason TEXT, ends TEXT,
  CHECK ((amount IS NULL) = (currency IS NULL) AND (amount IS NULL) = (description IS NULL)
    AND (amount IS NULL) = (every IS NULL) AND (amount IS NULL) = (at IS NULL) AND (amount IS NULL) = (time_zone IS NULL)),
  CHECK (amount IS NULL OR job IS NOT NULL)
) STRICT;

CREATE INDEX agreements_by_customer ON agreements (customer, job);

CREATE INDEX agreements_by_method ON agreements (payment_method) WHERE state <> 'canceled';

CREATE INDEX agreements_due ON agreements (next_due_at, id) WHERE next_due_at IS NOT NULL;

CREATE INDEX agreements_expiring ON agreements (next_due_at) WHERE next_due_at IS NOT NULL AND expiring_for <> next_due_at;

CREATE INDEX agreements_upcoming ON agreements (next_due_at) WHERE next_due_at IS NOT NULL AND upcoming_for <> next_due_at;

CREATE INDEX attempts_by_budget ON attempts (budget_key, written_at) WHERE budget_key IS NOT NULL;

CREATE UNIQUE INDEX attempts_by_confirm_key ON attempts (confirm_key) WHERE confirm_key IS NOT NULL;

CREATE UNIQUE INDEX attempts_one_live ON attempts (charge) WHERE (state = 'sending' OR state = 'unresolved' OR state = 'processing');

CREATE INDEX attempts_processing ON attempts (written_at) WHERE state = 'processing';

CREATE INDEX attempts_to_settle ON attempts (written_at) WHERE state IN ('sending', 'unresolved');

CREATE INDEX charges_by_agreement ON charges (agreement, due_at) WHERE agreement IS NOT NULL;

CREATE INDEX charges_by_customer ON charges (customer, due_at);

CREATE INDEX charges_by_due ON charges (due_at);

CREATE INDEX charges_by_intent ON charges (payment_intent) WHERE payment_intent IS NOT NULL;

CREATE INDEX charges_by_paid ON charges (paid_at) WHERE paid_at IS NOT NULL;

CREATE INDEX charges_due ON charges (due_at, id) WHERE state = 'scheduled';

CREATE INDEX charges_elsewhere ON charges (state)
  WHERE paid_at IS NULL AND state <> 'scheduled' AND state <> 'attempting' AND state <> 'unresolved';

CREATE INDEX charges_expiring ON charges (due_at) WHERE state = 'scheduled' AND key IS NOT NULL AND expiring_for <> due_at;

CREATE INDEX charges_processing ON charges (id) WHERE state = 'processing';

CREATE INDEX charges_to_cancel ON charges (id) WHERE cancel_requested = 1;

CREATE INDEX charges_upcoming ON charges (due_at) WHERE state = 'scheduled' AND key IS NOT NULL AND upcoming_for <> due_at;

CREATE UNIQUE INDEX checkouts_one_live ON checkouts (charge) WHERE (state = 'opening' OR state = 'open' OR state = 'closing');

CREATE INDEX checkouts_open ON checkouts (expires_at) WHERE state = 'open';

CREATE INDEX checkouts_to_settle ON checkouts (written_at) WHERE state IN ('opening', 'closing');

CREATE INDEX customers_by_email ON customers (lower(email)) WHERE email IS NOT NULL;

CREATE INDEX events_waiting ON events (received_at, id) WHERE state = 'waiting';

CREATE UNIQUE INDEX fulfillments_paid_once ON fulfillments (charge) WHERE kind = 'charge.paid';

CREATE INDEX fulfillments_queued ON fulfillments (next_try_at) WHERE state = 'queued';

CREATE INDEX history_by_agreement ON history (agreement, number) WHERE agreement IS NOT NULL;

CREATE INDEX history_by_charge ON history (charge, number) WHERE charge IS NOT NULL;

CREATE INDEX intents_by_charge ON intents (charge);

CREATE UNIQUE INDEX intents_one_off_session ON intents (charge) WHERE kind = 'off_session' AND state IN ('open', 'closing');

CREATE INDEX intents_to_close ON intents (charge) WHERE state = 'closing';

CREATE INDEX matters_by_subject ON matters (subject) WHERE cleared_at IS NULL;

CREATE UNIQUE INDEX matters_standing ON matters (kind, subject) WHERE cleared_at IS NULL;

CREATE INDEX notices_by_charge ON notices (charge) WHERE charge IS NOT NULL;

CREATE INDEX notices_of_no_charge ON notices (customer, kind) WHERE charge IS NULL;

CREATE INDEX notices_planned ON notices (due_at) WHERE state = 'planned';

CREATE INDEX notices_queued ON notices (next_try_at) WHERE state = 'queued';

CREATE INDEX payment_methods_by_budget_key ON payment_methods (budget_key);

CREATE INDEX payment_methods_by_mandate ON payment_methods (mandate) WHERE mandate IS NOT NULL;

CREATE INDEX payments_by_charge ON payments (charge);

CREATE UNIQUE INDEX payments_one_counts ON payments (charge) WHERE is_extra = 0;

CREATE INDEX payments_too_many ON payments (seen_at) WHERE is_extra = 1 AND amount_refunded < amount;

CREATE INDEX recoveries_blocking ON recoveries (agreement) WHERE ended_at IS NULL AND blocks_agreement = 1;

CREATE INDEX recoveries_by_opening ON recoveries (opened_at);

CREATE INDEX recoveries_to_end ON recoveries (deadline_at) WHERE ended_at IS NULL;

CREATE INDEX recoveries_to_link ON recoveries (charge) WHERE wants_link = 1;

CREATE INDEX recoveries_to_retry ON recoveries (next_retry_at) WHERE next_retry_at IS NOT NULL;

CREATE INDEX refunds_by_charge ON refunds (charge);

CREATE UNIQUE INDEX refunds_one_live ON refunds (payment_intent) WHERE state = 'sending';

CREATE INDEX refunds_to_settle ON refunds (written_at) WHERE state = 'sending';

CREATE INDEX setups_by_agreement ON setups (agreement) WHERE agreement IS NOT NULL;

CREATE INDEX setups_by_customer ON setups (customer, job) WHERE customer IS NOT NULL;

CREATE INDEX setups_by_method ON setups (payment_method) WHERE payment_method IS NOT NULL;

CREATE INDEX setups_by_setup_intent ON setups (setup_intent) WHERE setup_intent IS NOT NULL;

CREATE INDEX setups_unfinished ON setups (written_at) WHERE (state = 'open' OR state = 'verifying');
