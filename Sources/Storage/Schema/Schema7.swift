/// The age of a key counts from the first send that Stripe may have executed.
enum Schema7 {
  static let sql = """
    -- Null: when it was written. An attempt that could not leave for a day is as young as its first real departure.
    ALTER TABLE attempts ADD COLUMN first_sent_at INTEGER;
    """
}
