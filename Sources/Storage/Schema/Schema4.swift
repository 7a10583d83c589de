/// The fence: where the ledger lives, and how far it has come.
enum Schema4 {
  static let sql = """
    -- Machine and path. With an `instance` of its own name the ledger may move; without, it may not.
    ALTER TABLE ledger ADD COLUMN location TEXT;
    -- Requests written so far. The file beside the ledger says the same: a ledger behind it is an older copy.
    ALTER TABLE ledger ADD COLUMN progress INTEGER NOT NULL DEFAULT 0 CHECK (progress >= 0);
    -- Setups and refunds are numbered above it: below, a forgotten past may have used the idempotency keys.
    ALTER TABLE ledger ADD COLUMN number_floor INTEGER NOT NULL DEFAULT 0 CHECK (number_floor >= 0);
    -- What Stripe has under this ledger's id and the ledger does not; stands until somebody lifts the fence.
    ALTER TABLE ledger ADD COLUMN fenced_because TEXT;
    """
}
