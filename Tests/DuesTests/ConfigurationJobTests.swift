import Domain
import Foundation
import Testing

@testable import dues

/// `jobs/NAME.toml`.
struct ConfigurationJobTests {
  private static let gold = """
    description = "Gold membership"
    amount = 1099
    currency = "usd"
    [schedule]
    every = "1 month"
    at = "08:15"
    time_zone = "Europe/London"

    """

  private func job(_ text: String, configuration: String = "") throws -> Job {
    try JobFiles.parse(text, name: "gold", file: "jobs/gold.toml", configuration: Configuration.of(configuration)).job
  }

  private func complaint(_ text: String) throws -> String {
    let configuration = try Configuration.of("")
    do throws(ConfigurationError) {
      let job = try JobFiles.parse(text, name: "gold", file: "jobs/gold.toml", configuration: configuration).job
      return "\(job) was read"
    } catch {
      return error.description
    }
  }

  @Test func `a job is read whole`() throws {
    let text = """
      description = "Gold membership"
      amount = 1099
      currency = "eur"
      statement_descriptor_suffix = "GOLD"
      [schedule]
      every = "2 weeks"
      at = "08:15"
      time_zone = "Europe/London"
      missed = "latest"
      """
    let expected = Job(
      name: "gold", description: "Gold membership", money: Money(amount: 1099, currency: .eur),
      statementDescriptorSuffix: "GOLD",
      schedule: Schedule(
        every: Interval(count: 2, unit: .week), at: try LocalTime(parsing: "08:15"),
        zone: try ScheduleZone(identifier: "Europe/London")),
      missed: .latest, policy: .standard)
    #expect(try job(text) == expected)
  }

  @Test func `what a job leaves out comes from the configuration`() throws {
    let text = "description = \"Gold\"\namount = 500\n[schedule]\nevery = \"1 year\""
    let configuration = """
      [business]
      currency = "jpy"
      time_zone = "Asia/Tokyo"
      [recovery]
      then = "cancel"
      """
    let job = try job(text, configuration: configuration)
    #expect(job.money == Money(amount: 500, currency: .jpy))
    #expect(job.schedule.zone.identifier == "Asia/Tokyo")
    #expect(job.schedule.at.description == "09:00")
    #expect(job.missed == .oneByOne)
    #expect(job.policy.recovery.then == .cancel)
    #expect(job.statementDescriptorSuffix == nil)
  }

  @Test func `retry and recovery override field by field`() throws {
    let text = Self.gold + "[retry]\nmax_attempts = 2\n[recovery]\nreminders = [\"1d\"]"
    let job = try job(text, configuration: "[retry]\nmax_per_card_30_days = 9\n[recovery]\ngive_up_after = \"20d\"")
    var expected = ChargePolicy.standard
    expected.retry.maxAttempts = 2
    expected.retry.maxPerCard30Days = 9
    expected.recovery.reminders = [.days(1)]
    expected.recovery.giveUpAfter = .days(20)
    #expect(job.policy == expected)
  }

  /// A job's `[retry]`, the configuration's, and the delays that a decline with `do_not_honor` then has, in days.
  @Test(arguments: [
    ("", "delays_for = {do_not_honor = [\"2d\"]}", [2]),
    ("delays_for = {do_not_honor = [\"5d\", \"6d\"]}", "delays_for = {do_not_honor = [\"2d\"]}", [5, 6]),
    ("delays_for = {do_not_honor = []}", "delays_for = {do_not_honor = [\"2d\"]}", []),
    ("delays_for = {do_not_honor = [\"5d\"]}", "delays = [\"2d\"]", [5]),
    ("delays_for = {call_issuer = [\"5d\"]}", "delays_for = {do_not_honor = [\"2d\"]}", [2]),
    ("delays_for = {call_issuer = [\"5d\"]}", "delays = [\"2d\"]", [2]),
    ("max_attempts = 3\ndelays_for = {}", "delays_for = {do_not_honor = [\"2d\"]}", [2]),
    ("delays = [\"5d\"]", "delays_for = {do_not_honor = [\"2d\"]}", [2]),
    ("delays = [\"5d\"]", "delays = [\"2d\"]", [5]),
  ])
  func `a job's list for a code replaces the configuration's`(own: String, base: String, days: [Int]) throws {
    let job = try job("\(Self.gold)[retry]\n\(own)", configuration: "[retry]\n\(base)")
    #expect(job.policy.retry.delays(after: "do_not_honor") == days.map { Duration.days(Int64($0)) })
  }

