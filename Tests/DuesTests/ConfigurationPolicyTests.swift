import Testing

@testable import dues

/// Retry and recovery settings that are allowed and contradict each other.
struct ConfigurationPolicyTests {
  @Test(arguments: [
    (
      "[recovery]\ngive_up_after = \"13d\"",
      [
        """
        config.toml:2: recovery.give_up_after: the last retry would come 13d after the first failure, \
        the end after 13d; shorten retry.delays, or raise recovery.give_up_after
        """
      ]
    ),
    (
      "[recovery]\nreminders = [\"3d\", \"12d\"]",
      [
        """
        config.toml:2: recovery.reminders: the one after 12d would come after the final notice and is left out; \
        write less than give_up_after less final_notice_before
        """
      ]
    ),
    (
      "[recovery]\nreminders = [\"7d\", \"3d\"]",
      ["config.toml:2: recovery.reminders: they are not in order; write the earliest first"]
    ),
    (
      "[recovery]\nreminders = []\nfinal_notice_before = \"14d\"",
      [
        """
        config.toml:3: recovery.final_notice_before: 14d before the end is before the failure: \
        no final notice goes out; write less than give_up_after (14d)
        """
      ]
    ),
    (
      "[recovery]\nreminders = [\"3d\", \"15d\"]\nfinal_notice_before = \"14d\"",
      [
        """
        config.toml:3: recovery.final_notice_before: 14d before the end is before the failure: \
        no final notice goes out; write less than give_up_after (14d)
        """,
        """
        config.toml:2: recovery.reminders: the one after 15d would come after the end and is left out; \
        write less than give_up_after
        """,
      ]
    ),
    (
      "[retry]\nmax_attempts = 3",
      [
        """
        config.toml:1: retry.delays: max_attempts is 3, so only the first 2 of them count; \
        write 2 delays, or raise max_attempts
        """
      ]
    ),
    (
      "[retry]\ndelays = [\"12h\", \"3d\"]",
      ["config.toml:2: retry.delays: one is shorter than 24h, and a card is never retried sooner; write \"1d\" or more"]
    ),
    (
      "[retry]\ndelays = [\"7d\", \"7d\"]",
      [
        """
        config.toml:2: retry.delays: the last retry would come 14d after the first failure, \
        the end after 14d; shorten retry.delays, or raise recovery.give_up_after
        """
      ]
    ),
    ("[retry]\ndelays = [\"1d\"]", []),
    // Lists of codes: each is judged, at its own key.
    (
      "[retry]\ndelays = [\"1d\"]\nmax_attempts = 3\ndelays_for = {insufficient_funds = [\"1d\", \"1d\", \"1d\"]}",
      [
        """
        config.toml:4: retry.delays_for.insufficient_funds: max_attempts is 3, so only the first 2 of them count; \
        write 2 delays, or raise max_attempts
        """
      ]
    ),
    (
      "[retry.delays_for]\ninsufficient_funds = [\"12h\", \"3d\"]",
      [
        """
        config.toml:2: retry.delays_for.insufficient_funds: one is shorter than 24h, \
        and a card is never retried sooner; write "1d" or more
        """
      ]
    ),
    (
      "[retry.delays_for]\nprocessing_error = [\"1d\"]\ninsufficient_funds = [\"7d\", \"7d\"]",
      [
        """
        config.toml:3: retry.delays_for.insufficient_funds: the last retry would come 14d after the first failure, \
        the end after 14d; shorten retry.delays_for.insufficient_funds, or raise recovery.give_up_after
        """
      ]
    ),
    // A code that says nothing allows three attempts, whatever the policy does.
    (
      "[retry.delays_for]\ndo_not_honor = [\"5d\", \"5d\", \"5d\"]",
      [
        """
        config.toml:2: retry.delays_for.do_not_honor: such a decline allows 3 attempts, \
        so only the first 2 of them count; write 2 delays
        """
      ]
    ),
    (
      "[retry]\ndelays = [\"1d\"]\nmax_attempts = 2\ndelays_for = {do_not_honor = [\"1d\", \"1d\"]}",
      [
        """
        config.toml:4: retry.delays_for.do_not_honor: max_attempts is 2, so only the first 1 of them count; \
        write 1 delays, or raise max_attempts
        """
      ]
    ),
    // The default delays end on day 13: what has no list of its own uses them.
    (
      "[retry.delays_for]\ninsufficient_funds = [\"1d\", \"2d\"]\n[recovery]\ngive_up_after = \"13d\"",
      [
        """
        config.toml:4: recovery.give_up_after: the last retry would come 13d after the first failure, \
        the end after 13d; shorten retry.delays, or raise recovery.give_up_after
        """
      ]
    ),
    ("[retry]\ndelays = [\"1d\"]\ndelays_for = {insufficient_funds = [\"2d\"]}", []),
    ("[retry]\ndelays = [\"1d\"]\nmax_attempts = 2\ndelays_for = {insufficient_funds = [\"1d\"]}", []),
    ("[retry]\ndelays_for = {insufficient_funds = []}", []),
    ("[retry.delays_for]", []),
    ("[recovery]\ngive_up_after = \"15d\"\nreminders = [\"1d\", \"12d\"]", []),
  ])
  func `a policy that contradicts itself is warned of`(text: String, warnings: [String]) throws {
    let actual = try Configuration.of(text).warnings.map(\.description)
    #expect(actual == warnings)
  }
}
