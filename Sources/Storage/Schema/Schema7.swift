/// The age of a key counts from the first send that Stripe may have executed; due moments follow the rules of their zones.
enum Schema7 {
  static let sql = """
    -- Null: when it was written. An attempt that could not leave for a day is as young as its first real departure.
    ALTER TABLE attempts ADD COLUMN first_sent_at INTEGER;
    -- The edition of the zone data by which next_due_at was computed.
    ALTER TABLE ledger ADD COLUMN zone_rules TEXT;
    """
}