  @Test(arguments: [
    (
      "amount = 1099", "amount = 10",
      "2: amount: amount 10 usd (0.10 USD) is below Stripe's minimum; write at least 50"
    ),
    ("amount = 1099", "amount = 10.99", "2: amount: 10.99 is a decimal number, not a whole number; write"),
    (
      "amount = 1099", "amount = \"env:PRICE\"",
      """
      2: amount: "env:PRICE" refers to another place, which a job file may not; write the value itself
      """
    ),
    ("amount = 1099\n", "", "amount: is missing (in the currency's minor units); write amount = 1099"),
    ("currency = \"usd\"", "currency = \"USD\"", "3: currency: currency \"USD\" is not lower case; write \"usd\""),
    ("\"Gold membership\"", "\" \"", "1: description: \" \" is not a line of text; write what the customer reads"),
    (
      "every = \"1 month\"", "every = \"monthly\"",
      "5: schedule.every: \"monthly\" is not an interval; write \"1 month\": a count and day, week, month or year"
    ),
    (
      "every = \"1 month\"", "rrule = \"FREQ=MONTHLY\"",
      """
      5: schedule.rrule: recurrence rules are not supported yet; write every = "1 month" or the like instead
      """
    ),
    ("every = \"1 month\"\n", "", "4: schedule.every: is missing (how often); write every = \"1 month\""),
    ("at = \"08:15\"", "at = \"8:15\"", "6: schedule.at: \"8:15\" is not a time of day; write hours and minutes"),
    (
      "at = \"08:15\"", "at = 08:15:00",
      "6: schedule.at: the value is a TOML date or time, not a text; write it in quotes"
    ),
    ("Europe/London", "Europe/Londn", "7: schedule.time_zone: time zone \"Europe/Londn\" is not known; write"),
    ("at = \"08:15\"", "art = 1", "6: schedule.art: unknown key; did you mean \"at\"?"),
    ("amount = 1099", "amuont = 1099", "amount: is missing"),
    (
      "\"Europe/London\"", "\"Europe/London\"\n[retry.delays_for]\nlost_card = [\"1d\"]",
      "9: retry.delays_for.lost_card: such a decline is never retried with the same method; remove it"
    ),
    (
      "amount = 1099", "amount = 1099\nstatement_descriptor_suffix = \"GOLD*\"",
      "3: statement_descriptor_suffix: \"GOLD*\" is not a statement descriptor suffix; write at most 22"
    ),
  ])
  func `a mistake in a job is named`(part: String, replacement: String, complaint expected: String) throws {
    let complaint = try complaint(Self.gold.replacing(part, with: replacement))
    let start = expected.first?.isNumber == true ? "jobs/gold.toml:" : "jobs/gold.toml: "
    #expect(complaint.hasPrefix(start + expected), "\(complaint)")
  }

  @Test func `a bad file holds only its own job`() throws {
    let files = [
      "gold.toml": Self.gold, "bad.toml": "amount = 1\nnonsense = 2", "Gold!.toml": Self.gold, "broken.toml": "[",
      "readme.md": "#", ".hidden.toml": "[", "systemd/x.toml": "[",
    ]
    try Scratch.with(files) { scratch in
      let catalog = JobFiles.load(directory: scratch.directory, configuration: try Configuration.of(""))
      #expect(Array(catalog.jobs.keys) == ["gold"])
      #expect(catalog.jobs["gold"]?.name == "gold")
      #expect(Set(catalog.broken.map(\.name)) == ["bad", "Gold!", "broken"])
      #expect(catalog.unreadable == nil)
      let bad = catalog.errors(of: "bad")
      #expect(bad.count == 4)
      #expect(bad.allSatisfy { $0.file == scratch.path("bad.toml") && $0.text.hasPrefix($0.file) })
      #expect(bad.contains { $0.line == 2 && $0.text.contains("nonsense: unknown key") })
      #expect(catalog.errors(of: "broken").first?.line == 1)
      #expect(
        catalog.errors(of: "Gold!").map(\.text) == [
          """
          \(scratch.path("Gold!.toml")): "Gold!" is not a name for a job; \
          rename the file: lower-case letters, digits, _ and - before .toml
          """
        ])
    }
  }

  @Test func `a directory that is not there has no jobs, and says so`() throws {
    let catalog = JobFiles.load(directory: "/nowhere/jobs", configuration: try Configuration.of(""))
    #expect(catalog.jobs.isEmpty)
    #expect(
      catalog.unreadable?.description
        == "/nowhere/jobs: cannot be read (no such file); make this directory, or name another in paths.jobs")
  }

  @Test func `a job whose policy contradicts itself is read, with a warning`() throws {
    let files = ["gold.toml": Self.gold + "[recovery]\ngive_up_after = \"5d\"\nreminders = [\"1d\"]\n"]
    try Scratch.with(files) { scratch in
      let catalog = JobFiles.load(directory: scratch.directory, configuration: try Configuration.of(""))
      #expect(catalog.jobs.count == 1)
      #expect(catalog.warnings.map(\.key) == ["recovery.give_up_after"])
    }
  }
}
