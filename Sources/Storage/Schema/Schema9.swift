/// What Stripe's events have not told the end of.
enum Schema9 {
  static let sql = """
    -- Setups that are not over: read again once their session must be.
    CREATE INDEX setups_unfinished ON setups (written_at) WHERE \(unfinished);
    """

  static let unfinished = oneOf("state", "open", "verifying")
}
